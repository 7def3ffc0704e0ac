"""``/account/activity``: what happened to a person's account, and who did it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from starlette.responses import StreamingResponse

from doorward.audit import Audit, RecordedEvent
from doorward.clients import Applications
from doorward.console.account.activity_words import KINDS, SENTENCES, SYMBOLS, kind_of
from doorward.console.account.frame import AccountFrame, Person
from doorward.db import find_row_id
from doorward.http import (
    CSV_MARK,
    ASGIApp,
    Call,
    Reply,
    Translator,
    iso,
    message,
    render_csv_line,
    translator,
)
from doorward.orgs import TenantPages

__all__ = ["ActivityPages"]

_PATH: Final = "/account/activity"
_PAGE: Final = 30
_ROWS_AT_ONCE: Final = 500
_YOU, _STAFF = message("You"), message("Staff of the organization")
_APPLICATION, _DOORWARD = message("An application"), message("Automatic")
_HEADINGS = (
    message("Time"),
    message("What happened"),
    message("About"),
    message("Done by"),
    message("Address"),
)
_COLUMNS = ("time", "what", "about", "by", "from")
_MEDIA = {"csv": "text/csv", "json": "application/json"}


class ActivityPages:
    """A person's log: everything that has a sentence, the newest first."""

    def __init__(
        self, *, frame: AccountFrame, audit: Audit, applications: Applications, pages: TenantPages
    ) -> None:
        """Tell from ``audit``, with the names that ``applications`` have."""
        self._frame = frame
        self._audit = audit
        self._applications = applications
        self._pages = pages

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/activity``, narrowed by ``kind``, going on ``before`` an event."""
        return await self._frame.signed_in(call, self._show)

    async def download(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/activity/download``: the whole of it, as ``format`` csv or json."""
        return await self._frame.signed_in(call, self._download)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        query = call.query()
        kind, actions = kind_of(query.get("kind"))
        before = find_row_id(query.get("before"))
        found = await self._audit.list_of_person(person.whose, actions, before, _PAGE + 1)
        say = translator(self._pages.locale_of(call))
        values: dict[str, object] = {
            "events": [await self._told(person, each, say) for each in found[:_PAGE]],
            "kind": kind,
            "kinds": [(name, say(each.word)) for name, each in KINDS.items()],
            "older": found[_PAGE - 1].event_id if len(found) > _PAGE else None,
            "is_first": before is None,
        }
        given = (("kind", kind), ("before", None if before is None else str(before)))
        kept = tuple((name, value) for name, value in given if value is not None)
        return self._frame.page(call, person, "account_activity.html", _PATH, values, query=kept)

    async def _download(self, call: Call, person: Person) -> Reply | ASGIApp:
        wanted = call.query().get("format")
        form = wanted if wanted in _MEDIA else "json"
        say = translator(self._pages.locale_of(call))
        lines = self._as_csv(person, say) if form == "csv" else self._as_json(person, say)
        headers = {
            "Content-Disposition": f'attachment; filename="activity.{form}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(lines, media_type=_MEDIA[form], headers=headers)

    async def _everything(
        self, person: Person, say: Translator
    ) -> AsyncIterator[list[dict[str, object]]]:
        before: int | None = None
        actions = tuple(SENTENCES)
        while found := await self._audit.list_of_person(
            person.whose, actions, before, _ROWS_AT_ONCE
        ):
            before = found[-1].event_id
            yield [await self._told(person, each, say) for each in found]

    async def _as_csv(self, person: Person, say: Translator) -> AsyncIterator[str]:
        yield CSV_MARK + render_csv_line([say(each) for each in _HEADINGS])
        async for page in self._everything(person, say):
            yield "".join(
                render_csv_line(
                    [str(each[name] or "") for name in ("time", "what", "about", "by", "from")]
                )
                for each in page
            )

    async def _as_json(self, person: Person, say: Translator) -> AsyncIterator[bytes]:
        """An array of objects, one on each line."""
        joint = b"[\n"
        async for page in self._everything(person, say):
            for each in page:
                yield joint + msgspec.json.encode(
                    {"action": each["action"]} | {name: each[name] for name in _COLUMNS}
                )
                joint = b",\n"
        yield b"[]\n" if joint == b"[\n" else b"\n]\n"

    async def _told(
        self, person: Person, recorded: RecordedEvent, say: Translator
    ) -> dict[str, object]:
        event = recorded.event
        name = None
        client_id = event.target_id if event.target_kind == "application" else None
        if event.actor_kind == "client":
            client_id = event.actor_id
        if client_id is not None:
            application = await self._applications.find(person.tenant.org_id, client_id)
            name = application.name if application is not None else None
        return {
            "at": recorded.at,
            "time": iso(recorded.at),
            "action": event.action,
            "symbol": SYMBOLS[event.action],
            "what": say(SENTENCES[event.action]),
            "about": name or event.detail.get("connector"),
            "by": say(_who(person, recorded)),
            # The address of somebody of the staff is theirs.
            "from": event.address if _is_own(person, recorded) else None,
        }


def _is_own(person: Person, recorded: RecordedEvent) -> bool:
    event = recorded.event
    return (event.actor_kind, event.actor_id) == ("account", str(person.session.account_id))


def _who(person: Person, recorded: RecordedEvent) -> str:
    if _is_own(person, recorded):
        return _YOU
    if recorded.event.actor_kind == "client":
        return _APPLICATION
    return _DOORWARD if recorded.event.actor_kind == "system" else _STAFF
