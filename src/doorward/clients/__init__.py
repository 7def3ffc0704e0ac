"""Applications: their registration, review status and secrets, and proof that a client is one.

It owns who may ask; it keeps no token, code or consent that was given to them.
Every token-like endpoint authenticates here; developers and staff register and review here.
"""

from __future__ import annotations

from doorward.clients.change import ApplicationChange
from doorward.clients.logos import Logos
from doorward.clients.model import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationKind,
    ApplicationStatus,
    AuthenticatedClient,
    NewApplication,
    StoredSecret,
)
from doorward.clients.pictures import (
    MAX_LOGO_BYTES,
    BadLogo,
    Logo,
    LogosBusy,
    TooManyLogos,
    UnknownLogo,
    logo_path,
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
    "MAX_LOGO_BYTES",
    "TRANSITIONS",
    "Application",
    "ApplicationChange",
    "ApplicationKind",
    "ApplicationStatus",
    "Applications",
    "AuthenticatedClient",
    "BadApplication",
    "BadClientId",
    "BadLogo",
    "BadTransition",
    "ClientIdTaken",
    "ClientsRefusal",
    "LastSecret",
    "Logo",
    "Logos",
    "LogosBusy",
    "NewApplication",
    "NoSecrets",
    "StoredSecret",
    "TooManyLogos",
    "TooManySecrets",
    "UnknownApplication",
    "UnknownLogo",
    "UnknownSecret",
    "logo_path",
]
