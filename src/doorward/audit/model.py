"""Events, and who causes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from doorward.db import Row

__all__ = [
    "SYSTEM",
    "Actor",
    "ActorKind",
    "Detail",
    "Event",
    "EventFilter",
    "RecordedEvent",
    "difference",
    "is_plain_line",
]

ActorKind = Literal["account", "client", "operator", "system", "cli"]
Detail = Mapping[str, str | int | bool]

_BEARER = re.compile(r"(dw_[a-z]{2}_)[A-Za-z0-9_-]+")
_MAX_TEXT = 500
_MAX_CHANGED = 120
_MANY = (tuple, frozenset)
_DIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_plain_line(text: str, longest: int) -> bool:
    """Whether ``text`` is one visible line of 1 to ``longest`` characters.

    Control characters, line separators, unassigned code points, lone surrogates and marks that
    change the direction of what follows are not: they forge log lines and disguise names.
    """
    if not text.strip() or len(text) > longest:
        return False
    return not any(c in _DIRECTIONAL or unicodedata.category(c) in _UNPRINTABLE for c in text)


class Actor(msgspec.Struct, frozen=True):
    """Who asks for a change: the kind, an identifier in words, and the network address."""

    kind: ActorKind
    id: str
    address: str | None = None

    @property
    def words(self) -> str:
        """The kind and the identifier, as a row that was changed keeps them: ``account 7``."""
        return f"{self.kind} {self.id}"

    def did(self, action: str, org_id: str, target: tuple[str, str], **detail: str | int) -> Event:
        """The event that this actor performed ``action`` on ``target`` (its kind and id)."""
        return Event(
            org_id=org_id,
            actor_kind=self.kind,
            actor_id=self.id,
            action=action,
            target_kind=target[0],
            target_id=target[1],
            address=self.address,
            detail=detail,
        )


SYSTEM = Actor(kind="system", id="doorward")
"""Doorward itself: schedules, start-up, housekeeping."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done. ``action`` is ``noun.past_participle``: ``account.created``."""

    org_id: str
    actor_kind: ActorKind
    actor_id: str
    action: str
    target_kind: str
    target_id: str
    address: str | None = None
    detail: Detail = field(default_factory=dict)

    def rendered_detail(self) -> str:
        """The detail as JSON, with bearer values masked and long text cut.

        Nothing secret belongs in a detail; this is the second lock on that door.
        """
        return msgspec.json.encode({k: _shown(v) for k, v in self.detail.items()}).decode()


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it was kept, with its identifier and its time in microseconds."""

    event_id: int
    at: int
    event: Event
    kept_detail: str
    """The detail exactly as it was kept."""

    @classmethod
    def from_row(cls, row: Row) -> RecordedEvent:
        """Read a row of ``audit_events`` in the order of its columns.

        A detail that somebody made unreadable is empty: the chain says that it was altered.
        """
        org_id, event_id, at, kind, actor, action, target_kind, target, address, detail = row
        event = Event(
            org_id=org_id,
            actor_kind=kind,
            actor_id=actor,
            action=action,
            target_kind=target_kind,
            target_id=target,
            address=address,
            detail=_parse_detail(detail),
        )
        return cls(event_id=event_id, at=at, event=event, kept_detail=detail)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None is any. ``since`` and ``until`` are microseconds.

    ``actor`` and ``target`` are identifiers, such as an account's number. What is recorded with
    every call and renewal of a connection is found by them only together with its ``action``.
    """

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: int | None = None
    until: int | None = None


def difference(before: object, after: object, names: Iterable[str]) -> dict[str, str]:
    """How ``after`` differs from ``before`` in the attributes ``names``, as a detail says it.

    ``was_name`` and ``now_name`` for the attribute ``name``, cut where they are long; for sets
    and lists ``added_name`` and ``removed_name``. Name no attribute that is secret or personal.
    """
    said: dict[str, str] = {}
    for name in names:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        if isinstance(was, _MANY) and isinstance(now, _MANY):
            added = [str(each) for each in now if each not in was]
            removed = [str(each) for each in was if each not in now]
            told = {"added": " ".join(sorted(added)), "removed": " ".join(sorted(removed))}
            said |= {f"{verb}_{name}": text for verb, text in told.items() if text}
        else:
            said |= {f"was_{name}": _in_short(was), f"now_{name}": _in_short(now)}
    return said


def _in_short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _MAX_CHANGED else text[: _MAX_CHANGED - 1] + "…"


def _parse_detail(text: str) -> Detail:
    try:
        return msgspec.json.decode(text, type=dict[str, str | int | bool])
    except msgspec.DecodeError:
        return {}


def _shown(value: str | int) -> str | int:
    if not isinstance(value, str):
        return value
    text = _BEARER.sub(r"\1•••", value.encode("utf-8", "replace").decode().replace("\x00", " "))
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
