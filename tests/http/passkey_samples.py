"""Realistic values for the pages about passkeys."""

from __future__ import annotations

from typing import Any

__all__ = ["passkey_cases"]

NOW = 1_795_328_436_000_000
Values = dict[str, Any]

PHONE: Values = {
    "id": "7",
    "name": "Google Password Manager",
    "synced": True,
    "alone": True,
    "host": None,
    "created": NOW - 86_400_000_000,
    "used": NOW,
    "remove_path": "/account/passkeys/remove?passkey=7",
}
STICK: Values = {
    **PHONE,
    "id": "8",
    "name": "仕事用の長い名前のセキュリティキー",
    "synced": False,
    "alone": False,
    "host": "login.riverbend.example",
    "used": None,
}


def passkey_cases(account: Values) -> dict[str, tuple[str, Values]]:
    """Every state of the list, the question, and the offer, for ``account``."""
    page: Values = {
        "account": account,
        "passkeys": [PHONE, STICK],
        "here": True,
        "full": False,
        "fresh": True,
        "problem": None,
        "renamed": None,
    }
    offer: Values = {
        "account": account,
        "flow": "dw_fl_1",
        "problem": None,
        "asked_after_password": True,
    }
    step: Values = {
        "person": account,
        "error": None,
        "wait_s": None,
        "flow": "dw_fl_1",
        "here": True,
        "hosts": ["login.riverbend.example"],
        "others": [{"way": "app", "url": "/app"}, {"way": "code", "url": "/code"}],
        "start_url": "/start",
    }
    wrong = {"problem": "A name is one line of up to 60 characters.", "renamed": "8"}
    failed = {"problem": "The passkey could not be added. Try again."}
    return {
        "passkeys": ("account_passkeys.html", page),
        "passkeys, none": ("account_passkeys.html", {**page, "passkeys": [], "fresh": False}),
        "passkeys, nowhere": ("account_passkeys.html", {**page, "here": False}),
        "passkeys, full": ("account_passkeys.html", {**page, "full": True}),
        "passkeys, wrong": ("account_passkeys.html", {**page, **wrong}),
        "passkeys, failed": ("account_passkeys.html", {**page, **failed}),
        "passkey removed": (
            "account_passkey_remove.html",
            {"account": account, "passkey": STICK, "home_url": "/account/passkeys"},
        ),
        "passkey step": ("signin_second_passkey.html", step),
        "passkey step, refused": ("signin_second_passkey.html", {**step, "error": "passkey"}),
        "passkey step, braked": (
            "signin_second_passkey.html",
            {**step, "error": "braked", "wait_s": 30},
        ),
        "passkey step, elsewhere": ("signin_second_passkey.html", {**step, "here": False}),
        "passkey offer": ("passkey_offer.html", offer),
        "passkey offer, failed": ("passkey_offer.html", {**offer, **failed}),
    }
