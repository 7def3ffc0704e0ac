"""Realistic values for the pages where people look after their own account."""

from __future__ import annotations

from typing import Any

__all__ = ["self_service_cases"]

NOW = 1_795_328_436_000_000
Values = dict[str, Any]

GOOD: Values = {
    "title": "Password",
    "said": "You chose it {moment}.",
    "values": {},
    "at": NOW,
    "url": "/account/password",
    "action": "Change it",
    "word": "In order",
    "symbol": "tick",
    "colour": "green",
}
COULD: Values = {
    **GOOD,
    "title": "Passkeys",
    "said": "None yet. With one you sign in without typing, and nobody can copy it.",
    "at": None,
    "url": "/account/passkeys",
    "action": "Add a passkey",
    "word": "Worth a look",
    "symbol": "info",
    "colour": "plain",
}
MUST: Values = {
    **COULD,
    "title": "Email",
    "said": "You have not confirmed yet that {email} is yours.",
    "values": {"email": "maria.elisabeth.hoffmann-weidenfeld@members.riverbend.example"},
    "action": "Confirm your address",
    "word": "Needs you",
    "symbol": "warning",
    "colour": "amber",
}


WRONG = "This is not your user name."
DELETE: Values = {
    "asked": False,
    "due_at": None,
    "by_staff": False,
    "days": 14,
    "problem": None,
    "problems": [],
    "data_url": "/account/data",
}


def self_service_cases(account: Values) -> dict[str, tuple[str, Values]]:
    """The pages of ``account`` when all is well, and when something is not."""
    frame: Values = {"account": account, "signout_url": "/out"}
    return {
        "home": ("account_home.html", {**frame, "lines": [GOOD, COULD], "needed": 0}),
        "home, something": (
            "account_home.html",
            {**frame, "lines": [MUST, COULD, GOOD], "needed": 1},
        ),
        "data": (
            "account_data.html",
            {
                **frame,
                "profile": {**account, "account_id": 7},
                "sections": [("Where you were signed in", 12), ("Passkeys, by name", 2)],
            },
        ),
        "delete": ("account_delete.html", {**frame, **DELETE}),
        "delete, wrong": (
            "account_delete.html",
            {**frame, **DELETE, "problem": WRONG, "problems": [WRONG]},
        ),
        "delete, by staff": ("account_delete.html", {**frame, **DELETE, "by_staff": True}),
        "delete, asked": ("account_delete.html", {**frame, **DELETE, "asked": True}),
        "delete, scheduled": ("account_delete.html", {**frame, **DELETE, "due_at": NOW}),
        "deletion scheduled": ("deletion_scheduled.html", {"days": 14, "keep_url": "/keep"}),
    }
