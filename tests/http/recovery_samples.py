"""Realistic values for the pages of signing up, of a new password and of a new address."""

from __future__ import annotations

from typing import Any

from doorward.accounts import PasswordFault, WeakPassword
from doorward.console.account.new_password import (
    DIFFERENT,
    PasswordGuide,
    PasswordProblem,
    problem_about,
)

__all__ = ["DIFFERENT", "GUIDE", "WEAK", "recovery_cases"]

Values = dict[str, Any]

NOON = 1_795_348_800_000_000
GUIDE = PasswordGuide(8, ("Riverbend Trust", "riverbend", "山田 花子", "hanako@example.jp"))
WEAK = problem_about(WeakPassword(PasswordFault.PERSONAL, least=8, org="Riverbend Trust"))
EASY = problem_about(WeakPassword(PasswordFault.EASY, least=8, org="Riverbend Trust"))
WRONG_CODE = PasswordProblem(
    "The code is not right. Look at the newest letter, or use its link.", "code"
)
HANAKO = {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"}
FLOW: Values = {
    "flow": "dw_fl_1",
    "app_name": "Gift Reports",
    "sign_in_url": "/signin",
    "for_staff": False,
}
CALM: Values = {**FLOW, "problem": None}
SIGN_UP: Values = {
    **CALM,
    "typed": {"email": "hanako@example.jp", "name": "山田 花子"},
    "guide": GUIDE,
    "domains": ("example.jp", "example.org"),
}
SENT: Values = {
    **CALM,
    "address": "hanako@example.jp",
    "wait_s": 42,
    "sent_again": True,
    "change_url": "/signup",
}
CONFIRM: Values = {
    **CALM,
    "address": "hanako@example.jp",
    "name": "山田 花子",
    "code": "dw_al_1",
    "asks_password": True,
}
FORGOT: Values = {
    **CALM,
    "address": "hanako@example.jp",
    "sends_mail": True,
    "kind": "constituent",
}
RESET: Values = {**CALM, "account": HANAKO, "code": "dw_al_1", "guide": GUIDE, "others": True}
LINK: Values = {
    **CALM,
    "purpose": "change",
    "address": "hanako@example.jp",
    "former": "yamada@example.jp",
    "code": "dw_al_1",
    "taken": False,
}
PASSWORD: Values = {
    "account": HANAKO,
    "username": "hanako",
    "has_password": True,
    "changed_at": NOON,
    "guide": GUIDE,
    "problems": [],
    "problem": None,
}
EMAIL: Values = {
    "account": HANAKO,
    "email": "hanako@example.jp",
    "verified": True,
    "sends_mail": True,
    "typed": "",
    "change": None,
    "proof": None,
    "problems": [],
}


# size: one line for each state of a page
def recovery_cases() -> dict[str, tuple[str, Values]]:
    """Each page in the states that it can be in."""
    waiting = {"address": "hanako@example.org", "wait_s": 12}
    return {
        "sign up": ("signup.html", SIGN_UP),
        "sign up, weak": ("signup.html", {**SIGN_UP, "domains": (), "problem": WEAK}),
        "sign up, unreviewed": ("signup.html", {**SIGN_UP, "app_name": ""}),
        "sign up, closed": ("signup_closed.html", FLOW),
        "sign up, sent": ("signup_sent.html", SENT),
        "sign up, wrong code": (
            "signup_sent.html",
            {**SENT, "sent_again": False, "problem": WRONG_CODE},
        ),
        "sign up, confirm": ("signup_confirm.html", CONFIRM),
        "sign up, confirm here": ("signup_confirm.html", {**CONFIRM, "asks_password": False}),
        "forgot": ("forgot.html", FORGOT),
        "forgot, staff": (
            "forgot.html",
            {**FORGOT, "kind": "system", "flow": None, "for_staff": True},
        ),
        "forgot, no mail": ("forgot.html", {**FORGOT, "sends_mail": False}),
        "forgot, sent": ("forgot_sent.html", {**FLOW, "again_url": "/forgot"}),
        "reset": ("reset.html", RESET),
        "reset, weak": ("reset.html", {**RESET, "problem": EASY, "others": False}),
        "reset, done": ("reset_done.html", FLOW),
        "link, gone": ("link_gone.html", {**FLOW, "begin_url": "/forgot"}),
        "link, gone for good": ("link_gone.html", {**FLOW, "begin_url": None}),
        "email link, change": ("email_link.html", LINK),
        "email link, taken": ("email_link.html", {**LINK, "taken": True}),
        "email link, verify": ("email_link.html", {**LINK, "purpose": "verify"}),
        "email link, undo": ("email_link.html", {**LINK, "purpose": "undo"}),
        "email, confirmed": (
            "email_done.html",
            {**FLOW, "purpose": "change", "address": "hanako@example.jp"},
        ),
        "email, undone": (
            "email_done.html",
            {**FLOW, "purpose": "undo", "address": "hanako@example.jp"},
        ),
        "own password": ("account_password.html", PASSWORD),
        "own password, wrong": (
            "account_password.html",
            {**PASSWORD, "problems": [DIFFERENT], "problem": DIFFERENT},
        ),
        "own password, none yet": ("account_password.html", {**PASSWORD, "has_password": False}),
        "own email": ("account_email.html", EMAIL),
        "own email, changing": ("account_email.html", {**EMAIL, "change": waiting}),
        "own email, unproved": ("account_email.html", {**EMAIL, "verified": False}),
        "own email, proving": (
            "account_email.html",
            {**EMAIL, "verified": False, "proof": waiting, "problems": [WRONG_CODE]},
        ),
        "own email, no mail": ("account_email.html", {**EMAIL, "sends_mail": False}),
    }
