"""Realistic values for the pages about constituents."""

from __future__ import annotations

from doorward.console.admin.forms import Problem
from doorward.console.admin.import_words import FILE_FAULTS, ROW_FAULTS, STATES
from doorward.imports import FileFault, ImportState, RowFault

__all__ = ["constituent_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
LINK = "https://id.example/o/riverbend/invitation?code=dw_iv_" + "A" * 48

HANAKO: Values = {
    "id": "1001",
    "name": "山田 花子",
    "username": "hanako",
    "email": "hanako@example.jp",
    "title": "山田 花子",
    "is_company": False,
    "active": True,
    "created_at": NOW,
}
MILL: Values = {
    **HANAKO,
    "id": "1002",
    "name": "The Old Mill Bakery and Coffee House Limited",
    "title": "The Old Mill Bakery and Coffee House Limited",
    "username": "office@the-old-mill.example",
    "email": "office@the-old-mill.example",
    "is_company": True,
    "active": False,
}
BARE: Values = {**HANAKO, "name": None, "title": "hanako", "email": None}
LIST: Values = {
    "people": [HANAKO, MILL, BARE],
    "q": "",
    "status": "",
    "total": "100,000",
    "first": True,
    "before": 1001,
    "after": 1002,
    "may_write": True,
}
PERSON: Values = {
    **HANAKO,
    "given_name": "花子",
    "family_name": "山田",
    "email_verified": True,
    "language": "日本語",
    "updated_at": NOW,
    "password_changed_at": NOW,
}
ONE: Values = {
    "person": PERSON,
    "facts": [("Phone", "+81 3 0000 0000"), ("Address", "1-1 Chiyoda, Tokyo")],
    "sessions": 2,
    "second_steps": (),
    "invitation": None,
    "platform": None,
    "may_write": True,
}
PATREON: Values = {
    "user_id": "4711",
    "full_name": "山田 花子",
    "tier": "Lantern keepers of the long river",
    "pledge": "5.50",
    "since": "2024-05-01",
    "active": True,
    "verified": False,
    "mark": "0f" * 16,
}
NEOS: Values = {
    "tags": ("mentor", "世界制作者"),
    "typed_tags": "mentor\n世界制作者",
    "patreon": PATREON,
}
INVITED: Values = {**PERSON, "password_changed_at": None, "email_verified": False}
IMPORT: Values = {
    "id": "77",
    "file_name": "donors-2026-with-a-long-name-from-the-accounting-department.csv",
    "state": "running",
    "state_title": STATES[ImportState.RUNNING],
    "running": True,
    "value": 31_450,
    "max": 100_000,
    "created_at": NOW,
    "finished_at": None,
    "total": "100,000",
    "done": "31,450",
    "created": "31,441",
    "refused": "9",
    "has_refused": True,
}
WATCHED: Values = {
    "import": IMPORT,
    "refused": [
        {"line": 4, "reason": ROW_FAULTS[RowFault.EMAIL_TAKEN], "cells": ["a@example.org", "Ada"]},
        {"line": 99_871, "reason": ROW_FAULTS[RowFault.NO_LOGIN], "cells": ["<b>Bob</b>" * 20]},
    ],
    "ignored": ("Favourite colour", "T-shirt"),
    "may_write": True,
}
IMPORTS: Values = {"imports": [IMPORT], "may_write": True}
INVITE: Values = {
    "form_values": {"given_name": "Hana", "family_name": "", "email": "x", "locale": "ja"},
    "by_mail": False,
}


def _with(values: Values, **changes: object) -> Values:
    return {**values, **changes}


def _state(state: ImportState) -> Values:
    ended = state in {ImportState.DONE, ImportState.FAILED}
    shown = _with(
        IMPORT,
        state=str(state),
        state_title=STATES[state],
        running=False,
        finished_at=NOW if ended else None,
    )
    return _with(WATCHED, **{"import": shown})


def _invitation(state: str) -> Values:
    return _with(ONE, person=INVITED, invitation={"state": state, "expires_at": NOW}, sessions=0)


def _neos_cases() -> dict[str, tuple[str, Values]]:
    """One person, where Neos is spoken."""
    return {
        "one, neos": ("admin_constituent.html", _with(ONE, platform=NEOS)),
        "one, neos, read": ("admin_constituent.html", _with(ONE, platform=NEOS, may_write=False)),
        "one, neos, confirmed": (
            "admin_constituent.html",
            _with(ONE, platform=_with(NEOS, patreon=_with(PATREON, verified=True, active=False))),
        ),
        "one, neos, none": (
            "admin_constituent.html",
            _with(ONE, platform={"tags": (), "typed_tags": "", "patreon": None}),
        ),
        "one, neos, remove": ("admin_patreon_remove.html", {"person": HANAKO}),
    }


def _second_step_cases() -> dict[str, tuple[str, Values]]:
    question: Values = {
        "person": {"id": "1001", "name": "山田 花子"},
        "section": "constituents",
        "path": "/admin/constituents/account",
    }
    return {
        "one, two steps": ("admin_constituent.html", _with(ONE, second_steps=("app",))),
        "second step": ("admin_second_step.html", question),
    }


WAITING: Values = {"id": 7, "name": "葵 山田", "asked_at": NOW, "due_at": None, "state": "asked"}
DELETIONS: Values = {
    "deletions": [
        WAITING,
        {**WAITING, "id": 8, "name": "Ada", "due_at": NOW, "state": "scheduled"},
        {**WAITING, "id": 9, "name": None, "due_at": NOW, "state": "erasing"},
    ],
    "after": 9,
    "may_write": True,
}
DELETION: Values = {
    "person": {"id": "7", "title": "葵 山田", "username": "aoi"},
    "asked_at": None,
    "due_at": None,
    "days": 14,
    "problems": [],
}


def _ending_cases() -> dict[str, tuple[str, Values]]:
    return {
        "suspend": ("admin_constituent_status.html", {"person": HANAKO, "status": "suspended"}),
        "reactivate": ("admin_constituent_status.html", {"person": MILL, "status": "active"}),
        "deletions": ("admin_deletions.html", DELETIONS),
        "deletions, none": ("admin_deletions.html", _with(DELETIONS, deletions=[], after=None)),
        "deletion": ("admin_deletion.html", DELETION),
        "deletion, asked": ("admin_deletion.html", _with(DELETION, asked_at=NOW)),
        "deletion, scheduled": ("admin_deletion.html", _with(DELETION, due_at=NOW)),
        "deletion, wrong": (
            "admin_deletion.html",
            _with(DELETION, problems=[Problem("This is not their user name.", "name")]),
        ),
    }


def constituent_cases(frame: Values) -> dict[str, tuple[str, Values]]:
    """Every page with its values, within ``frame``."""
    wrong = [Problem(FILE_FAULTS[FileFault.QUOTE], "file", "Line 12")]
    suspended = _with(ONE, person=_with(PERSON, **MILL), sessions=None, may_write=False)
    cases: dict[str, tuple[str, Values]] = {
        "list": ("admin_constituents.html", LIST),
        "list, searched": ("admin_constituents.html", _with(LIST, q='"<x>&', status="suspended")),
        "list, end": ("admin_constituents.html", _with(LIST, after=None, may_write=False)),
        "list, nobody": (
            "admin_constituents.html",
            _with(LIST, people=[], before=None, after=None, total="0"),
        ),
        "list, no match": ("admin_constituents.html", _with(LIST, people=[], q="zz")),
        "one": ("admin_constituent.html", ONE),
        **_second_step_cases(),
        **_neos_cases(),
        "one, suspended": ("admin_constituent.html", suspended),
        "one, invited": ("admin_constituent.html", _invitation("open")),
        "one, expired": ("admin_constituent.html", _invitation("expired")),
        "one, withdrawn": ("admin_constituent.html", _invitation("withdrawn")),
        "one, not invited": ("admin_constituent.html", _with(_invitation("none"), sessions=1)),
        **_ending_cases(),
        "invite": ("admin_constituent_invite.html", INVITE),
        "invite by mail": ("admin_constituent_invite.html", _with(INVITE, by_mail=True)),
        "invite, wrong": (
            "admin_constituent_invite.html",
            _with(INVITE, problems=[Problem("This is not an e-mail address.", "email")]),
        ),
        "invited": (
            "admin_constituent_invited.html",
            {"person": HANAKO, "link": LINK, "mailed_to": None},
        ),
        "invited by mail": (
            "admin_constituent_invited.html",
            {"person": HANAKO, "link": LINK, "mailed_to": "hanako@example.jp"},
        ),
        "imports": ("admin_imports.html", IMPORTS),
        "imports, none": ("admin_imports.html", _with(IMPORTS, imports=[])),
        "imports, read only": ("admin_imports.html", _with(IMPORTS, may_write=False)),
        "imports, wrong": ("admin_imports.html", _with(IMPORTS, problems=wrong)),
        "import": ("admin_import.html", WATCHED),
        "import, stopped": ("admin_import.html", _state(ImportState.STOPPED)),
        "import, failed": ("admin_import.html", _state(ImportState.FAILED)),
        "import, done": ("admin_import.html", _state(ImportState.DONE)),
    }
    return {
        f"admin constituents: {name}": (template, {**frame, **values})
        for name, (template, values) in cases.items()
    }
