"""Events as files: JSON lines for programs, CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from doorward.audit import RecordedEvent
from doorward.console.api.fields import moment
from doorward.http import CSV_MARK, render_csv_line

__all__ = ["EVENT_FORMATS", "EventFile", "shape_event"]

_COLUMNS: Final = (
    "event_id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "target_kind",
    "target_id",
    "address",
    "detail",
)


@dataclass(frozen=True, slots=True)
class EventFile:
    """How a file of events begins, and how events are written into it."""

    media_type: str
    suffix: str
    head: str
    render: Callable[[Sequence[RecordedEvent]], str]


def shape_event(recorded: RecordedEvent) -> dict[str, object]:
    """An event as programs read it: as the management API shows it, with its organization."""
    event = recorded.event
    return {
        "org_id": event.org_id,
        "event_id": str(recorded.event_id),
        "at": moment(recorded.at),
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "action": event.action,
        "target_kind": event.target_kind,
        "target_id": event.target_id,
        "address": event.address,
        "detail": dict(event.detail),
    }


def _render_lines(events: Sequence[RecordedEvent]) -> str:
    return "".join(msgspec.json.encode(shape_event(each)).decode() + "\n" for each in events)


def _render_csv(events: Sequence[RecordedEvent]) -> str:
    lines = []
    for each in events:
        shaped = {**shape_event(each), "detail": each.kept_detail}
        cells = (shaped[name] for name in _COLUMNS)
        lines.append(render_csv_line("" if cell is None else str(cell) for cell in cells))
    return "".join(lines)


EVENT_FORMATS: Final = {
    "jsonl": EventFile("application/x-ndjson", "jsonl", "", _render_lines),
    "csv": EventFile(
        "text/csv; charset=utf-8", "csv", CSV_MARK + render_csv_line(_COLUMNS), _render_csv
    ),
}
"""The files that can be asked for, by the name of their format."""
