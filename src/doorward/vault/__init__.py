"""The vault: what an organization and its people keep of other platforms, sealed and kept good.

It owns tenant credentials, connections, and the flows by which people connect; what is particular
about a platform stands in its manifest. The connect pages, the staff console, the management API
and the dialects of applications that use connections call it.
"""

from __future__ import annotations

from doorward.vault import jobs
from doorward.vault.connections import MAX_PAGE, Connections
from doorward.vault.deauthorize import Deauthorizer, Ended, Report
from doorward.vault.health import Health, WhoMends, health_of
from doorward.vault.masterkeys import (
    KeyInUse,
    KeyStanding,
    MasterKeys,
    Progress,
    UnknownKey,
    UnknownMasterKey,
)
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
from doorward.vault.patience import Patience
from doorward.vault.platform import (
    ClientWatch,
    Outside,
    Planner,
    Platform,
    Unplannable,
)
from doorward.vault.refresh import Refresher
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
from doorward.vault.scheduler import VaultWorker
from doorward.vault.sealing import Sealer, about
from doorward.vault.wiring import Tuning, Vault, build_vault

__all__ = [
    "MAX_CONNECTIONS",
    "MAX_PAGE",
    "ORGANIZATION",
    "AmbiguousConnection",
    "BadConnection",
    "Blocked",
    "ClientWatch",
    "Connection",
    "Connections",
    "Deauthorizer",
    "Disconnected",
    "Ended",
    "Health",
    "Held",
    "Kept",
    "KeyInUse",
    "KeyStanding",
    "MasterKeys",
    "NeedsReconnect",
    "NewConnection",
    "NotRenewable",
    "Outside",
    "Patience",
    "Planner",
    "Platform",
    "PlatformUnavailable",
    "Progress",
    "Reason",
    "RefreshInProgress",
    "RefreshKind",
    "Refresher",
    "Report",
    "Sealer",
    "Status",
    "Tokens",
    "TooManyConnections",
    "Tuning",
    "UnknownConnection",
    "UnknownKey",
    "UnknownMasterKey",
    "Unplannable",
    "Vault",
    "VaultRefusal",
    "VaultWorker",
    "WhoMends",
    "about",
    "build_vault",
    "health_of",
    "jobs",
]
