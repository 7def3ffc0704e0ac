"""Realistic values for every template, with long names, Japanese, risky scopes and errors."""

from __future__ import annotations

from doorward.http.assets import Assets
from doorward.http.i18n import Locale
from doorward.http.pages import Brand, Pages, Theme, View
from doorward.http.reference import read_reference
from tests.http.admin_samples import ADMIN_CASES
from tests.http.connect_samples import connect_cases
from tests.http.connector_samples import connector_cases
from tests.http.developer_samples import developer_cases
from tests.http.neon_samples import neon_cases
from tests.http.passkey_samples import passkey_cases
from tests.http.recovery_samples import DIFFERENT, GUIDE, WEAK, recovery_cases
from tests.http.second_step_samples import second_step_cases
from tests.http.self_service_samples import self_service_cases

NOW = 1_795_328_436_000_000
DAY = 86_400_000_000
Values = dict[str, object]

RIVERBEND = Brand(
    name="Riverbend Trust",
    accent="#ff4fa3",
    support_url="https://riverbend.example/help",
    privacy_url="https://riverbend.example/privacy",
)
MARIA: Values = {
    "name": "Maria Fernanda de la Cruz-Oyelaran",
    "email": "maria.fernanda@riverbend.example",
    "username": "mfdelacruz",
}
HANAKO: Values = {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"}
PICKS = [
    {**MARIA, "session": "1", "signed_out": False},
    {**HANAKO, "session": "2", "signed_out": True},
]


def view(locale: Locale = "en", theme: Theme = "system", brand: Brand = RIVERBEND) -> View:
    """A visitor of the organization riverbend on a shared host."""
    return View(
        brand=brand,
        path="/signin",
        locale=locale,
        theme=theme,
        query=(("flow", "dw_fl_1"),),
        base="/o/riverbend",
        csrf="token-1",
    )


def pages() -> Pages:
    """Pages over the package's own assets."""
    return Pages(Assets())


def scope(name: str, sentence: str, sensitivity: str = "basic", **more: object) -> Values:
    """One line of the consent page."""
    extra: Values = {"purpose": None, "optional": False, **more}
    return {"name": name, "title": name, "sentence": sentence, "sensitivity": sensitivity, **extra}


PROFILE: Values = {
    "account": MARIA,
    "personal": {
        "name": "Maria Fernanda",
        "given_name": "Maria",
        "family_name": "de la Cruz-Oyelaran",
        "locale": "en",
        "picture_url": "https://pictures.example/maria.png",
    },
    "languages": [("en", "English"), ("ja", "日本語")],
    "company": False,
    "patreon": {
        "user_id": "12345678",
        "full_name": "Maria F.",
        "tier": "Lantern",
        "pledge": "5.00",
        "since": "2024-05-01",
        "active": "yes",
    },
    "patreon_linked": True,
    "patreon_verified": False,
    "tags": ("beta tester",),
    "has_platform": True,
    "problems": [],
}
PROFILE_PROBLEMS = [
    {
        "sentence": "The address of a picture starts with https://.",
        "field": "picture_url",
        "about": None,
    },
    {"sentence": "Write an amount, like 5 or 5.00.", "field": "pledge", "about": None},
]
SCOPES = [
    scope("openid", "Confirm who you are at {org}"),
    scope("email", "See your email address", "personal", purpose="We send you a receipt."),
    scope("offline_access", "Keep this access when you're not using {app}", "sensitive"),
    scope("projects.delete", "Delete projects in {org}", "destructive"),
    scope("billing.read", "See invoices", optional=True),
]
APP: Values = {
    "name": "Gift Reports",
    "publisher": "Polaris Software, Inc.",
    "host": "reports.polaris.example",
    "reviewed": True,
    "logo_url": None,
    "privacy_url": "https://reports.polaris.example/privacy",
    "terms_url": "https://reports.polaris.example/terms",
}
SIGNIN: Values = {
    "app_name": "Gift Reports",
    "account_kind": "constituent",
    "error": None,
    "username": "",
    "reauthenticate": None,
    "flow": "dw_fl_1",
    "cancel_url": "/o/riverbend/cancel",
    "pick_url": None,
    "has_passkeys": True,
    "forgot_url": "/o/riverbend/forgot?flow=dw_fl_1",
    "sign_up_url": "/o/riverbend/signup?flow=dw_fl_1",
}
CONSENT: Values = {
    "app": APP,
    "account": MARIA,
    "switch_url": "/o/riverbend/signin/accounts",
    "new_scopes": SCOPES,
    "granted_scopes": SCOPES[:1],
    "destination": "reports.polaris.example",
    "custom_scheme": False,
    "account_apps_url": "/o/riverbend/account/apps",
    "flow": "dw_fl_1",
}
ERROR: Values = {
    "title": "We can't read this request",
    "original": "Invalid redirect_uri parameter",
    "what_happened": "It is incomplete.",
    "what_to_do": "Try again.",
    "detail": [("redirect_uri", "https://x.example/")],
    "request_id": "req_1",
    "retry_url": "/again",
}
RETURNING: Values = {
    "app_name": "Gift Reports",
    "target_url": "https://reports.polaris.example/cb?code=dw_ac_1&state=a%20b",
    "method": "get",
    "fields": [("code", "dw_ac_1"), ("state", 'a"b')],
}
SESSION: Values = {
    "id": "1",
    "current": True,
    "browser": "Firefox 145",
    "os": "Linux",
    "address": "203.0.113.24",
    "created": NOW - DAY,
    "last_seen": NOW,
}
STRANGE_SESSION: Values = {
    **SESSION,
    "id": "2",
    "current": False,
    "browser": None,
    "os": None,
    "address": None,
}
CONNECTED: Values = {
    "client_id": "gift-reports",
    "name": "Gift Reports",
    "publisher": None,
    "host": "reports.polaris.example",
    "scopes": ["See your email address"],
    "lines": [
        {"name": "openid", "sentence": "Recognize you", "fixed": True},
        {"name": "email", "sentence": "See your email address", "fixed": False},
    ],
    "granted_at": NOW - DAY,
    "last_used_at": None,
}
LETTER: Values = {
    "number": 3,
    "at": NOW,
    "language": "ja",
    "sender": "川の財団",
    "address": "hanako@example.jp",
    "subject": "川の財団への招待",
    "pieces": [
        {"text": "山田 花子様\n\nパスワードを決める:\n", "link": False},
        {"text": "https://id.example/o/river/invitation?code=dw_iv_1", "link": True},
    ],
}
OPENAPI: Values = {
    "info": {"title": "Management API", "version": "0.1.0", "description": "Use `Bearer`.\n\nTwo."},
    "tags": [{"name": "applications", "description": "Programs."}],
    "paths": {
        "/api/applications/{client_id}": {
            "get": {
                "tags": ["applications"],
                "summary": "Show an application",
                "deprecated": True,
                "parameters": [
                    {
                        "name": "client_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "maxLength": 40},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "Found",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Application"}
                            }
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Application": {
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "kind": {"enum": ["web", "spa"], "type": "string", "default": "web"},
                    "scopes": {"type": "array", "items": {"type": "string"}},
                    "owner": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
            }
        }
    },
}
INVITATION: Values = {"account": HANAKO, "code": "dw_iv_1", "problem": None, "guide": GUIDE}
CASES: dict[str, tuple[str, Values]] = {
    "signin": ("signin.html", SIGNIN),
    "signin refused": ("signin.html", {**SIGNIN, "error": "refused", "username": "maria"}),
    "signin empty": ("signin.html", {**SIGNIN, "error": "empty"}),
    "signin busy": ("signin.html", {**SIGNIN, "error": "busy"}),
    "signin staff": ("signin.html", {**SIGNIN, "account_kind": "system", "app_name": None}),
    "signin again": (
        "signin.html",
        {**SIGNIN, "reauthenticate": MARIA, "error": "refused", "pick_url": "/pick"},
    ),
    "signin without passkeys": ("signin.html", {**SIGNIN, "has_passkeys": False}),
    "signin passkey refused": ("signin.html", {**SIGNIN, "error": "passkey"}),
    "signin unreviewed": ("signin.html", {**SIGNIN, "app_name": ""}),
    "signin again, unreviewed": (
        "signin.html",
        {**SIGNIN, "app_name": "", "reauthenticate": MARIA},
    ),
    "pick unreviewed": ("pick.html", {"app_name": "", "accounts": PICKS, "flow": "dw_fl_1"}),
    "pick": ("pick.html", {"app_name": "Gift Reports", "accounts": PICKS, "flow": "dw_fl_1"}),
    "consent": ("consent.html", CONSENT),
    "consent unreviewed": (
        "consent.html",
        {**CONSENT, "app": {**APP, "reviewed": False}, "custom_scheme": True},
    ),
    "error": ("error.html", ERROR),
    "staff here": (
        "staff_here.html",
        {
            "app_name": "Gift Reports",
            "refusal": "Logged in as system user not supported",
            "people": [MARIA],
            "flow": "dw_fl_1",
        },
    ),
    "staff here, unreviewed": (
        "staff_here.html",
        {
            "app_name": "",
            "refusal": "Logged in as system user not supported",
            "people": [MARIA],
            "flow": "dw_fl_1",
        },
    ),
    "expired": ("expired.html", {"reason": "expired", "restart_url": "/start"}),
    "used": ("expired.html", {"reason": "used", "restart_url": None}),
    "other browser": ("expired.html", {"reason": "other_browser", "restart_url": None}),
    "signout": (
        "signout.html",
        {"account": MARIA, "app_name": "Gift Reports", "fields": [("state", "s")]},
    ),
    "signed out": (
        "signed_out.html",
        {"return_url": "https://a.example/", "return_name": "Gift Reports", "signin_url": "/in"},
    ),
    "signed out here": (
        "signed_out.html",
        {"return_url": None, "return_name": None, "signin_url": "/in"},
    ),
    "returning": ("returning.html", RETURNING),
    "returning unreviewed": ("returning.html", {**RETURNING, "app_name": ""}),
    "returning by post": ("returning.html", {**RETURNING, "method": "post"}),
    "landing": ("landing.html", {"accounts": [], "signin_url": "/in", "account_url": "/account"}),
    "landing known": (
        "landing.html",
        {"accounts": PICKS, "signin_url": "/in", "account_url": "/account"},
    ),
    **self_service_cases(MARIA),
    "profile": ("account_profile.html", PROFILE),
    "profile, saved": (
        "account_profile.html",
        {**PROFILE, "has_platform": False, "done": "profile_saved"},
    ),
    "profile, confirmed": ("account_profile.html", {**PROFILE, "patreon_verified": True}),
    "profile, wrong": ("account_profile.html", {**PROFILE, "problems": PROFILE_PROBLEMS}),
    "sessions": (
        "account_sessions.html",
        {"account": MARIA, "sessions": [SESSION, STRANGE_SESSION], "done": "session_ended"},
    ),
    "activity": (
        "account_activity.html",
        {
            "account": MARIA,
            "kind": "sign-in",
            "kinds": [("sign-in", "Sign-in"), ("apps", "Connected apps")],
            "older": 7,
            "is_first": False,
            "events": [
                {
                    "at": 1_790_000_000_000_000,
                    "symbol": "screen",
                    "what": "Signed in",
                    "about": "Donor Portal",
                    "by": "You",
                    "from": "203.0.113.7",
                }
            ],
        },
    ),
    "activity, none": (
        "account_activity.html",
        {
            "account": MARIA,
            "kind": None,
            "kinds": [],
            "older": None,
            "is_first": True,
            "events": [],
        },
    ),
    "apps": ("account_apps.html", {"account": MARIA, "apps": [CONNECTED]}),
    "no apps": ("account_apps.html", {"account": MARIA, "apps": []}),
    "change app": ("account_app_change.html", {"account": MARIA, "app": CONNECTED}),
    "remove app": ("account_app_remove.html", {"account": MARIA, "app": CONNECTED}),
    "invitation": ("invitation.html", INVITATION),
    "invitation, weak": ("invitation.html", {**INVITATION, "account": MARIA, "problem": WEAK}),
    "invitation, different": (
        "invitation.html",
        {**INVITATION, "account": {**HANAKO, "name": None}, "problem": DIFFERENT},
    ),
    "invitation, gone": ("invitation.html", {**INVITATION, "account": None, "guide": None}),
    "inbox": ("dev_mail.html", {"letters": [LETTER], "letter": None}),
    "inbox, empty": ("dev_mail.html", {"letters": [], "letter": None}),
    "letter": ("dev_mail.html", {"letters": [], "letter": LETTER}),
    **ADMIN_CASES,
    **developer_cases(),
    **connect_cases(),
    **connector_cases(),
    **neon_cases(),
    **passkey_cases(MARIA),
    **recovery_cases(),
    **second_step_cases(MARIA),
    "reference": (
        "api_reference.html",
        {"reference": read_reference(OPENAPI), "document_url": "/api/openapi.json"},
    ),
}
