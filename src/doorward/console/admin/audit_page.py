"""The audit log: found, looked at, taken away as a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import StreamingResponse

from doorward.accounts import AccountKind, UnknownAccount
from doorward.audit import EventFilter, RecordedEvent, is_plain_line
from doorward.console.admin.forms import Problem
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.event_files import EVENT_FORMATS
from doorward.db import SECOND, find_row_id
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import Permission
from doorward.protocol import Parameters, Refusal

__all__ = ["ACTORS", "AuditPages", "Wanted", "changes_of", "parse_wanted"]

_PATH: Final = "/admin/audit"
_EVENT: Final = "/admin/audit/event"
_PAGE_SIZE: Final = 50
_FILTER: Final = ("actor", "action", "target", "since", "until")
_LONGEST: Final = 200
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_NO_DAY = message("Write a day like 2026-11-27.")
_NO_LINE = message("This is longer than any identifier, or cannot be printed.")

ACTORS: Final = {
    "account": message("Account"),
    "client": message("Application"),
    "operator": message("Operator"),
    "system": message("Doorward itself"),
    "cli": message("Command line"),
}
"""Who causes events, as msgids."""


class UnknownEvent(Refusal):
    """The organization has no event of this number."""

    code = "unknown_event"
    status = 404
    sentence = "There is no such event."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: as it was typed, as the room is asked, and what is wrong."""

    typed: dict[str, str]
    filter: EventFilter
    problems: list[Problem] = field(default_factory=list)

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The parameters that ask for the same once more."""
        return tuple((name, text) for name, text in self.typed.items() if text)


@dataclass(frozen=True, slots=True)
class Change:
    """How one thing was, and how it is; empty where there was or is nothing."""

    name: str
    was: str
    now: str


class AuditPages:
    """``/admin/audit``, one event, and the files."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Read from ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read = Permission.AUDIT_READ
        return (
            AdminRoute("GET", _PATH, read, "audit", self.show),
            AdminRoute("GET", _EVENT, read, "audit", self.show_one),
            AdminRoute("POST", "/admin/audit/export", read, "audit", self.export),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """A page of what the filter leaves, the newest first."""
        query = call.query()
        wanted = await self._find_wanted(staff, query)
        found: list[RecordedEvent] = []
        if not wanted.problems:
            before = find_row_id(query.get("before"))
            found = await self._use.audit.search(
                staff.org_id, wanted.filter, before, _PAGE_SIZE + 1
            )
        names = await self._names(staff, found[:_PAGE_SIZE])
        more = None
        if len(found) > _PAGE_SIZE:
            last = str(found[_PAGE_SIZE - 1].event_id)
            more = urlencode([*wanted.query, ("before", last)])
        values: dict[str, object] = {
            "events": [_line(each, names) for each in found[:_PAGE_SIZE]],
            "form_values": wanted.typed,
            "filtered": bool(wanted.query),
            "more": more,
            "first": "before" not in query,
            "problems": wanted.problems,
        }
        kept = wanted.query + (() if "before" not in query else (("before", query["before"]),))
        status = 422 if wanted.problems else 200
        page = AdminPage("admin_audit.html", "audit", _PATH, query=kept, status=status)
        return self._frame.page(call, staff, page, values)

    async def show_one(self, call: Call, staff: Staff) -> ASGIApp:
        """Everything about one event. Raises ``UnknownEvent``."""
        number = find_row_id(call.query().get("id"))
        found = []
        if number is not None:
            found = await self._use.audit.search(staff.org_id, EventFilter(), number + 1, 1)
        if not found or found[0].event_id != number:
            raise UnknownEvent
        recorded = found[0]
        changes, rest = changes_of(recorded)
        values: dict[str, object] = {
            "event": _line(recorded, await self._names(staff, found)),
            "changes": changes,
            "rest": rest,
        }
        page = AdminPage("admin_event.html", "audit", _EVENT, query=(("id", str(number)),))
        return self._frame.page(call, staff, page, values)

    async def export(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """What the filter leaves, as a file; that somebody took it is an event of its own."""
        form = call.form()
        wanted = await self._find_wanted(staff, form)
        if wanted.problems:
            return redirect_reply(f"{staff.tenant.base}{_PATH}?{urlencode(wanted.query)}")
        name = form.get("format") or ""
        name = name if name in EVENT_FORMATS else "jsonl"
        file = EVENT_FORMATS[name]
        await self._use.audit.note_export(staff.org_id, name, staff.actor)

        async def parts() -> AsyncIterator[str]:
            yield file.head
            async for page in self._use.audit.walk(staff.org_id, wanted.filter):
                yield file.render(page)

        headers = {
            "Content-Disposition": f'attachment; filename="audit-{staff.org_id}.{file.suffix}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(parts(), media_type=file.media_type, headers=headers)

    async def _find_wanted(self, staff: Staff, given: Parameters) -> Wanted:
        """What is looked for; a user name or an e-mail address stands for its account."""
        wanted = parse_wanted(given)
        actor = wanted.filter.actor
        if wanted.problems or actor is None or not staff.may(Permission.ACCOUNTS_READ):
            return wanted
        for kind in (AccountKind.SYSTEM, AccountKind.CONSTITUENT):
            for each in await self._use.accounts.list(staff.org_id, kind, actor, None, 5):
                if actor.lower() in {(each.username or "").lower(), (each.email or "").lower()}:
                    found = EventFilter(
                        each.subject,
                        wanted.filter.action,
                        wanted.filter.target,
                        wanted.filter.since,
                        wanted.filter.until,
                    )
                    return Wanted(wanted.typed, found)
        return wanted

    async def _names(self, staff: Staff, events: list[RecordedEvent]) -> dict[str, str]:
        """Names of the accounts that did something, for those who may see people."""
        if not staff.may(Permission.ACCOUNTS_READ):
            return {}
        names: dict[str, str] = {}
        for who in {each.event.actor_id for each in events if each.event.actor_kind == "account"}:
            number = find_row_id(who)
            if number is None:
                continue
            try:
                account = await self._use.accounts.get(staff.org_id, number)
            except UnknownAccount:
                continue
            names[who] = account.name or account.username or account.subject
        return names


def parse_wanted(given: Parameters) -> Wanted:
    """Read a filter as it was typed; days are whole days in UTC, the last one included."""
    typed = {name: (given.get(name) or "").strip()[: _LONGEST + 1] for name in _FILTER}
    problems = [
        Problem(_NO_LINE, name)
        for name in ("actor", "action", "target")
        if typed[name] and not is_plain_line(typed[name], _LONGEST)
    ]
    days: dict[str, int] = {}
    for name in ("since", "until"):
        if typed[name]:
            day = _find_day(typed[name])
            if day is None:
                problems.append(Problem(_NO_DAY, name))
            else:
                days[name] = day
    until = days.get("until")
    wanted = EventFilter(
        actor=typed["actor"] or None,
        action=typed["action"] or None,
        target=typed["target"] or None,
        since=days.get("since"),
        until=None if until is None else until + 86_400 * SECOND,
    )
    return Wanted(typed, wanted, problems)


def changes_of(recorded: RecordedEvent) -> tuple[list[Change], list[tuple[str, str]]]:
    """What an event's detail says of before and after, and what else it says."""
    detail = {name: _text(value) for name, value in recorded.event.detail.items()}
    was: dict[str, str] = {}
    now: dict[str, str] = {}
    rest = []
    for name, text in detail.items():
        verb, _, of = name.partition("_")
        if of and verb in {"was", "removed"}:
            was[of] = text
        elif of and verb in {"now", "added"}:
            now[of] = text
        else:
            rest.append((name, text))
    changed = dict.fromkeys((*was, *now))
    return [Change(each, was.get(each, ""), now.get(each, "")) for each in changed], rest


def _line(recorded: RecordedEvent, names: dict[str, str]) -> dict[str, object]:
    event = recorded.event
    return {
        "id": str(recorded.event_id),
        "at": recorded.at,
        "actor_kind": ACTORS.get(event.actor_kind, ACTORS["system"]),
        "actor": event.actor_id,
        "name": names.get(event.actor_id) if event.actor_kind == "account" else None,
        "action": event.action,
        "target_kind": event.target_kind,
        "target": event.target_id,
        "address": event.address,
    }


def _text(value: str | int | bool) -> str:  # noqa: FBT001 - a detail's value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find_day(text: str) -> int | None:
    """The beginning of a day in microseconds; None for what is none, or beyond what we keep."""
    if not _DAY.match(text):
        return None
    try:
        day = date.fromisoformat(text)
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        return None
    # Microseconds since 1970 of the year 9999 still fit; what is before 1970 is nobody's event.
    return max(int((begin - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)), 0)
