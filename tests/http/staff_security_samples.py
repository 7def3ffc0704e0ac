"""Realistic values for the templates of the audit log, roles, the sign-in policy and keys."""

from __future__ import annotations

from doorward.console.admin import GROUPS
from doorward.console.admin.audit_page import ACTORS, Change
from doorward.console.admin.chain_page import FAULTS, STRANDS
from doorward.console.admin.forms import Problem
from doorward.console.admin.keys_page import STATUSES
from doorward.console.admin.role_words import ROLE_WORDS
from doorward.console.admin.signin_page import SECOND_STEPS

__all__ = ["staff_security_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
EVENT: Values = {
    "id": "4611686018427387904",
    "at": NOW,
    "actor_kind": ACTORS["account"],
    "actor": "7",
    "name": "Mina Castellanos",
    "action": "application.updated",
    "target_kind": "application",
    "target": "dw_cl_" + "x" * 60,
    "address": "2001:db8:85a3::8a2e:370:7334",
}
NOBODY: Values = {**EVENT, "actor_kind": ACTORS["cli"], "actor": "root", "name": None}
FILTER: Values = {
    "actor": "mina",
    "action": "",
    "target": "",
    "since": "2026-11-01",
    "until": "",
}
AUDIT: Values = {
    "events": [EVENT, {**NOBODY, "address": None}],
    "form_values": FILTER,
    "filtered": True,
    "more": "actor=mina&before=4611686018427387904",
    "first": True,
}
NONE: Values = {**AUDIT, "events": [], "more": None}
NO_FILTER: Values = {"form_values": dict.fromkeys(FILTER, ""), "filtered": False}
CHAIN: Values = {
    "title": next(iter(STRANDS.values())),
    "count": 123_456,
    "gone": 17,
    "removed_at": NOW,
    "head": "riverbend:main:123473:" + "0f" * 32,
}
CHAINS: Values = {
    "chains": [CHAIN, {**CHAIN, "gone": 0, "removed_at": None}],
    "waiting": 2,
    "too_long": False,
    "verified": False,
    "findings": [],
    "form_values": {"audit_keep_s": "400", "audit_brief_s": "30"},
    "may_write": True,
    "may_verify": True,
}
FINDINGS = [
    {"strand": CHAIN["title"], "sentence": sentence, "position": place, "event": event}
    for place, (sentence, event) in enumerate((each, EVENT["id"]) for each in FAULTS.values())
]
ROLES: Values = {
    "roles": [
        {"title": words.title, "sentence": words.sentence, "count": place}
        for place, words in enumerate(ROLE_WORDS.values())
    ],
    "groups": [
        {
            "title": group.title,
            "rows": [
                {
                    "name": str(permission),
                    "sentence": sentence,
                    "held": [
                        (words.title, place % 2 == 0)
                        for place, words in enumerate(ROLE_WORDS.values())
                    ],
                }
                for permission, sentence in group.permissions
            ],
        }
        for group in GROUPS
    ],
    "people": [
        {"id": "1", "name": "山田 花子", "role": "Owner", "permissions": 23},
        {"id": "2", "name": "Jonas Weber", "role": None, "permissions": 4},
        {"id": "3", "name": "newcomer", "role": None, "permissions": 0},
    ],
    "own_choice": 1,
}
SIGN_IN: Values = {
    "choices": SECOND_STEPS,
    "without": {"staff": 3, "people": 10_001},
    "most": 10_000,
    "form_values": {
        "second_step": "optional",
        "session_idle_s": "14",
        "session_absolute_s": "30",
        "password_min_length": "8",
        "sign_up": "on",
        "sign_up_domains": "example.org",
        "deletion": "on",
        "deletion_grace_s": "14",
    },
    "may_write": True,
}
KEYS: Values = {
    "algorithms": [
        {
            "name": "RS256",
            "found": [
                {
                    "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
                    "status": str(status),
                    "title": title,
                    "since": NOW,
                    "expires_at": NOW if str(status) == "retired" else None,
                }
                for status, title in STATUSES.items()
            ],
        },
        {"name": "ES256", "found": []},
    ],
    "jwks": "https://id.example/o/riverbend/.well-known/jwks.json",
    "may_write": True,
}


def staff_security_cases(frame: Values) -> dict[str, tuple[str, Values]]:
    """Every page, by name: its template and its values within ``frame``."""
    wrong = Problem("Write a number, like 30.", "audit_keep_s")
    day = Problem("Write a day like 2026-11-27.", "since")
    changes = [Change("permissions", "", "keys.read keys.write"), Change("name", "A", "B")]
    cases: dict[str, tuple[str, Values]] = {
        "admin audit": ("admin_audit.html", AUDIT),
        "admin audit, nothing matches": ("admin_audit.html", NONE),
        "admin audit, nothing yet": ("admin_audit.html", {**NONE, **NO_FILTER}),
        "admin audit, everything": ("admin_audit.html", {**AUDIT, **NO_FILTER, "more": None}),
        "admin audit, wrong": ("admin_audit.html", {**NONE, "problems": [day]}),
        "admin event": (
            "admin_event.html",
            {"event": EVENT, "changes": changes, "rest": [("fields", "permissions name")]},
        ),
        "admin event, plain": ("admin_event.html", {"event": NOBODY, "changes": [], "rest": []}),
        "admin chain": ("admin_chain.html", CHAINS),
        "admin chain, whole": ("admin_chain.html", {**CHAINS, "verified": True}),
        "admin chain, broken": (
            "admin_chain.html",
            {**CHAINS, "verified": True, "findings": FINDINGS, "too_long": True},
        ),
        "admin chain, nothing": (
            "admin_chain.html",
            {**CHAINS, "chains": [], "may_write": False, "problems": [wrong]},
        ),
        "admin roles": ("admin_roles.html", ROLES),
        "admin sign-in policy": ("admin_signin.html", SIGN_IN),
        "admin sign-in policy, read only": (
            "admin_signin.html",
            {**SIGN_IN, "may_write": False, "without": {"staff": 10_001, "people": 4}},
        ),
        "admin signing keys": ("admin_keys.html", KEYS),
        "admin signing keys, read only": ("admin_keys.html", {**KEYS, "may_write": False}),
        "admin rotate a key": (
            "admin_key_confirm.html",
            {"question": "rotate", "alg": "ES256", "kid": None},
        ),
        "admin take a key out": (
            "admin_key_confirm.html",
            {"question": "withdraw", "alg": None, "kid": "NzbLsXh8uDCcd-6MNwXF4W"},
        ),
    }
    return {name: (template, {**frame, **values}) for name, (template, values) in cases.items()}
