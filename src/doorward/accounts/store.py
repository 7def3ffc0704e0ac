"""The tables of accounts and of their numbers, and their statements."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from doorward.accounts.model import Account, AccountKind, login_key
from doorward.db import Database, Reads, Statement, Transaction, metadata, statement, upsert

__all__ = [
    "ACCOUNT_COLUMNS",
    "KEY_TEXT",
    "REHASH",
    "Search",
    "account_counters",
    "accounts",
    "find_account",
    "find_by_key",
    "find_credentials",
    "insert_account",
    "list_accounts",
    "lock_account",
    "pass_account_id",
    "search_accounts",
    "set_password_hash",
    "take_account_id",
    "update_account",
]

# Ranges over prefixes need byte order, whatever the collation of the database.
KEY_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

accounts = Table(
    "accounts",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("email", Text),
    Column("email_verified", BigInteger, nullable=False),
    Column("name", Text),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("locale", Text),
    Column("picture_url", Text),
    Column("status", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("password_changed_at", BigInteger),
    Column("username_key", KEY_TEXT, nullable=False),
    Column("email_key", KEY_TEXT),
    Column("name_key", KEY_TEXT),
    Column("password_hash", Text),
    PrimaryKeyConstraint("org_id", "account_id"),
    UniqueConstraint("org_id", "kind", "username_key", name="accounts_username"),
    UniqueConstraint("org_id", "kind", "email_key", name="accounts_email"),
    Index("accounts_by_kind", "org_id", "kind", "account_id"),
    Index("accounts_by_name", "org_id", "kind", "name_key", "account_id"),
    sqlite_with_rowid=False,
)
account_counters = Table(
    "account_counters",
    metadata,
    Column("org_id", Text, primary_key=True),
    Column("next_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_KEYS = ("username_key", "email_key", "name_key")
ACCOUNT_COLUMNS = tuple(c for c in accounts.c if c.name not in {*_KEYS, "password_hash"})
"""What ``Account.from_row`` reads."""

_THIS = (
    accounts.c.org_id == bindparam("org_id"),
    accounts.c.account_id == bindparam("account_id"),
)
_OF_KIND = (accounts.c.org_id == bindparam("org_id"), accounts.c.kind == bindparam("kind"))
_FIND = statement(select(*ACCOUNT_COLUMNS).where(*_THIS))
_LOCK = statement(select(*ACCOUNT_COLUMNS).where(*_THIS).with_for_update())
_CREDENTIALS = select(*ACCOUNT_COLUMNS, accounts.c.password_hash).where(*_OF_KIND)
_BY_USERNAME = statement(_CREDENTIALS.where(accounts.c.username_key == bindparam("key")))
_BY_EMAIL = statement(_CREDENTIALS.where(accounts.c.email_key == bindparam("key")))
_INSERT = statement(insert(accounts).values({c.name: bindparam(c.name) for c in accounts.c}))
_FIXED = {"org_id", "account_id", "kind", "created_at", "password_hash", "password_changed_at"}
_UPDATE = statement(
    update(accounts)
    .where(*_THIS)
    .values({c.name: bindparam(c.name) for c in accounts.c if c.name not in _FIXED})
)
_SET_PASSWORD = statement(
    update(accounts)
    .where(*_THIS)
    .values(
        password_hash=bindparam("password_hash"),
        password_changed_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
)
REHASH = statement(
    update(accounts)
    .where(*_THIS, accounts.c.password_hash == bindparam("was"))
    .values(password_hash=bindparam("password_hash"))
)
"""The same password under new parameters, unless it was changed meanwhile."""

_OPEN_COUNTER = upsert(account_counters, keys=("org_id",), change=("org_id",))
_TAKE = statement(
    update(account_counters)
    .where(account_counters.c.org_id == bindparam("org_id"))
    .values(next_id=account_counters.c.next_id + 1)
    .returning(account_counters.c.next_id)
)
_PASS = statement(
    update(account_counters)
    .where(
        account_counters.c.org_id == bindparam("org_id"),
        account_counters.c.next_id <= bindparam("account_id"),
    )
    .values(next_id=bindparam("account_id") + 1)
)

_LIST = statement(
    select(*ACCOUNT_COLUMNS)
    .where(*_OF_KIND, accounts.c.account_id > bindparam("after"))
    .order_by(accounts.c.account_id)
    .limit(bindparam("limit", type_=BigInteger))
)


def _begins_not(column: Column[str]) -> ColumnElement[bool]:
    starts, ends = column < bindparam("prefix"), column >= bindparam("end")
    return or_(column.is_(None), starts, ends)


def _search(key: Column[str], *already: Column[str]) -> Statement:
    """Those whose ``key`` begins with the prefix, in its order, but not those found ``already``.

    It starts after one place of the key's index and reads on from there, however many there are.
    """
    place = tuple_(key, accounts.c.account_id)
    start = tuple_(bindparam("start", type_=KEY_TEXT), bindparam("start_id", type_=BigInteger))
    return statement(
        select(*ACCOUNT_COLUMNS)
        .where(*_OF_KIND, place > start, key < bindparam("end"), *map(_begins_not, already))
        .order_by(key, accounts.c.account_id)
        .limit(bindparam("limit", type_=BigInteger))
    )


_SEARCHES = (
    _search(accounts.c.username_key),
    _search(accounts.c.email_key, accounts.c.username_key),
    _search(accounts.c.name_key, accounts.c.username_key, accounts.c.email_key),
)


@dataclass(frozen=True, slots=True)
class Search:
    """Which accounts: of one kind, with a key from ``prefix`` up to but not including ``end``."""

    org_id: str
    kind: AccountKind
    prefix: str
    end: str


async def find_account(reads: Reads, org_id: str, account_id: int) -> Account | None:
    """The account ``account_id``."""
    row = await reads.one(_FIND, org_id=org_id, account_id=account_id)
    return None if row is None else Account.from_row(row)


async def lock_account(tx: Transaction, org_id: str, account_id: int) -> Account | None:
    """The account ``account_id``, which no other unit changes until this one ends."""
    row = await tx.one(_LOCK, org_id=org_id, account_id=account_id)
    return None if row is None else Account.from_row(row)


async def find_credentials(
    reads: Reads, org_id: str, kind: AccountKind, identifier: str
) -> tuple[Account, str | None] | None:
    """The account of this user name, else of this e-mail address, with its password hash."""
    key = login_key(identifier)
    row = await reads.one(_BY_USERNAME, org_id=org_id, kind=kind, key=key)
    if row is None:
        row = await reads.one(_BY_EMAIL, org_id=org_id, kind=kind, key=key)
    return None if row is None else (Account.from_row(row), row[-1])


async def find_by_key(reads: Reads, account: Account) -> tuple[Account | None, Account | None]:
    """Who has the user name, and who the e-mail address, that ``account`` wants."""
    where = {"org_id": account.org_id, "kind": account.kind}
    named = await reads.one(_BY_USERNAME, **where, key=login_key(account.username))
    mailed = None
    if account.email is not None:
        mailed = await reads.one(_BY_EMAIL, **where, key=login_key(account.email))
    return (
        None if named is None else Account.from_row(named),
        None if mailed is None else Account.from_row(mailed),
    )


async def take_account_id(tx: Transaction, org_id: str) -> int:
    """The next number of the organization; never answered twice, as long as the unit commits."""
    row = await tx.one(_TAKE, org_id=org_id)
    if row is None:
        await tx.run(_OPEN_COUNTER, org_id=org_id, next_id=1)
        row = await tx.one(_TAKE, org_id=org_id)
    assert row is not None  # noqa: S101 - the line before made sure of it
    return int(row[0]) - 1


async def pass_account_id(tx: Transaction, org_id: str, account_id: int) -> None:
    """Make the counter continue after ``account_id``, which somebody chose."""
    await tx.run(_OPEN_COUNTER, org_id=org_id, next_id=1)
    await tx.run(_PASS, org_id=org_id, account_id=account_id)


async def insert_account(tx: Transaction, account: Account, password_hash: str | None) -> None:
    """Keep a new account. Raises ``Conflict`` when its name, address or number is taken."""
    await tx.run(
        _INSERT,
        **_row(account),
        kind=account.kind,
        created_at=account.created_at,
        password_changed_at=account.password_changed_at,
        password_hash=password_hash,
    )


async def update_account(tx: Transaction, account: Account) -> None:
    """Write the account anew, without its password. Raises ``Conflict`` as an insert does."""
    await tx.run(_UPDATE, **_row(account))


async def set_password_hash(
    tx: Transaction, org_id: str, account_id: int, password_hash: str, *, now: int
) -> None:
    """Replace the password."""
    await tx.run(
        _SET_PASSWORD, org_id=org_id, account_id=account_id, password_hash=password_hash, now=now
    )


async def list_accounts(
    db: Database, org_id: str, kind: AccountKind, *, after: int, limit: int
) -> list[Account]:
    """Accounts with a larger number than ``after``, in the order of their numbers."""
    rows = await db.scan(_LIST, org_id=org_id, kind=kind, after=after, limit=limit)
    return [Account.from_row(row) for row in rows]


async def search_accounts(
    db: Database, wanted: Search, *, after: Account | None, limit: int
) -> list[Account]:
    """Accounts by user name, then those by e-mail address only, then those by name only.

    ``after`` is the last account of the page before; it says by which key it was found.
    """
    first, start, start_id = 0, wanted.prefix, 0
    if after is not None:
        keys = _keys(after)
        first = next((n for n, key in enumerate(keys) if _is_within(key, wanted)), len(keys))
        if first == len(keys):
            return []
        start, start_id = keys[first] or "", after.account_id
    found: list[Account] = []
    for search in _SEARCHES[first:]:
        rows = await db.scan(
            search,
            org_id=wanted.org_id,
            kind=wanted.kind,
            prefix=wanted.prefix,
            end=wanted.end,
            start=start,
            start_id=start_id,
            limit=limit - len(found),
        )
        found += [Account.from_row(row) for row in rows]
        if len(found) == limit:
            break
        start, start_id = wanted.prefix, 0
    return found


def _is_within(key: str | None, wanted: Search) -> bool:
    return key is not None and wanted.prefix <= key < wanted.end


def _keys(account: Account) -> tuple[str, str | None, str | None]:
    return (
        login_key(account.username),
        None if account.email is None else login_key(account.email),
        None if account.name is None else login_key(account.name),
    )


def _row(account: Account) -> dict[str, str | int | None]:
    username_key, email_key, name_key = _keys(account)
    return {
        "org_id": account.org_id,
        "account_id": account.account_id,
        "username": account.username,
        "email": account.email,
        "email_verified": int(account.email_verified),
        "name": account.name,
        "given_name": account.given_name,
        "family_name": account.family_name,
        "locale": account.locale,
        "picture_url": account.picture_url,
        "status": account.status,
        "permissions": msgspec.json.encode(sorted(account.permissions)).decode(),
        "updated_at": account.updated_at,
        "username_key": username_key,
        "email_key": email_key,
        "name_key": name_key,
    }
