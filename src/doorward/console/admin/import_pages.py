"""Importing constituents: choosing a file, watching it, stopping it, and the rows it refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from doorward.console.admin.forms import Problem
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.import_words import (
    FILE_FAULTS,
    ROW_FAULTS,
    STATES,
    TOO_MANY,
    UPLOAD_FAULTS,
)
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.db import find_row_id
from doorward.http import (
    CSV_MARK,
    ASGIApp,
    Call,
    Reply,
    UploadRefused,
    json_reply,
    message,
    redirect_reply,
    render_csv_line,
    translator,
)
from doorward.imports import (
    MAX_FILE_BYTES,
    BadFile,
    Import,
    ImportState,
    TooManyImports,
    UnknownImport,
    render_refused_row,
)
from doorward.orgs import Permission

__all__ = ["ImportPages"]

_LIST = "/admin/constituents/imports"
_ONE = "/admin/constituents/import"
_PROGRESS = "/admin/constituents/import/progress"
_REFUSED = "/admin/constituents/import/refused"
_SHOWN_ROWS = 20
_SHOWN_CELLS = 3
_ROWS_AT_ONCE = 500
_PROGRESSED = message("{done} of {total} rows")
_LINE = message("Line")
_AT_LINE = message("Line {line}")
_REASON = message("Reason")
_NOTICES = {
    "stopped": message("Stopped. What was imported stays; resume it when you like."),
    "resumed": message("Resumed."),
}


class ImportPages:
    """``/admin/constituents/imports`` and everything under ``…/import``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Begin and watch the imports of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        section = "constituents"
        return (
            AdminRoute("GET", _LIST, read, section, self.show_all),
            AdminRoute("POST", _LIST, write, section, self.begin, streamed=True),
            AdminRoute("GET", _ONE, read, section, self.show),
            AdminRoute("POST", _ONE, write, section, self.change),
            AdminRoute("GET", _PROGRESS, read, section, self.tell_progress),
            AdminRoute("GET", _REFUSED, read, section, self.download_refused),
        )

    async def show_all(self, call: Call, staff: Staff) -> ASGIApp:
        """The form for a file, and the imports of the last thirty days."""
        return await self._list(call, staff)

    async def begin(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Take a file, and show how it goes."""
        try:
            upload = await self._frame.receive_file(call, staff, "file", max_bytes=MAX_FILE_BYTES)
        except UploadRefused as refused:
            return await self._list(call, staff, Problem(UPLOAD_FAULTS[refused.fault], "file"))
        try:
            begun = await self._use.imports.begin(
                staff.org_id, upload.file, upload.file_name, staff.actor
            )
        except BadFile as refused:
            return await self._list(call, staff, self._problem(call, refused))
        except TooManyImports:
            return await self._list(call, staff, Problem(TOO_MANY))
        finally:
            upload.close()
        return redirect_reply(f"{staff.tenant.base}{_ONE}?id={begun.import_id}")

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """How one import goes, or went."""
        found = await self._find(call, staff)
        refused = await self._use.imports.list_refused(
            staff.org_id, found.import_id, after=0, limit=_SHOWN_ROWS
        )
        values: dict[str, object] = {
            "import": _shown(found),
            "refused": [
                {
                    "line": each.line,
                    "reason": ROW_FAULTS[each.fault],
                    "cells": [cell for cell in each.cells if cell][:_SHOWN_CELLS],
                }
                for each in refused
            ],
            "ignored": found.ignored,
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
        }
        page = AdminPage(
            "admin_import.html",
            "constituents",
            _ONE,
            query=(("id", str(found.import_id)),),
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def change(self, call: Call, staff: Staff) -> Reply:
        """Stop, or resume."""
        found = await self._find(call, staff)
        whose = (staff.org_id, found.import_id, staff.actor)
        done = "resumed" if call.form().get("decision") == "resume" else "stopped"
        change = self._use.imports.resume if done == "resumed" else self._use.imports.stop
        changed = await change(*whose)
        if changed.state in {ImportState.DONE, ImportState.FAILED}:
            return redirect_reply(f"{staff.tenant.base}{_ONE}?id={found.import_id}")
        return self._frame.back(staff, _ONE, done=done, id=str(found.import_id))

    async def tell_progress(self, call: Call, staff: Staff) -> Reply:
        """The counts as JSON, for the page that shows them."""
        found = await self._find(call, staff)
        say = translator(self._frame.locale_of(call))
        counts = {name: f"{getattr(found, name):,}" for name in ("done", "created", "refused")}
        sentence = say(_PROGRESSED, done=counts["done"], total=f"{found.total:,}")
        return json_reply(
            {
                "running": found.is_under_way,
                "state": say(STATES[found.state]),
                "value": found.done,
                "max": found.total,
                "sentence": sentence,
                **counts,
            }
        )

    async def download_refused(self, call: Call, staff: Staff) -> ASGIApp:
        """Every refused row with its line and reason, as a file for a spreadsheet."""
        found = await self._find(call, staff)
        say = translator(self._frame.locale_of(call))

        async def lines() -> AsyncIterator[str]:
            yield CSV_MARK + render_csv_line([say(_LINE), say(_REASON), *found.headers])
            after = 0
            while rows := await self._use.imports.list_refused(
                staff.org_id, found.import_id, after=after, limit=_ROWS_AT_ONCE
            ):
                after = rows[-1].refusal_id
                yield "".join(
                    render_csv_line(render_refused_row(row, say(ROW_FAULTS[row.fault])))
                    for row in rows
                )

        headers = {
            "Content-Disposition": f'attachment; filename="refused-{found.import_id}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(lines(), media_type="text/csv", headers=headers)

    def _problem(self, call: Call, refused: BadFile) -> Problem:
        """Why the file is refused, and the line or the column where that was seen."""
        about = refused.column
        if refused.line is not None:
            about = translator(self._frame.locale_of(call))(_AT_LINE, line=refused.line)
        return Problem(FILE_FAULTS[refused.fault], "file", about or None)

    async def _list(self, call: Call, staff: Staff, problem: Problem | None = None) -> ASGIApp:
        newest = await self._use.imports.list_newest(staff.org_id)
        values: dict[str, object] = {
            "imports": [_shown(each) for each in newest],
            "problems": [] if problem is None else [problem],
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
        }
        status = 200 if problem is None else 422
        page = AdminPage("admin_imports.html", "constituents", _LIST, status=status)
        return self._frame.page(call, staff, page, values)

    async def _find(self, call: Call, staff: Staff) -> Import:
        """The import that ``call`` names by ``id``. Raises ``UnknownImport``."""
        given = call.form() if call.method == "POST" else call.query()
        import_id = find_row_id(given.get("id"))
        if import_id is None:
            raise UnknownImport
        return await self._use.imports.get(staff.org_id, import_id)


def _shown(found: Import) -> dict[str, object]:
    return {
        "id": str(found.import_id),
        "file_name": found.file_name,
        "state": str(found.state),
        "state_title": STATES[found.state],
        "running": found.is_under_way,
        "value": found.done,
        "max": found.total,
        "created_at": found.created_at,
        "finished_at": found.finished_at,
        "total": f"{found.total:,}",
        "done": f"{found.done:,}",
        "created": f"{found.created:,}",
        "refused": f"{found.refused:,}",
        "has_refused": found.refused > 0,
    }
