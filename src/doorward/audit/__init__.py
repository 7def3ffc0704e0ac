"""The append-only record of what was done: who did what to whom, when, and from where.

It owns the events, what may be written in them, and the chain that shows when somebody changes
them afterwards; it decides nothing. Every room that changes something records here, in the unit
of its change; the consoles list it, and one job seals it.
"""

from __future__ import annotations

from doorward.audit.chain import AuditChain
from doorward.audit.jobs import SealingWorker
from doorward.audit.links import BadHead, Chain, Fault, Finding, Head, Strand, Verdict, parse_head
from doorward.audit.model import (
    SYSTEM,
    Actor,
    ActorKind,
    Event,
    EventFilter,
    RecordedEvent,
    difference,
    is_plain_line,
)
from doorward.audit.service import Audit
from doorward.audit.store import record, record_uses

__all__ = [
    "SYSTEM",
    "Actor",
    "ActorKind",
    "Audit",
    "AuditChain",
    "BadHead",
    "Chain",
    "Event",
    "EventFilter",
    "Fault",
    "Finding",
    "Head",
    "RecordedEvent",
    "SealingWorker",
    "Strand",
    "Verdict",
    "difference",
    "is_plain_line",
    "parse_head",
    "record",
    "record_uses",
]
