"""Brakes: how often what a stranger may try can be tried, counted once for all processes.

It owns the limits, the counters and their end; it knows no account, application or request: who
asks names a brake and a subject, before the work that a try costs. Every room above that lets
somebody guess, write letters or register asks it; ``app`` removes what is over.
"""

from __future__ import annotations

from doorward.brakes.jobs import remove_expired
from doorward.brakes.model import (
    MOST_TRIES,
    Brake,
    Braked,
    Rule,
    Slowed,
    Try,
    parse_rule,
    rules_of,
)
from doorward.brakes.service import TURNED_AWAY, Brakes

__all__ = [
    "MOST_TRIES",
    "TURNED_AWAY",
    "Brake",
    "Braked",
    "Brakes",
    "Rule",
    "Slowed",
    "Try",
    "parse_rule",
    "remove_expired",
    "rules_of",
]
