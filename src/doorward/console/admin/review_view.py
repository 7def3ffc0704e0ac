"""Differences and steps of a review, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from doorward.clients import Difference, ReviewEvent, logo_path
from doorward.console.admin.application_words import FIELDS, STEPS, status_of
from doorward.http import message
from doorward.scopes import Catalogue

__all__ = ["describe_difference", "timeline_of"]

_YES, _NO = message("Yes"), message("No")
_LISTS: Final = frozenset(
    {"redirect_uris", "post_logout_redirect_uris", "scopes", "optional_scopes", "grant_types"}
)


def describe_difference(difference: Difference, catalogue: Catalogue) -> dict[str, object]:
    """A field with what was approved and what is wanted.

    Lists say what is added, removed and kept; texts and truths, what they were and will be.
    """
    shown: dict[str, object] = {
        "field": difference.field,
        "title": FIELDS[difference.field],
        "kind": "text",
        "before": difference.approved,
        "after": difference.wanted,
        "added": [],
        "removed": [],
        "kept": [],
    }
    if difference.field in _LISTS:
        before, after = difference.approved or [], difference.wanted or []
        shown |= _compared(before, after) | {"kind": "list"}
    elif difference.field == "purposes":
        before, after = _told(difference.approved), _told(difference.wanted)
        shown |= _compared(before, after) | {"kind": "list"}
    elif difference.field == "logo":
        was, wanted = logo_path(difference.approved), logo_path(difference.wanted)
        shown |= {"kind": "logo", "before": was, "after": wanted}
    elif isinstance(difference.wanted, bool):
        was_said = None if difference.approved is None else _said(difference.approved)
        shown |= {"kind": "truth", "before": was_said, "after": _said(difference.wanted)}
    if difference.field == "scopes":
        risky = {
            each.name
            for each in catalogue.scopes.values()
            if each.sensitivity in {"sensitive", "destructive"}
        }
        shown["risky"] = sorted(risky & set(difference.wanted or ()))
    return shown


def timeline_of(history: Iterable[ReviewEvent], account_id: int) -> list[dict[str, object]]:
    """The steps, newest first, for somebody who looks at them as ``account_id``."""
    return [
        {
            "title": STEPS.get(each.action, each.action),
            "at": each.at,
            "message": each.message,
            "status": status_of(each.to_status),
            "you": each.author_account_id == account_id,
            "revision": each.revision,
        }
        for each in history
    ]


def _compared(before: list[str], after: list[str]) -> dict[str, object]:
    return {
        "added": [each for each in after if each not in before],
        "removed": [each for each in before if each not in after],
        "kept": [each for each in after if each in before],
    }


def _told(purposes: object) -> list[str]:
    told = purposes if isinstance(purposes, dict) else {}
    return [f"{name}: {text}" for name, text in sorted(told.items())]


def _said(truth: object) -> str:
    return _YES if truth else _NO
