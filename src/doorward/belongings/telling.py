"""Everything that is kept about a person, read in pages and without a secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec

from doorward.accounts import Account, Accounts
from doorward.audit import Actor, Audit, record
from doorward.belongings import store
from doorward.db import Database, Row, Transaction
from doorward.http import iso

__all__ = ["Teller"]

_ROWS: Final = 500
_JSON: Final = frozenset({"document", "settings", "redirect_uris", "networks"})
"""Columns that hold JSON."""

Told = dict[str, Any]


class Teller:
    """Reads what ``store`` says may be told."""

    def __init__(
        self, *, db: Database, accounts: Accounts, audit: Audit, actions: tuple[str, ...]
    ) -> None:
        """Read from ``db``; who the person is, ``accounts`` say, and what happened, ``audit``.

        Of the record, people are told the ``actions`` that are for them.
        """
        self._db = db
        self._accounts = accounts
        self._audit = audit
        self._actions = actions

    @staticmethod
    def names() -> tuple[str, ...]:
        """The sections, in their order, without the account itself and the record."""
        return tuple(each.name for each in store.SECTIONS)

    async def profile(self, whose: tuple[str, int]) -> Told:
        """The account itself. Raises ``UnknownAccount``."""
        return _profile(await self._accounts.get(*whose))

    async def count(self, whose: tuple[str, int]) -> Mapping[str, int]:
        """How many things there are in each section, for a page."""
        counts = {}
        for section in store.SECTIONS:
            counts[section.name] = sum([len(page) async for page in self._pages(section, whose)])
        return counts

    async def note_download(self, whose: tuple[str, int], by: Actor) -> None:
        """Record that ``by`` takes all of it along."""
        event = by.did("account.data_downloaded", whose[0], ("account", str(whose[1])))

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self._db.next_id(), now=self._db.clock())

        await self._db.unit(work)

    async def write(self, whose: tuple[str, int]) -> AsyncIterator[bytes]:
        """One JSON document with all of it, a part at a time."""
        yield b'{"account":' + msgspec.json.encode(await self.profile(whose))
        for section in store.SECTIONS:
            yield b',\n"' + section.name.encode() + b'":['
            joint = b""
            async for page in self._pages(section, whose):
                yield joint + b",".join(msgspec.json.encode(each) for each in page)
                joint = b","
            yield b"]"
        yield b',\n"security_log":['
        joint = b""
        async for events in self._events(whose):
            yield joint + b",".join(msgspec.json.encode(each) for each in events)
            joint = b","
        yield b"]}\n"

    async def _pages(
        self, section: store.Section, whose: tuple[str, int]
    ) -> AsyncIterator[list[Told]]:
        where = {"org_id": whose[0], "account_id": whose[1], "batch": _ROWS}
        rows = await self._db.scan(section.first, **where)
        while rows:
            yield [_told(section, row) for row in rows]
            if len(rows) < _ROWS:
                return
            last = rows[-1][len(section.columns) :]
            rows = await self._db.scan(
                section.next, **where, **dict(zip(section.keys, last, strict=True))
            )

    async def _events(self, whose: tuple[str, int]) -> AsyncIterator[list[Told]]:
        before: int | None = None
        while found := await self._audit.list_of_person(whose, self._actions, before, _ROWS):
            before = found[-1].event_id
            own = ("account", str(whose[1]))
            yield [
                {
                    "at": iso(each.at),
                    "action": each.event.action,
                    "about": f"{each.event.target_kind} {each.event.target_id}",
                    # Where somebody else was is for them to know.
                    "address": each.event.address
                    if (each.event.actor_kind, each.event.actor_id) == own
                    else None,
                }
                for each in found
            ]


def _profile(account: Account) -> Told:
    names = ("username", "email", "email_verified", "name", "given_name", "family_name")
    more = ("locale", "picture_url", "kind", "user_type", "status")
    told: Told = {"account_id": account.account_id}
    told |= {name: getattr(account, name) for name in (*names, *more)}
    told["permissions"] = sorted(account.permissions)
    for name in ("created_at", "updated_at", "password_changed_at", "signed_out_at"):
        at = getattr(account, name)
        told[name] = None if at is None else iso(at)
    return told


def _told(section: store.Section, row: Row) -> Told:
    named = zip(section.columns, row[: len(section.columns)], strict=True)
    return {name: _value(name, value) for name, value in named}


def _value(name: str, value: object) -> object:
    if value is None:
        return None
    if (name.endswith("_at") or name == "since") and isinstance(value, int):
        return iso(value)
    if name in _JSON and isinstance(value, str):
        return msgspec.Raw(value.encode()) if _is_json(value) else value
    return value


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True
