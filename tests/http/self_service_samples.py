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


def self_service_cases(account: Values) -> dict[str, tuple[str, Values]]:
    """The pages of ``account`` when all is well, and when something is not."""
    frame: Values = {"account": account, "signout_url": "/out"}
    return {
        "home": ("account_home.html", {**frame, "lines": [GOOD, COULD], "needed": 0}),
        "home, something": (
            "account_home.html",
            {**frame, "lines": [MUST, COULD, GOOD], "needed": 1},
        ),
    }
