"""The append-only record of what was done: who did what to whom, when, and from where.

It owns the events and what may be written in them; it decides nothing and never changes a row.
Every room that changes something records here, in the unit of its change; the consoles list it.
"""

from __future__ import annotations

from doorward.audit.model import SYSTEM, Actor, ActorKind, Event, RecordedEvent, is_plain_line
from doorward.audit.service import Audit
from doorward.audit.store import has_recorded, record, record_uses

__all__ = [
    "SYSTEM",
    "Actor",
    "ActorKind",
    "Audit",
    "Event",
    "RecordedEvent",
    "has_recorded",
    "is_plain_line",
    "record",
    "record_uses",
]
