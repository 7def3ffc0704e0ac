"""Realistic values for the templates of the staff console."""

from __future__ import annotations

from doorward.console.admin import GROUPS, SECTIONS
from doorward.console.admin.forms import Problem
from doorward.console.admin.snippet import LOOKS, PLACEHOLDER, SIZES
from doorward.http import adjust_accent
from tests.http.connection_samples import connection_cases
from tests.http.constituent_samples import constituent_cases
from tests.http.review_samples import admin_cases
from tests.http.staff_security_samples import staff_security_cases

__all__ = ["ADMIN_CASES"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
ISSUER = "https://id.example/o/riverbend"
FRAME: Values = {
    "staff": {"name": "Mina Castellanos", "email": "mina@riverbend.example", "username": "mina"},
    "sections": [
        {"path": each.path, "icon": each.icon, "title": each.title, "here": each.name == "users"}
        for each in SECTIONS
    ],
    "notice": None,
    "problems": [],
}
REFUSED: Values = {
    **FRAME,
    "permission": "accounts.read",
    "permission_title": GROUPS[0].permissions[0][1],
    "helpers": ["山田 花子", "Jonas Weber"],
}
STEP: Values = {"title": "Create an application", "reason": "Create", "path": "/admin/oauth"}
HOME: Values = {
    **FRAME,
    "most": 1000,
    "counts": {"people": 1_000_001, "staff": 2, "applications": 1001},
    "steps": [{**STEP, "done": True}, {**STEP, "done": False}],
}
ORGANIZATION: Values = {
    **FRAME,
    "org_id": "riverbend",
    "issuer": ISSUER,
    "hosts": ["id.riverbend.example"],
    "dialects": ["Neon CRM"],
    "created_at": NOW,
    "form_values": {
        "name": "Riverbend",
        "default_locale": "en",
        "accent": "#ff4fa3",
        "support_url": "https://riverbend.example/help",
        "privacy_url": "",
        "terms_url": "",
        "session_idle_s": "14",
        "session_absolute_s": "30",
        "access_token_s": "60",
        "refresh_idle_s": "30",
        "refresh_absolute_s": "90",
    },
    "accent": adjust_accent("#ff4fa3"),
    "may_write": True,
}
JONAS: Values = {
    "id": "2",
    "name": "Jonas Weber",
    "username": "jonas",
    "email": "jonas@riverbend.example",
    "active": True,
    "itself": False,
    "permissions": 3,
    "everything": False,
    "api_access": True,
    "created_at": NOW,
}
ROBOT: Values = {**JONAS, "id": "3", "name": None, "email": None, "active": False, "itself": True}
USERS: Values = {
    **FRAME,
    "users": [JONAS, {**ROBOT, "everything": True, "api_access": False}],
    "q": "j",
    "after": None,
    "more": 3,
    "may_write": True,
}
KEY: Values = {
    "id": "71",
    "label": "Mailing list",
    "last4": "x4Qs",
    "created_at": NOW,
    "expires_at": NOW,
    "last_used_at": NOW,
    "last_used_from": "203.0.113.7",
    "networks": ["203.0.113.7/32", "192.0.2.0/24", "2001:db8::/32"],
    "live": True,
    "replaced": True,
}
PLAIN_KEY: Values = {
    **KEY,
    "id": "72",
    "expires_at": None,
    "last_used_at": None,
    "networks": [],
    "replaced": False,
}
USER: Values = {
    **FRAME,
    "user": JONAS,
    "may_write": True,
    "governs": True,
    "form_values": {
        "name": "Jonas Weber",
        "username": "jonas",
        "email": "",
        "label": "",
        "days": "",
        "networks": "",
    },
    "role": "",
    "roles": [("owner", "Owner"), ("support", "Support")],
    "groups": [
        {
            "title": group.title,
            "boxes": [
                {"name": str(name), "sentence": sentence, "held": place == 0, "givable": place < 3}
                for place, (name, sentence) in enumerate(group.permissions)
            ],
        }
        for group in GROUPS
    ],
    "access": True,
    "keys": [KEY, PLAIN_KEY],
    "second_steps": ("app",),
}
NAMED: Values = {"id": "2", "name": "Jonas Weber"}
ONE_KEY: Values = {
    **FRAME,
    "user": NAMED,
    "key": PLAIN_KEY,
    "governs": True,
    "form_values": {"networks": "192.0.2.0/24"},
}
SHOWN: Values = {
    **FRAME,
    "user": NAMED,
    "label": "Mailing list",
    "secret": "dw_ak_AAAAAAAAAAAAAAAAAAAA",
    "org_id": "riverbend",
    "issuer": ISSUER,
    "replaced": False,
    "lives_until": None,
}
NEW_USER: Values = {**FRAME, "integration": False, "form_values": {}}
LINK: Values = {
    "redirect_uri": "",
    "redirect_uris": [("", PLACEHOLDER), ("https://a.example/cb", "https://a.example/cb")],
    "words": "ja",
    "look": "outline",
    "size": "large",
    "looks": LOOKS,
    "sizes": SIZES,
    "snippet": "<script async></script>",
    "text": "Riverbend でログイン",
    "preview": "/o/riverbend/np/oauth/auth?response_type=code",
    "script": "/o/riverbend/w/1/signin.js",
    "integrity": "sha384-AAAA",
    "placeholder": PLACEHOLDER,
}
SECRET: Values = {"id": "5", "last4": "x4Qs", "created_at": NOW, "expires_at": None,
                  "used_at": NOW}  # fmt: skip
APP: Values = {
    "client_id": "gift-letters",
    "name": "Gift Letters",
    "status": "Approved",
    "live": True,
    "has_change": True,
    "review_url": "/admin/review/app?client_id=x",
    "public": False,
    "owned": False,
    "signs_in": True,
    "openid": True,
    "secrets": [SECRET, {**SECRET, "id": "6", "last4": "9aBc", "expires_at": NOW}],
}
OAUTH: Values = {
    **FRAME,
    "applications": [("gift-letters", "Gift Letters"), ("planner", "Planner")],
    "app": APP,
    "may_write": True,
    "form_values": {
        "redirect_uris": "https://a.example/cb",
        "post_logout_redirect_uris": "",
        "quota_a_minute": "600",
    },
    "endpoints": {
        "authorize": f"{ISSUER}/np/oauth/auth",
        "token": f"{ISSUER}/np/oauth/token",
        "sign_out": f"{ISSUER}/np/logout.do?targetUrl=",
        "discovery": f"{ISSUER}/.well-known/openid-configuration",
    },
    "link": LINK,
}
NEW_APP: Values = {
    **FRAME,
    "form_values": {"name": "", "redirect_uris": ""},
    "openid": False,
    "kind": "web",
}
SECRET_SHOWN: Values = {
    **FRAME,
    "client_id": "gift-letters",
    "name": "Gift Letters",
    "secret": "dw_cs_AAAAAAAAAAAAAAAAAAAA",
    "is_new": True,
}
PASSWORD: Values = {
    **FRAME,
    "user": NAMED,
    "username": "jonas",
    "password": "AbCdE-FgHiJ-KlMnO-PqRsT",
    "is_new": True,
}


def _wrong(field: str | None, about: str | None = None) -> dict[str, object]:
    return {"problems": [Problem("Write a number, like 30.", field, about)]}


def _asks(question: str) -> Values:
    return {**FRAME, "question": question, "user": NAMED, "key": PLAIN_KEY}


ADMIN_CASES: dict[str, tuple[str, Values]] = {
    "admin home": ("admin_home.html", HOME),
    "admin home, nothing": (
        "admin_home.html",
        {**HOME, "counts": {}, "steps": [], "sections": [], "notice": "The profile is saved."},
    ),
    "admin refused": ("admin_refused.html", REFUSED),
    "admin refused, nobody helps": ("admin_refused.html", {**REFUSED, "helpers": []}),
    "admin organization": ("admin_organization.html", ORGANIZATION),
    "admin organization, wrong": (
        "admin_organization.html",
        {**ORGANIZATION, "accent": None, "hosts": [], **_wrong("access_token_s")},
    ),
    "admin organization, read only": (
        "admin_organization.html",
        {**ORGANIZATION, "may_write": False, "accent": adjust_accent("#777777")},
    ),
    "admin users": ("admin_users.html", USERS),
    "admin users, none": (
        "admin_users.html",
        {**USERS, "users": [], "more": None, "may_write": False},
    ),
    "admin new user": ("admin_user_new.html", NEW_USER),
    "admin new integration": (
        "admin_user_new.html",
        {**NEW_USER, "integration": True, **_wrong("username")},
    ),
    "admin password": ("admin_password.html", PASSWORD),
    "admin password again": ("admin_password.html", {**PASSWORD, "is_new": False}),
    "admin user": ("admin_user.html", USER),
    "admin user, wrong": ("admin_user.html", {**USER, "keys": [], **_wrong("networks")}),
    "admin user, self": ("admin_user.html", {**USER, "user": {**ROBOT, "name": "robot"}}),
    "admin user, powerful": (
        "admin_user.html",
        {**USER, "governs": False, "access": False, **_wrong(None)},
    ),
    "admin user, disabled": (
        "admin_user.html",
        {**USER, "user": {**JONAS, "active": False}, "access": False},
    ),
    "admin key": ("admin_key.html", ONE_KEY),
    "admin key, over": ("admin_key.html", {**ONE_KEY, "key": {**KEY, "live": False}}),
    "admin key, wrong": (
        "admin_key.html",
        {**ONE_KEY, "key": KEY, **_wrong("networks", "10.0.0.0/99")},
    ),
    "admin key shown": ("admin_key_shown.html", SHOWN),
    "admin key replaced": ("admin_key_shown.html", {**SHOWN, "replaced": True}),
    "admin key rotated": (
        "admin_key_shown.html",
        {**SHOWN, "replaced": True, "lives_until": NOW},
    ),
    "admin disable": ("admin_confirm.html", _asks("disable")),
    "admin access off": ("admin_confirm.html", _asks("access_off")),
    "admin revoke": ("admin_confirm.html", _asks("revoke")),
    "admin oauth": ("admin_oauth.html", OAUTH),
    "admin oauth, none": ("admin_oauth.html", {**OAUTH, "app": None}),
    "admin oauth, public": (
        "admin_oauth.html",
        {
            **OAUTH,
            "app": {
                **APP,
                "public": True,
                "secrets": [],
                "openid": False,
                "live": False,
                "has_change": False,
            },
        },
    ),
    "admin oauth, wrong": (
        "admin_oauth.html",
        {
            **OAUTH,
            "link": {**LINK, "redirect_uri": "https://a.example/cb"},
            "app": {**APP, "secrets": [], "has_change": True, "review_url": None},
            **_wrong("redirect_uris", "http://localhost/"),
        },
    ),
    "admin oauth, service": (
        "admin_oauth.html",
        {**OAUTH, "app": {**APP, "signs_in": False}, "may_write": False},
    ),
    "admin oauth, their own": ("admin_oauth.html", {**OAUTH, "app": {**APP, "owned": True}}),
    "admin oauth, wrong quota": (
        "admin_oauth.html",
        {**OAUTH, **_wrong("quota_a_minute")},
    ),
    "admin new application": ("admin_oauth_new.html", NEW_APP),
    "admin new application, wrong": (
        "admin_oauth_new.html",
        {**NEW_APP, "openid": True, "kind": "native", **_wrong("redirect_uris", "http://x")},
    ),
    "admin secret": ("admin_secret_shown.html", SECRET_SHOWN),
    "admin secret, another": ("admin_secret_shown.html", {**SECRET_SHOWN, "is_new": False}),
    "admin revoke secret": (
        "admin_oauth_revoke.html",
        {**FRAME, "client_id": "gift-letters", "name": "Gift Letters", "secret": SECRET},
    ),
    **constituent_cases(FRAME),
    **admin_cases(FRAME),
    **connection_cases(FRAME),
    **staff_security_cases(FRAME),
}
