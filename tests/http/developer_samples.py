"""Realistic values for the pages of the developer portal."""

from __future__ import annotations

from doorward.console.admin import KINDS, SENSITIVITIES, Problem, status_of
from doorward.console.developer.model import APP_SECTIONS
from doorward.console.developer.overview import Step
from doorward.console.developer.snippets import Snippet
from doorward.console.developer.usage_page import Bar

__all__ = ["APP", "LOGO", "NOW", "PREVIEWS", "TIMELINE", "Values", "developer_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
LOGO = f"/logos/{'0f' * 32}-small.png"
APP: Values = {
    "client_id": "app_1",
    "name": "Gift Reports",
    "status": status_of("change_pending"),
    "logo": LOGO,
    "public": False,
    "kind": "web",
}
TOP: Values = {
    "account": {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"},
    "account_number": "1001",
    "signout_url": "/o/riverbend/oauth2/sessions/logout",
    "section": "apps",
    "sections": (),
    "app": None,
    "notice": None,
    "problems": [],
}
FRAME: Values = {**TOP, "section": "overview", "sections": APP_SECTIONS, "app": APP}
STEP_DONE = Step("Add a logo", "/developer/app/details", done=True)
STEP_OPEN = Step("Register callback URLs", "/developer/app/addresses", done=False)
DETAILS: Values = dict.fromkeys(
    ("name", "description", "company", "contact_email", "homepage_url", "reason", "privacy_url",
     "terms_url", "redirect_uris", "post_logout_redirect_uris"),
    "Reports",
)  # fmt: skip
HOME: Values = {
    **TOP,
    "apps": [
        {**APP, "description": "Reports on gifts.", "kind": KINDS["web"], "updated_at": NOW},
        {**APP, "client_id": "app_2", "description": None, "kind": KINDS["spa"], "logo": None,
         "updated_at": NOW},
    ],
    "more": "app_2",
    "first": True,
    "offers": [{"client_id": "app_3", "name": "Planner", "expires_at": NOW}],
    "may_register": True,
    "by_request": False,
    "message": None,
}  # fmt: skip
CLOSED: Values = {"may_register": False, "message": "Write to us.\n\nIn May."}
NEW: Values = {
    **TOP,
    "form_values": DETAILS,
    "kinds": list(KINDS.items()),
    "kind": "web",
    "calls_from_backend": True,
    "may_register": True,
    "by_request": False,
    "message": None,
    "name": "Reports",
}
OVERVIEW: Values = {
    **FRAME,
    "steps": (STEP_DONE, STEP_OPEN),
    "said": "Say more.",
    "endpoints": dict.fromkeys(
        ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "discovery"),
        "https://id.example/o/riverbend",
    ),
    "snippets": (Snippet("python", "Python", "import x"), Snippet("curl", "curl", "curl x")),
}
DETAIL: Values = {
    **FRAME,
    "form_values": DETAILS,
    "calls_from_backend": False,
    "logo": LOGO,
    "live": True,
}
BOX: Values = {
    "key": "0",
    "name": "projects.delete",
    "title": "Delete projects",
    "sentence": "Delete projects in Riverbend",
    "sensitivity": "destructive",
    "sensitivity_title": SENSITIVITIES["destructive"],
    "api": "Projects",
    "asked": True,
    "purpose": "To tidy up.",
    "optional": True,
    "needs_reason": True,
    "can_be_optional": True,
}
PLAIN_BOX: Values = {
    **BOX,
    "key": "1",
    "sensitivity": "basic",
    "api": None,
    "asked": False,
    "needs_reason": False,
    "can_be_optional": False,
}
NEW |= {"boxes": [PLAIN_BOX, BOX], "logo": LOGO, "kept_logo": "0f" * 32}
SCOPES: Values = {**FRAME, "boxes": [PLAIN_BOX, BOX], "service": False, "live": True}
SECRET: Values = {"id": "5", "last4": "x4Qs", "created_at": NOW, "expires_at": None,
                  "used_at": None}  # fmt: skip
SECRETS: Values = {
    **FRAME,
    "secrets": [SECRET, {**SECRET, "id": "6", "expires_at": NOW, "used_at": NOW}],
}
PREVIEW: Values = {
    "locale": "ja",
    "theme": "dark",
    "caption": "Japanese, dark",
    "suffix": "-ja-dark",
    "account": {"name": "見本 花子", "email": "hana@example.org"},
    "new_scopes": [
        {"name": "email", "sentence": "See your email", "sensitivity": "personal",
         "purpose": "Receipts.", "optional": True},
    ],
    "app": {"name": "Gift Reports", "publisher": "Polaris", "host": "polaris.example",
            "reviewed": False, "logo_url": f"/o/riverbend{LOGO}", "privacy_url": None,
            "terms_url": None},
    "destination": "polaris.example",
    "custom_scheme": False,
}  # fmt: skip
PREVIEWS = [PREVIEW, {**PREVIEW, "locale": "en", "theme": "light", "suffix": "-en-light"}]
TIMELINE = [
    {"title": "Changes requested", "at": NOW, "message": "Say more.\n\nPlease.",
     "status": status_of("changes_requested"), "you": False, "revision": 2},
    {"title": "Registered", "at": NOW, "message": None, "status": status_of("draft"), "you": True,
     "revision": 1},
]  # fmt: skip
REVIEW: Values = {
    **FRAME,
    "steps": (STEP_DONE, STEP_OPEN),
    "actions": ("submit", "withdraw"),
    "state": "draft",
    "timeline": TIMELINE,
    "form_values": {"message": ""},
}
USAGE: Values = {
    **FRAME,
    "top": 9,
    "bars": [Bar(0, 2, 120, 0), Bar(20, 0, 0, 0)],
    "height": 120,
    "width": 40,
    "first_at": NOW,
    "last_at": NOW,
    "totals": {"grants": 1, "tokens": 9, "errors": 2},
    "days": [{"at": NOW, "grants": 1, "tokens": 9, "errors": [("invalid_grant", 2)]}],
}
SETTINGS: Values = {
    **FRAME,
    "offer": None,
    "live": True,
    "form_values": {"account_id": "", "transfer_name": "", "delete_name": ""},
}
OFFER: Values = {"account_id": "1002", "expires_at": NOW}


def _wrong(field: str | None) -> Values:
    return {"problems": [Problem("Choose where it runs.", field, "x")]}


# size: one entry for each sample
def developer_cases() -> dict[str, tuple[str, Values]]:
    """The pages of the portal."""
    states = (
        "submitted",
        "change_pending",
        "change_returned",
        "changes_requested",
        "approved",
        "suspended",
    )
    return {
        "developer home": ("developer_home.html", HOME),
        "developer home, closed": (
            "developer_home.html",
            {**HOME, **CLOSED, "apps": [], "offers": [], "more": None, "notice": "Saved."},
        ),
        "developer home, past the end": (
            "developer_home.html",
            {**HOME, "apps": [], "first": False},
        ),
        "developer new": ("developer_new.html", NEW),
        "developer new, wrong": ("developer_new.html", {**NEW, **_wrong("kind")}),
        "developer new, closed": ("developer_new.html", {**NEW, **CLOSED, "by_request": True}),
        "developer overview": ("developer_app.html", OVERVIEW),
        "developer overview, service": (
            "developer_app.html",
            {**OVERVIEW, "steps": (), "said": None, "app": {**APP, "kind": "service"}},
        ),
        "developer details": ("developer_details.html", DETAIL),
        "developer details, wrong": (
            "developer_details.html",
            {**DETAIL, "logo": None, "live": False, **_wrong("logo")},
        ),
        "developer addresses": ("developer_addresses.html", DETAIL),
        "developer addresses, service": (
            "developer_addresses.html",
            {**DETAIL, "live": False, "app": {**APP, "kind": "service"}},
        ),
        "developer scopes": ("developer_scopes.html", SCOPES),
        "developer scopes, wrong": (
            "developer_scopes.html",
            {**SCOPES, "live": False, "service": True, **_wrong("purpose-0")},
        ),
        "developer secrets": ("developer_secrets.html", SECRETS),
        "developer secrets, public": (
            "developer_secrets.html",
            {**SECRETS, "secrets": [], "app": {**APP, "public": True, "logo": None}},
        ),
        "developer secret": ("developer_secret.html", {**FRAME, "secret": "dw_cs_A", "is_new": 1}),
        "developer secret, another": (
            "developer_secret.html",
            {**FRAME, "secret": "dw_cs_A", "is_new": 0},
        ),
        "developer revoke": ("developer_secret_revoke.html", {**FRAME, "secret": SECRET}),
        "developer preview": (
            "developer_preview.html",
            {**FRAME, "previews": PREVIEWS, "service": False},
        ),
        "developer preview, service": (
            "developer_preview.html",
            {**FRAME, "previews": [], "service": True},
        ),
        "developer review": ("developer_review.html", REVIEW),
        **{
            f"developer review, {state}": (
                "developer_review.html",
                {**REVIEW, "state": state, "actions": ("withdraw",)},
            )
            for state in states
        },
        "developer review, declined": (
            "developer_review.html",
            {**REVIEW, "state": "declined", "actions": ("reopen",)},
        ),
        "developer withdraw": ("developer_withdraw.html", {**FRAME, "pending": False}),
        "developer take back": ("developer_withdraw.html", {**FRAME, "pending": True}),
        "developer testers": (
            "developer_testers.html",
            {**FRAME, "form_values": {"testers": "1"}, "live": False, **_wrong("testers")},
        ),
        "developer settings": ("developer_settings.html", SETTINGS),
        "developer settings, offered": (
            "developer_settings.html",
            {**SETTINGS, "offer": OFFER, **_wrong("delete_name")},
        ),
        "developer usage": ("developer_usage.html", USAGE),
        "developer usage, none": ("developer_usage.html", {**USAGE, "days": []}),
    }
