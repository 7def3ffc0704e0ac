"""The subjects: every server that is measured. A new peer is one module and one row here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from bench.subjects.doorward import start_doorward
from bench.subjects.limit import start_limit, start_limit_thread
from bench.subjects.oidc_provider import start_bundled, start_map
from bench.subjects.process import LOAD_CORE, SCRATCH, SERVER_CORE, NotReady, pin, stop_all
from bench.subjects.subject import Running

__all__ = [
    "LOAD_CORE",
    "SCRATCH",
    "SERVER_CORE",
    "SUBJECTS",
    "NotReady",
    "Running",
    "pin",
    "stop_all",
]

SUBJECTS: Mapping[str, Callable[[], Awaitable[Running]]] = MappingProxyType(
    {
        "doorward": start_doorward,
        "oidc-provider": start_bundled,
        "oidc-provider-map": start_map,
        "limit": start_limit,
        "limit-thread": start_limit_thread,
    },
)
"""Name of each subject, and what starts it; a ratio is taken of each against those below it."""
