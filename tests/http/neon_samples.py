"""Realistic values for a person's pages about projects, organizations and API keys."""

from __future__ import annotations

from doorward.console.account.neon_words import NOTICES, NeonProblem

__all__ = ["neon_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
DAY = 86_400_000_000
FRAME: Values = {
    "account": {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"},
    "has_projects": True,
    "problems": [],
    "notice": None,
}
KEY: Values = {
    "id": "1042",
    "name": "Laptop",
    "made_by": None,
    "created_at": NOW - DAY,
    "expires_at": None,
    "last_used_at": NOW,
    "last_used_from": "2001:db8::1",
}
MADE_KEY: Values = {
    **KEY,
    "id": "1043",
    "name": "ci",
    "made_by": "Deploy Board",
    "expires_at": NOW + DAY,
    "last_used_at": None,
}
OWN: Values = {
    "id": "org-quiet-river-302709",
    "name": "山田 花子",
    "is_own": True,
    "role": "admin",
    "created_at": NOW,
}
GROUP: Values = {**OWN, "id": "org-lantern-works-271828", "name": "Lantern Works", "is_own": False}
MEMBER: Values = {
    "id": "1001",
    "title": "Maria Fernanda de la Cruz-Oyelaran",
    "email": "maria.fernanda@riverbend.example",
    "username": "mfdelacruz",
    "role": "admin",
    "is_me": True,
    "joined_at": NOW,
}
OTHER: Values = {
    **MEMBER,
    "id": "1002",
    "title": "葵",
    "email": None,
    "username": "aoi",
    "role": "member",
    "is_me": False,
}
ASKED: Values = {
    "id": "7",
    "address": "somebody.with.a.long.name@a.domain.of.several.labels.example",
    "role": "member",
    "expires_at": NOW + 30 * DAY,
}
WAITING: Values = {
    "id": "8",
    "group": "Harbor Lab",
    "inviter": "Maria",
    "role": "admin",
    "expires_at": NOW + DAY,
}
PROJECT: Values = {
    "id": "spring-example-302709",
    "name": "俳句帳",
    "region": "aws-ap-southeast-1",
    "version": 17,
    "group": "Lantern Works",
    "created_at": NOW,
    "until": None,
}
ONE: Values = {
    **FRAME,
    "group": GROUP,
    "members": [MEMBER, OTHER],
    "invitations": [ASKED],
    "governs": True,
    "alone": False,
    "typed": {"address": "", "role": ""},
    "typed_name": "Lantern Works",
}
LISTED: Values = {**FRAME, "which": "own", "projects": [PROJECT], "first": False, "before": None}
QUESTION: Values = {**FRAME, "subject": "葵", "fields": {"part": "remove"}, "back": "/account"}


def neon_cases() -> dict[str, tuple[str, Values]]:
    """By the name of the case: the template and its values."""
    keys: Values = {**FRAME, "keys": [KEY, MADE_KEY], "is_full": False, "typed": ""}
    groups: Values = {
        **FRAME,
        "groups": [OWN, GROUP, {**GROUP, "role": "member"}],
        "waiting": [WAITING],
        "is_full": False,
        "typed": "",
    }
    wrong = NeonProblem("A key's name is one line of 1 to 64 visible characters.", "key_name")
    not_there = NeonProblem("Write one e-mail address or user name.", "address")
    empty: Values = {**LISTED, "projects": []}
    gone = {**PROJECT, "until": NOW + 7 * DAY}
    cases: dict[str, tuple[str, Values]] = {
        "keys": ("account_neon_keys.html", keys),
        "keys, none": ("account_neon_keys.html", {**keys, "keys": []}),
        "keys, full": ("account_neon_keys.html", {**keys, "is_full": True}),
        "keys, wrong": ("account_neon_keys.html", {**keys, "typed": "x", "problems": [wrong]}),
        "key shown": (
            "account_neon_key_shown.html",
            {**FRAME, "key": KEY, "secret": "dw_pk_x", "api_url": "https://a.example/api/v2"},
        ),
        "groups": ("account_neon_groups.html", groups),
        "groups, full": ("account_neon_groups.html", {**groups, "is_full": True, "waiting": []}),
        "group": ("account_neon_group.html", {**ONE, "notice": NOTICES["invited"]}),
        "group, wrong": ("account_neon_group.html", {**ONE, "problems": [not_there]}),
        "group, own": ("account_neon_group.html", {**ONE, "group": OWN, "members": [MEMBER]}),
        "group, member": ("account_neon_group.html", {**ONE, "governs": False, "invitations": []}),
        "projects": ("account_neon_projects.html", {**LISTED, "before": 7, "first": True}),
        "projects, shared": ("account_neon_projects.html", {**LISTED, "which": "shared"}),
        "projects, deleted": (
            "account_neon_projects.html",
            {**LISTED, "which": "deleted", "projects": [gone], "before": 7},
        ),
    }
    for which in ("own", "shared", "deleted"):
        cases[f"projects, none {which}"] = (
            "account_neon_projects.html",
            {**empty, "which": which},
        )
    for question in ("revoke", "remove", "leave", "delete"):
        cases[f"question, {question}"] = (
            "account_neon_confirm.html",
            {**QUESTION, "question": question},
        )
    return {f"neon {name}": case for name, case in cases.items()}
