"""Rows of action links: digests of the link and of its code, and what the link is bound to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    exists,
    insert,
    select,
    update,
)

from doorward.db import expires_by_time, metadata, statement

__all__ = [
    "COUNT_CODE_TRY",
    "END_NEWER",
    "END_OPEN",
    "EXPIRE",
    "FIND",
    "FIND_WAITING",
    "FIND_WAITING_HERE",
    "INSERT",
    "LINK_COLUMNS",
    "USE",
    "action_links",
]

action_links = Table(
    "action_links",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("browser_id", BigInteger),
    Column("subject", Text, nullable=False),
    Column("bound", Text),
    Column("code_digest", LargeBinary),
    Column("code_tries", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    Index("action_links_by_subject", "org_id", "subject", "purpose"),
    Index("action_links_by_browser", "org_id", "browser_id"),
    Index("action_links_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""``subject`` is whose links of a purpose end each other: an account, or an address without one."""

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_purpose = bindparam("purpose", type_=Text)
_subject = bindparam("subject", type_=Text)
_now = bindparam("now", type_=BigInteger)
_this = (
    action_links.c.org_id == _org,
    action_links.c.id == _id,
    action_links.c.purpose == _purpose,
)
_open = (
    action_links.c.used_at.is_(None),
    action_links.c.ended_at.is_(None),
    action_links.c.expires_at > _now,
)
_of_subject = (
    action_links.c.org_id == _org,
    action_links.c.subject == _subject,
    action_links.c.purpose == _purpose,
)

LINK_COLUMNS = (
    action_links.c.org_id,
    action_links.c.id,
    action_links.c.purpose,
    action_links.c.account_id,
    action_links.c.browser_id,
    action_links.c.bound,
    action_links.c.code_tries,
    action_links.c.created_at,
    action_links.c.expires_at,
)
"""What ``Link.from_row`` reads."""

INSERT = statement(insert(action_links).values({c.name: bindparam(c.name) for c in action_links.c}))
FIND = statement(select(action_links.c.digest, *LINK_COLUMNS).where(*_this, *_open))
FIND_WAITING = statement(
    select(*LINK_COLUMNS).where(*_of_subject, *_open).order_by(action_links.c.id.desc()).limit(1)
)
FIND_WAITING_HERE = statement(
    select(*LINK_COLUMNS)
    .where(
        action_links.c.org_id == _org,
        action_links.c.browser_id == bindparam("browser", type_=BigInteger),
        action_links.c.purpose == _purpose,
        *_open,
    )
    .order_by(action_links.c.id.desc())
    .limit(1)
)
COUNT_CODE_TRY = statement(
    update(action_links)
    .where(*_this, *_open, action_links.c.code_tries < bindparam("most", type_=BigInteger))
    .values(code_tries=action_links.c.code_tries + 1)
    .returning(action_links.c.code_digest)
)
"""Counts before anything is compared: however many try at once, no more than ``most`` are."""

_newer = action_links.alias("newer")
USE = statement(
    update(action_links)
    .where(
        *_this,
        *_open,
        # Two that were sent at the same moment may both be open: the last one counts.
        ~exists(
            select(_newer.c.id).where(
                _newer.c.org_id == action_links.c.org_id,
                _newer.c.subject == action_links.c.subject,
                _newer.c.purpose == action_links.c.purpose,
                _newer.c.id > action_links.c.id,
                bindparam("one_at_a_time", type_=BigInteger) == 1,
            )
        ),
    )
    .values(used_at=_now, bound=None, code_digest=None)
    .returning(action_links.c.id)
)
"""Says who uses a link: one, once."""

END_OPEN = statement(
    update(action_links)
    .where(*_of_subject, *_open)
    .values(ended_at=_now, bound=None, code_digest=None)
)
END_NEWER = statement(
    update(action_links)
    .where(*_of_subject, *_open, action_links.c.id > _id)
    .values(ended_at=_now, bound=None, code_digest=None)
)
EXPIRE = expires_by_time(action_links)
