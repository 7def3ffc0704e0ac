"""Single accounts: finding, numbering, keeping and changing them."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, BindParameter, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.accounts.keys import login_key
from doorward.accounts.model import Account, AccountKind, AccountStatus
from doorward.accounts.store.tables import (
    ACCOUNT_COLUMNS,
    ERASED,
    NOT_ERASED,
    OF_KIND,
    THIS,
    account_counters,
    accounts,
)
from doorward.db import Reads, Statement, Transaction, statement
from doorward.orgs import Permission

__all__ = [
    "REHASH",
    "add_account",
    "erase_account",
    "find_account",
    "find_by_key",
    "find_credentials",
    "find_login",
    "insert_account",
    "keys_of",
    "list_permitted",
    "lock_account",
    "lock_owners",
    "pass_account_id",
    "set_password_hash",
    "take_account_ids",
    "update_account",
]

_PERMITTED = statement(
    select(*ACCOUNT_COLUMNS)
    .where(
        *OF_KIND,
        accounts.c.status == bindparam("status"),
        accounts.c.permissions.contains(bindparam("held"), autoescape=False),
    )
    .order_by(accounts.c.account_id)
    .limit(bindparam("batch", type_=BigInteger))
)
_MIGHTY = statement(
    select(*ACCOUNT_COLUMNS)
    .where(
        *OF_KIND,
        accounts.c.status == bindparam("status"),
        # Every permission makes a long text; what it says is read from the few that have one.
        func.length(accounts.c.permissions) >= bindparam("least", type_=BigInteger),
    )
    .order_by(accounts.c.account_id)
    .with_for_update()
)
_FIND = statement(select(*ACCOUNT_COLUMNS).where(*THIS, NOT_ERASED))
_LOCK = statement(select(*ACCOUNT_COLUMNS).where(*THIS, NOT_ERASED).with_for_update())
_CREDENTIALS = select(*ACCOUNT_COLUMNS, accounts.c.password_hash).where(*OF_KIND)
_BY_USERNAME = statement(_CREDENTIALS.where(accounts.c.username_key == bindparam("key")))
_BY_EMAIL = statement(_CREDENTIALS.where(accounts.c.email_key == bindparam("key")))
_LOGIN = select(accounts.c.account_id, accounts.c.password_hash).where(*OF_KIND)
_LOGIN_BY_USERNAME = statement(_LOGIN.where(accounts.c.username_key == bindparam("key")))
_LOGIN_BY_EMAIL = statement(_LOGIN.where(accounts.c.email_key == bindparam("key")))
_EVERY: dict[str, BindParameter[Any]] = {c.name: bindparam(c.name) for c in accounts.c}
_INSERT = statement(insert(accounts).values(_EVERY))


def _insert_if_free(engine: str) -> CompilerElement:
    make = postgresql.insert if engine == "postgresql" else sqlite.insert
    return make(accounts).values(_EVERY).on_conflict_do_nothing()


_ADD = Statement(_insert_if_free)
_FIXED = {
    "org_id",
    "account_id",
    "kind",
    "created_at",
    "created_by",
    "password_hash",
    "password_changed_at",
}
_UPDATE = statement(
    update(accounts)
    .where(*THIS)
    .values({name: value for name, value in _EVERY.items() if name not in _FIXED})
)
_SET_PASSWORD = statement(
    update(accounts)
    .where(*THIS)
    .values(
        password_hash=bindparam("password_hash"),
        password_changed_at=bindparam("now"),
        updated_at=bindparam("now"),
        updated_by=bindparam("by"),
        signed_out_at=bindparam("signed_out_at"),
    )
)
# Whatever a person said goes, the names under which they were found above all; a user name has no
# space in it, so that nobody ever takes the one that stands in.
_ERASE = statement(
    update(accounts)
    .where(*THIS, NOT_ERASED)
    .values(
        kind=ERASED,
        username=bindparam("stand_in"),
        username_key=bindparam("stand_in"),
        **dict.fromkeys(
            ("email", "email_key", "name", "name_key", "given_name", "given_key"), None
        ),
        **dict.fromkeys(("family_name", "family_key", "locale", "picture_url"), None),
        **dict.fromkeys(("password_hash", "password_changed_at", "created_by"), None),
        email_verified=0,
        status=AccountStatus.DISABLED.value,
        permissions="[]",
        signed_out_at=bindparam("now"),
        updated_at=bindparam("now"),
        updated_by=bindparam("by"),
    )
)
REHASH = statement(
    update(accounts)
    .where(*THIS, accounts.c.password_hash == bindparam("was"))
    .values(password_hash=bindparam("password_hash"))
)
"""The same password under new parameters, unless it was changed meanwhile."""


_COUNTER: dict[str, BindParameter[Any]] = {c.name: bindparam(c.name) for c in account_counters.c}


def _open_if_none(engine: str) -> CompilerElement:
    make = postgresql.insert if engine == "postgresql" else sqlite.insert
    return make(account_counters).values(_COUNTER).on_conflict_do_nothing()


_OPEN_COUNTER = Statement(_open_if_none)
_TAKE = statement(
    update(account_counters)
    .where(account_counters.c.org_id == bindparam("org_id"))
    .values(next_id=account_counters.c.next_id + bindparam("count"))
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


async def find_account(reads: Reads, org_id: str, account_id: int) -> Account | None:
    """The account ``account_id``."""
    row = await reads.one(_FIND, org_id=org_id, account_id=account_id)
    return None if row is None else Account.from_row(row)


async def lock_account(tx: Transaction, org_id: str, account_id: int) -> Account | None:
    """The account ``account_id``, which no other unit changes until this one ends."""
    row = await tx.one(_LOCK, org_id=org_id, account_id=account_id)
    return None if row is None else Account.from_row(row)


async def lock_owners(tx: Transaction, org_id: str) -> list[Account]:
    """Everybody who may do everything, whom no other unit changes until this one ends."""
    every = _permissions(frozenset(Permission))
    rows = await tx.all(
        _MIGHTY,
        org_id=org_id,
        kind=AccountKind.SYSTEM,
        status=AccountStatus.ACTIVE,
        least=len(every),
    )
    return [each for each in map(Account.from_row, rows) if each.is_owner]


def _permissions(held: frozenset[str]) -> str:
    return msgspec.json.encode(sorted(held)).decode()


async def list_permitted(reads: Reads, org_id: str, permission: str, limit: int) -> list[Account]:
    """Up to ``limit`` active members of staff who hold ``permission``, by number."""
    rows = await reads.all(
        _PERMITTED,
        org_id=org_id,
        kind=AccountKind.SYSTEM,
        status=AccountStatus.ACTIVE,
        # The column is a JSON list, and no permission's name holds a wildcard.
        held=f'"{permission}"',
        batch=limit,
    )
    return [Account.from_row(row) for row in rows]


async def find_credentials(
    reads: Reads, org_id: str, kind: AccountKind, identifier: str
) -> tuple[Account, str | None] | None:
    """The account of this user name, or of this e-mail address, with its password hash."""
    key = login_key(identifier)
    # A user name with an @ is its own account's address, so one look-up decides.
    by = _BY_EMAIL if "@" in key else _BY_USERNAME
    row = await reads.one(by, org_id=org_id, kind=kind, key=key)
    return None if row is None else (Account.from_row(row), row[-1])


async def find_login(
    reads: Reads, org_id: str, kind: AccountKind, identifier: str
) -> tuple[int, str | None] | None:
    """The number and the password hash alone: reading a whole account takes time that tells."""
    key = login_key(identifier)
    by = _LOGIN_BY_EMAIL if "@" in key else _LOGIN_BY_USERNAME
    row = await reads.one(by, org_id=org_id, kind=kind, key=key)
    return None if row is None else (int(row[0]), row[1])


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


async def take_account_ids(tx: Transaction, org_id: str, count: int = 1) -> int:
    """The first of the next ``count`` numbers; never answered twice, if the unit commits."""
    row = await tx.one(_TAKE, org_id=org_id, count=count)
    if row is None:
        await tx.run(_OPEN_COUNTER, org_id=org_id, next_id=1)
        row = await tx.one(_TAKE, org_id=org_id, count=count)
    assert row is not None  # noqa: S101 - the line before made sure of it
    return int(row[0]) - count


async def pass_account_id(tx: Transaction, org_id: str, account_id: int) -> None:
    """Make the counter continue after ``account_id``, which somebody chose."""
    await tx.run(_OPEN_COUNTER, org_id=org_id, next_id=1)
    await tx.run(_PASS, org_id=org_id, account_id=account_id)


async def insert_account(tx: Transaction, account: Account, password_hash: str | None) -> None:
    """Keep a new account. Raises ``Conflict`` when its name, address or number is taken."""
    await tx.run(_INSERT, **_new_row(account), password_hash=password_hash)


async def add_account(tx: Transaction, account: Account) -> bool:
    """Keep a new account without a password; False when its name, address or number is taken."""
    return await tx.run(_ADD, **_new_row(account), password_hash=None) == 1


async def update_account(tx: Transaction, account: Account) -> None:
    """Write the account anew, without its password. Raises ``Conflict`` as an insert does."""
    await tx.run(_UPDATE, **_row(account))


async def erase_account(tx: Transaction, account: Account, now: int, by: str) -> None:
    """Keep nothing of the account but its number."""
    await tx.run(
        _ERASE,
        org_id=account.org_id,
        account_id=account.account_id,
        stand_in=f"erased {account.account_id}",
        now=now,
        by=by,
    )


async def set_password_hash(tx: Transaction, account: Account, password_hash: str) -> None:
    """Replace the password: at the time, and by whom, ``account`` was last changed."""
    await tx.run(
        _SET_PASSWORD,
        org_id=account.org_id,
        account_id=account.account_id,
        password_hash=password_hash,
        now=account.updated_at,
        by=account.updated_by,
        signed_out_at=account.signed_out_at,
    )


def keys_of(account: Account) -> dict[str, str | None]:
    """The forms in which an account's names are compared, by column."""
    return {
        "username_key": login_key(account.username),
        "email_key": _key(account.email),
        "name_key": _key(account.name),
        "family_key": _key(account.family_name),
        "given_key": _key(account.given_name),
    }


def _key(text: str | None) -> str | None:
    return None if text is None else login_key(text)


def _new_row(account: Account) -> dict[str, str | int | None]:
    return _row(account) | {
        "kind": account.kind,
        "created_at": account.created_at,
        "created_by": account.created_by,
        "password_changed_at": account.password_changed_at,
    }


def _row(account: Account) -> dict[str, str | int | None]:
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
        "permissions": _permissions(account.permissions),
        "updated_at": account.updated_at,
        "updated_by": account.updated_by,
        "user_type": account.user_type,
        "signed_out_at": account.signed_out_at,
        **keys_of(account),
    }
