"""Realistic values for the console's pages about applications: reviews, registration, scopes."""

from __future__ import annotations

from doorward.console.admin import KINDS, SENSITIVITIES, Problem, status_of
from tests.http.developer_samples import LOGO, NOW, PREVIEWS, TIMELINE, Values

__all__ = ["admin_cases"]

API: Values = {"identifier": "https://api.example.org", "name": "Gifts API"}
API_FIELDS: Values = {
    **API,
    "token_format": "jwt",
    "signing_alg": "ES256",
    "access_token_s": "30",
    "resource_client_ids": "gift-letters",
}
ONE_API: Values = {
    "api": API,
    "form_values": API_FIELDS,
    "formats": [("opaque", "Opaque"), ("jwt", "JWT")],
    "scopes": [{"name": "gifts", "title": "Gifts"}],
    "may_write": True,
    "problems": [],
}
RULES: Values = {
    "modes": [("open", "Open", "Everybody."), ("closed", "Closed", "Nobody.")],
    "kinds": [("constituent", "Constituents"), ("system", "Staff")],
    "form_values": {
        "mode": "open", "who": ("constituent",), "message_en": "In May.", "message_ja": "",
    },
    "may_write": True,
    "problems": [],
}  # fmt: skip
QUEUED: Values = {
    "client_id": "app_1",
    "name": "Gift Reports",
    "company": "Polaris",
    "status": status_of("submitted"),
    "logo": LOGO,
    "since": NOW,
    "days": 0,
    "mine": True,
    "own": True,
}
DIFFERENCES: list[Values] = [
    {"field": "scopes", "title": "Scopes", "kind": "list", "before": [], "after": [],
     "added": ["email"], "removed": ["profile"], "kept": ["openid"], "risky": ["email"]},
    {"field": "name", "title": "Name", "kind": "text", "before": "Gifts", "after": "Gift Reports",
     "added": [], "removed": [], "kept": []},
    {"field": "logo", "title": "Logo", "kind": "logo", "before": LOGO, "after": LOGO},
    {"field": "calls_from_backend", "title": "Calls", "kind": "truth", "before": "No",
     "after": "Yes"},
]  # fmt: skip
ONE: Values = {
    "app": {
        "client_id": "app_1",
        "name": "Gift Reports",
        "status": status_of("change_pending"),
        "state": "change_pending",
        "kind": KINDS["web"],
        "logo": LOGO,
        "company": "Polaris",
        "contact_email": "dev@polaris.example",
        "homepage_url": "https://polaris.example",
        "revision": 3,
        "service": False,
        "submitted_at": NOW,
    },
    "owner": "Hanako",
    "reviewer": "Mina",
    "own": False,
    "actions": ("take", "approve", "request_changes", "decline", "suspend", "reinstate"),
    "changed": DIFFERENCES,
    "first": False,
    "previews": PREVIEWS,
    "timeline": TIMELINE,
    "form_values": {"message": ""},
    "powerful": True,
}
CATALOGUED: Values = {
    "name": "urn:example:projects:read",
    "title": "Projects",
    "sentence": "See your projects in {org}",
    "sensitivity": "sensitive",
    "sensitivity_title": SENSITIVITIES["sensitive"],
}
SCOPE: Values = {
    "scope": {"name": "projects.read", "standard": False},
    "apis": [("https://api.example", "Projects")],
    "sensitivities": list(SENSITIVITIES.items()),
    "form_values": dict.fromkeys(
        ("name", "api", "sensitivity", "claims", "title_en", "sentence_en", "title_ja",
         "sentence_ja"),
        "x",
    ),
    "users": [],
    "may_write": True,
}  # fmt: skip


def _wrong(field: str | None) -> Values:
    return {"problems": [Problem("Choose where it runs.", field, "x")]}


def admin_cases(frame: Values) -> dict[str, tuple[str, Values]]:
    """The pages of the console about applications, within its ``frame``."""
    queue = {**frame, "apps": [QUEUED, {**QUEUED, "days": 1, "own": False}, {**QUEUED, "days": 9}],
             "more": "7", "show": "waiting"}  # fmt: skip
    return {
        "admin review queue": ("admin_review_queue.html", queue),
        "admin review queue, none": ("admin_review_queue.html", {**queue, "apps": []}),
        "admin review": ("admin_review.html", {**frame, **ONE}),
        "admin review, first": (
            "admin_review.html",
            {**frame, **ONE, "first": True, "powerful": False, "owner": None, **_wrong("message")},
        ),
        "admin review, own": (
            "admin_review.html",
            {**frame, **ONE, "own": True, "changed": [], "reviewer": None},
        ),
        "admin scopes": (
            "admin_scopes.html",
            {**frame, "may_write": True,
             "groups": [{"api": None, "scopes": [CATALOGUED]},
                        {"api": "Projects", "scopes": [CATALOGUED]}]},
        ),
        "admin scope": ("admin_scope.html", {**frame, **SCOPE}),
        "admin scope, used": ("admin_scope.html", {**frame, **SCOPE, "users": ["Gift Reports"]}),
        "admin scope, new": ("admin_scope.html", {**frame, **SCOPE, "scope": None,
                                                  **_wrong("name")}),
        "admin registration": ("admin_registration.html", {**frame, **RULES}),
        "admin registration, wrong": (
            "admin_registration.html", {**frame, **RULES, **_wrong("who")},
        ),
        "admin registration, read only": (
            "admin_registration.html", {**frame, **RULES, "may_write": False},
        ),
        "admin apis": (
            "admin_apis.html",
            {**frame, "may_write": True,
             "apis": [{**API, "jwt": True, "alg": "ES256", "scopes": 2},
                      {**API, "jwt": False, "alg": "ES256", "scopes": 0}]},
        ),
        "admin apis, none": ("admin_apis.html", {**frame, "may_write": False, "apis": []}),
        "admin api": ("admin_api.html", {**frame, **ONE_API}),
        "admin api, no scopes": ("admin_api.html", {**frame, **ONE_API, "scopes": []}),
        "admin api, new": ("admin_api.html", {**frame, **ONE_API, "api": None,
                                              **_wrong("identifier")}),
        "admin api, read only": ("admin_api.html", {**frame, **ONE_API, "may_write": False}),
        "admin scope, read only": (
            "admin_scope.html",
            {**frame, **SCOPE, "may_write": False, "scope": {"name": "x", "standard": True}},
        ),
    }  # fmt: skip
