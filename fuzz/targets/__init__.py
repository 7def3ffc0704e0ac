"""Every target, as one list."""

from __future__ import annotations

from fuzz.target import Target
from fuzz.targets.accounts import ACCOUNTS
from fuzz.targets.answers import ANSWERS
from fuzz.targets.connectors import CONNECTORS
from fuzz.targets.dialects import DIALECTS
from fuzz.targets.files import FILES
from fuzz.targets.http import HTTP
from fuzz.targets.protocol import PROTOCOL
from fuzz.targets.proving import PROVING
from fuzz.targets.requests import REQUESTS
from fuzz.targets.values import VALUES

__all__ = ["TARGETS"]

TARGETS: tuple[Target, ...] = (
    *PROTOCOL,
    *VALUES,
    *HTTP,
    *ACCOUNTS,
    *PROVING,
    *FILES,
    *CONNECTORS,
    *ANSWERS,
    *DIALECTS,
    *REQUESTS,
)
