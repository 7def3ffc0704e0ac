"""Realistic values for the pages about two-step verification."""

from __future__ import annotations

from typing import Any

from doorward.crypto import Secret
from doorward.factors import draw_qr, setup_uri

__all__ = ["second_step_cases"]

NOW = 1_795_328_436_000_000
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODES = [f"k7{n}m-2xq9-tb4w-8hs{n}" for n in range(10)]
Values = dict[str, Any]
BRAKED: Values = {"error": "braked", "wait_s": 30}


def second_step_cases(account: Values) -> dict[str, tuple[str, Values]]:
    """Every state of the step, of setting it up, and of the account page, for ``account``."""
    return {**_sign_in_cases(account), **_account_cases(account)}


def _key() -> Values:
    uri = setup_uri(Secret(KEY), issuer="Riverbend Trust", label="mfdelacruz")
    grouped = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
    return {"error": None, "wait_s": None, "qr": draw_qr(uri), "key": grouped}


def _sign_in_cases(account: Values) -> dict[str, tuple[str, Values]]:
    step: Values = {
        "way": "app",
        "person": account,
        "error": None,
        "wait_s": None,
        "flow": "dw_fl_1",
        "others": [
            {"way": "passkey", "url": "/o/riverbend/signin/second?flow=dw_fl_1&way=passkey"},
            {"way": "code", "url": "/o/riverbend/signin/second?flow=dw_fl_1&way=code"},
        ],
        "start_url": "/o/riverbend/signin?flow=dw_fl_1",
    }
    by_code: Values = {**step, "way": "code", "others": [{"way": "app", "url": "/o/riverbend"}]}
    setup: Values = {
        **_key(),
        "person": account,
        "app_name": None,
        "flow": "dw_fl_1",
        "start_url": "/",
    }
    codes: Values = {"codes": CODES, "as_staff": False, "onward_url": "/o/riverbend/account"}
    used: Values = {"left": 9, "few": False, "onward_url": "/", "two_step_url": "/"}
    return {
        "second step": ("signin_second.html", step),
        "second step, wrong": ("signin_second.html", {**step, "error": "refused"}),
        "second step, empty": ("signin_second.html", {**step, "error": "empty"}),
        "second step, braked": ("signin_second.html", {**step, **BRAKED}),
        "one recovery code": ("signin_second.html", by_code),
        "one recovery code, wrong": ("signin_second.html", {**by_code, "error": "refused"}),
        "second step set up": ("signin_setup.html", setup),
        "second step set up, asked": ("signin_setup.html", {**setup, "app_name": "Donor Portal"}),
        "second step set up, wrong": ("signin_setup.html", {**setup, "error": "refused"}),
        "second step set up, expired": ("signin_setup.html", {**setup, "error": "gone"}),
        "recovery codes at sign-in": ("signin_codes.html", codes),
        "one recovery code used": ("signin_code_used.html", used),
        "one recovery code of few used": ("signin_code_used.html", {**used, "few": True}),
    }


def _account_cases(account: Values) -> dict[str, tuple[str, Values]]:
    home: Values = {
        "account": account,
        "is_off": False,
        "required": False,
        "app": {"since": NOW - 86_400_000_000, "used": NOW},
        "is_on": True,
        "left": 8,
        "few": False,
        "app_url": "/o/riverbend/account/two-step/app",
        "may_turn_off": True,
    }
    none = {**home, "app": None, "is_on": False, "left": 0, "may_turn_off": False}
    own_key = {**_key(), "account": account, "home_url": "/o/riverbend/account/two-step"}
    shown: Values = {
        "account": account,
        "codes": CODES,
        "download_path": "/account/two-step/codes",
        "home_path": "/account/two-step",
    }
    home_page, app_page = "account_two_step.html", "account_two_step_app.html"
    return {
        "two-step": (home_page, home),
        "two-step, none": (home_page, none),
        "two-step, required": (home_page, {**none, "required": True}),
        "two-step, few": (home_page, {**home, "left": 1, "few": True}),
        "two-step, off": (home_page, {**none, "is_off": True}),
        "two-step app": (app_page, own_key),
        "two-step app, wrong": (app_page, {**own_key, "error": "refused"}),
        "two-step app, braked": (app_page, {**own_key, **BRAKED}),
        "two-step codes": ("account_two_step_codes.html", shown),
        "two-step remove": ("account_two_step_off.html", {"account": account}),
    }
