"""The vault: what an organization and its people keep of other platforms, sealed and kept good.

It owns tenant credentials, connections, and the flows by which people connect; what is particular
about a platform stands in its manifest. The connect pages, the staff console, the management API
and the dialects of applications that use connections call it.
"""

from __future__ import annotations

from doorward.vault import jobs
from doorward.vault.connections import MAX_PAGE, Connections
from doorward.vault.model import (
    MAX_CONNECTIONS,
    ORGANIZATION,
    Connection,
    Held,
    Kept,
    NewConnection,
    Reason,
    RefreshKind,
    Status,
    Tokens,
)
from doorward.vault.refusals import (
    AmbiguousConnection,
    BadConnection,
    Blocked,
    Disconnected,
    NeedsReconnect,
    NotRenewable,
    PlatformUnavailable,
    RefreshInProgress,
    TooManyConnections,
    UnknownConnection,
    VaultRefusal,
)
from doorward.vault.sealing import Sealer, about

__all__ = [
    "MAX_CONNECTIONS",
    "MAX_PAGE",
    "ORGANIZATION",
    "AmbiguousConnection",
    "BadConnection",
    "Blocked",
    "Connection",
    "Connections",
    "Disconnected",
    "Held",
    "Kept",
    "NeedsReconnect",
    "NewConnection",
    "NotRenewable",
    "PlatformUnavailable",
    "Reason",
    "RefreshInProgress",
    "RefreshKind",
    "Sealer",
    "Status",
    "Tokens",
    "TooManyConnections",
    "UnknownConnection",
    "VaultRefusal",
    "about",
    "jobs",
]
