"""Realistic values for the templates of the staff console."""

from __future__ import annotations

from doorward.console.admin import GROUPS, SECTIONS

__all__ = ["ADMIN_CASES"]

Values = dict[str, object]
FRAME: Values = {
    "staff": {"name": "Mina Castellanos", "email": "mina@riverbend.example", "username": "mina"},
    "sections": [
        {"path": each.path, "icon": each.icon, "title": each.title, "here": each.name == "users"}
        for each in SECTIONS
    ],
    "notice": None,
}
REFUSED: Values = {
    **FRAME,
    "permission": "accounts.read",
    "permission_title": GROUPS[0].permissions[0][1],
    "helpers": ["山田 花子", "Jonas Weber"],
}
ADMIN_CASES: dict[str, tuple[str, Values]] = {
    "admin home": (
        "admin_home.html",
        {**FRAME, "counts": {"people": 1001, "staff": 2, "applications": 6}},
    ),
    "admin home, nothing": ("admin_home.html", {**FRAME, "counts": {}, "sections": []}),
    "admin refused": ("admin_refused.html", REFUSED),
    "admin refused, nobody helps": ("admin_refused.html", {**REFUSED, "helpers": []}),
}
