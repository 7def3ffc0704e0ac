"""The tables of imports, of the rows that wait and of those refused, and their statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from doorward.db import metadata, statement
from doorward.imports.model import ImportState

__all__ = [
    "ADVANCE",
    "BEGIN",
    "CLAIM",
    "COUNT_UNFINISHED",
    "DELETE_IMPORT",
    "DROP_CHUNKS",
    "DROP_REFUSALS",
    "FAIL",
    "FIND_CLAIMABLE",
    "FIND_EXPIRED",
    "FIND_IMPORT",
    "FINISH",
    "HOLD",
    "IMPORT_COLUMNS",
    "INSERT_CHUNK",
    "INSERT_IMPORT",
    "INSERT_REFUSAL",
    "LIST_IMPORTS",
    "LIST_REFUSALS",
    "NEXT_CHUNK",
    "REFUSAL_COLUMNS",
    "RELEASE",
    "RESUME",
    "STOP",
    "TAKE_CHUNK",
    "import_chunks",
    "import_refusals",
    "imports",
]

imports = Table(
    "imports",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("columns", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("leased_by", BigInteger),
    Column("leased_until", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "id"),
    Index("imports_by_lease", "state", "leased_until"),
    Index("imports_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
import_chunks = Table(
    "import_chunks",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("import_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("rows", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "import_id", "number"),
)
import_refusals = Table(
    "import_refusals",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("import_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("fault", Text, nullable=False),
    Column("cells", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "import_id", "id"),
)

_org = bindparam("org_id", type_=Text)
_now = bindparam("now", type_=BigInteger)
_me = bindparam("me", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
_expiry = bindparam("expiry", type_=BigInteger)
_batch = bindparam("batch", type_=BigInteger)
_import = bindparam("import_id", type_=BigInteger)
_this = (imports.c.org_id == _org, imports.c.id == _import)
_mine = (*_this, imports.c.state == ImportState.RUNNING, imports.c.leased_by == _me)
_under_way = or_(imports.c.state == ImportState.WAITING, imports.c.state == ImportState.RUNNING)
_unfinished = and_(imports.c.state != ImportState.DONE, imports.c.state != ImportState.FAILED)
_nobody = {"leased_by": None, "leased_until": 0}

IMPORT_COLUMNS = tuple(list(imports.c)[:14])
"""What ``Import.from_row`` reads."""

REFUSAL_COLUMNS = (
    import_refusals.c.id,
    import_refusals.c.line,
    import_refusals.c.fault,
    import_refusals.c.cells,
)
"""What ``RefusedRow.from_row`` reads."""

INSERT_IMPORT = statement(insert(imports).values({c.name: bindparam(c.name) for c in imports.c}))
INSERT_CHUNK = statement(insert(import_chunks))
INSERT_REFUSAL = statement(insert(import_refusals))

COUNT_UNFINISHED = statement(
    select(func.count()).select_from(imports).where(imports.c.org_id == _org, _unfinished)
)
BEGIN = statement(
    update(imports)
    .where(*_this, imports.c.state == ImportState.RECEIVING)
    .values(
        state=ImportState.WAITING,
        total=bindparam("rows", type_=BigInteger),
        changed_at=_now,
        expires_at=_expiry,
    )
    .returning(*IMPORT_COLUMNS)
)

FIND_IMPORT = statement(
    select(*IMPORT_COLUMNS).where(*_this, imports.c.state != ImportState.RECEIVING)
)
LIST_IMPORTS = statement(
    select(*IMPORT_COLUMNS)
    .where(imports.c.org_id == _org, imports.c.state != ImportState.RECEIVING)
    .order_by(imports.c.id.desc())
    .limit(_batch)
)
LIST_REFUSALS = statement(
    select(*REFUSAL_COLUMNS)
    .where(
        import_refusals.c.org_id == _org,
        import_refusals.c.import_id == _import,
        import_refusals.c.id > bindparam("after", type_=BigInteger),
    )
    .order_by(import_refusals.c.id)
    .limit(_batch)
)

STOP = statement(
    update(imports)
    .where(*_this, _under_way)
    .values(state=ImportState.STOPPED, changed_at=_now, expires_at=_expiry, **_nobody)
    .returning(*IMPORT_COLUMNS)
)
RESUME = statement(
    update(imports)
    .where(*_this, imports.c.state == ImportState.STOPPED)
    .values(state=ImportState.WAITING, changed_at=_now, expires_at=_expiry, **_nobody)
    .returning(*IMPORT_COLUMNS)
)

# Workers serve every organization: these two look across them on purpose.
FIND_CLAIMABLE = statement(
    select(imports.c.org_id, imports.c.id)
    .where(_under_way, imports.c.leased_until <= _now)
    .order_by(imports.c.leased_until, imports.c.id)
    .limit(1)
)
FIND_EXPIRED = statement(
    select(imports.c.org_id, imports.c.id).where(imports.c.expires_at < _now).limit(_batch)
)

CLAIM = statement(
    update(imports)
    .where(*_this, _under_way, imports.c.leased_until <= _now)
    .values(state=ImportState.RUNNING, leased_by=_me, leased_until=_until, changed_at=_now)
    .returning(*IMPORT_COLUMNS)
)
RELEASE = statement(update(imports).where(*_mine).values(leased_by=None, leased_until=_now))
HOLD = statement(select(*IMPORT_COLUMNS).where(*_mine).with_for_update())
"""The import, when it is still this worker's and nobody stopped it; it stays so in the unit."""

ADVANCE = statement(
    update(imports)
    .where(*_mine)
    .values(
        done=imports.c.done + bindparam("more_done", type_=BigInteger),
        created=imports.c.created + bindparam("more_created", type_=BigInteger),
        refused=imports.c.refused + bindparam("more_refused", type_=BigInteger),
        changed_at=_now,
        leased_until=_until,
        expires_at=_expiry,
    )
)
FINISH = statement(
    update(imports)
    .where(*_mine)
    .values(
        state=ImportState.DONE,
        changed_at=_now,
        finished_at=_now,
        expires_at=_expiry,
        **_nobody,
    )
    .returning(*IMPORT_COLUMNS)
)
FAIL = statement(
    update(imports)
    .where(*_mine)
    .values(
        state=ImportState.FAILED,
        changed_at=_now,
        finished_at=_now,
        expires_at=_expiry,
        **_nobody,
    )
    .returning(*IMPORT_COLUMNS)
)

_of_import = and_(import_chunks.c.org_id == _org, import_chunks.c.import_id == _import)
NEXT_CHUNK = statement(
    select(import_chunks.c.number, import_chunks.c.rows)
    .where(_of_import)
    .order_by(import_chunks.c.number)
    .limit(1)
)
TAKE_CHUNK = statement(
    delete(import_chunks).where(
        _of_import, import_chunks.c.number == bindparam("number", type_=BigInteger)
    )
)
"""Who deletes a chunk makes its accounts, in the same unit."""

DROP_CHUNKS = statement(
    delete(import_chunks).where(
        _of_import,
        import_chunks.c.number.in_(select(import_chunks.c.number).where(_of_import).limit(_batch)),
    )
)
_refusals_of = and_(import_refusals.c.org_id == _org, import_refusals.c.import_id == _import)
DROP_REFUSALS = statement(
    delete(import_refusals).where(
        _refusals_of,
        import_refusals.c.id.in_(select(import_refusals.c.id).where(_refusals_of).limit(_batch)),
    )
)
DELETE_IMPORT = statement(delete(imports).where(*_this))
