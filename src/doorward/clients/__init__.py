"""Applications: their registration, review status and secrets, and proof that a client is one.

It owns who may ask; it keeps no token, code or consent that was given to them.
Every token-like endpoint authenticates here; developers and staff register and review here.
"""

from __future__ import annotations

from doorward.clients.change import ApplicationChange
from doorward.clients.model import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationKind,
    ApplicationStatus,
    AuthenticatedClient,
    NewApplication,
    StoredSecret,
)
from doorward.clients.refusals import (
    BadApplication,
    BadClientId,
    BadTransition,
    ClientIdTaken,
    ClientsRefusal,
    LastSecret,
    NoSecrets,
    TooManySecrets,
    UnknownApplication,
    UnknownSecret,
)
from doorward.clients.review import TRANSITIONS
from doorward.clients.service import Applications

__all__ = [
    "MAX_LIVE_SECRETS",
    "TRANSITIONS",
    "Application",
    "ApplicationChange",
    "ApplicationKind",
    "ApplicationStatus",
    "Applications",
    "AuthenticatedClient",
    "BadApplication",
    "BadClientId",
    "BadTransition",
    "ClientIdTaken",
    "ClientsRefusal",
    "LastSecret",
    "NewApplication",
    "NoSecrets",
    "StoredSecret",
    "TooManySecrets",
    "UnknownApplication",
    "UnknownSecret",
]
