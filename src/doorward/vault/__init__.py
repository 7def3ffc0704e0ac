"""The vault: what an organization and its people keep of other platforms, sealed and kept good.

It owns tenant credentials, connections, and the flows by which people connect; what is particular
about a platform stands in its manifest. The connect pages, the staff console, the management API
and the dialects of applications that use connections call it.
"""

from __future__ import annotations

from doorward.vault import jobs
from doorward.vault.connect_sessions import ConnectSessions
from doorward.vault.connect_sessions_model import (
    BadConnectSession,
    ConnectorNotAllowed,
    ConnectSession,
    ConnectSessionOver,
    NewConnectSession,
    SessionResult,
)
from doorward.vault.connections import MAX_PAGE, MAX_SETTINGS, Connections
from doorward.vault.credentials import Credentials
from doorward.vault.credentials_model import (
    Affected,
    Changed,
    CredentialsChange,
    CredentialsState,
    Extra,
    SecretHint,
    Submission,
    Submitters,
    TenantCredentials,
)
from doorward.vault.credentials_plans import Plans, PlatformAccess, wants_own_client
from doorward.vault.credentials_providing import Providing
from doorward.vault.credentials_refusals import (
    AskAdmin,
    BadCredentials,
    CredentialsEnded,
    CredentialsOvertaken,
    MayNotSubmit,
    NoSuchEnvironment,
    NotForCredentials,
    SecretNeeded,
    UnknownCredentials,
)
from doorward.vault.credentials_rules import TAKES_CLIENT, Place, callback_of, find_client_option
from doorward.vault.credentials_trials import CredentialTrials
from doorward.vault.credentials_use import CredentialsInUse
from doorward.vault.deauthorize import Deauthorizer, Ended, Report
from doorward.vault.flows import ConnectFlows
from doorward.vault.flows_keeping import Keeper
from doorward.vault.flows_model import (
    Begun,
    Connected,
    ConnectFlow,
    Declined,
    Failed,
    FlowOfAnotherBrowser,
    FlowOfAnotherConnector,
    FlowOfAnotherPerson,
    FlowOver,
    FlowRefusal,
    Outcome,
    Returned,
    StartElsewhere,
    Wanted,
    flow_cookie_name,
)
from doorward.vault.flows_wiring import Connecting, Surroundings, build_connecting
from doorward.vault.forms import FormConnected, KeyForms, Typed
from doorward.vault.forms_managed import ManagedValues
from doorward.vault.forms_model import (
    BadManagedValue,
    Cause,
    Field,
    ManagedField,
    ManagedState,
    MissingFields,
    NotConnected,
    NotManaged,
    UnknownOption,
)
from doorward.vault.forms_rules import find_option
from doorward.vault.health import Health, WhoMends, health_of
from doorward.vault.lending import Lender
from doorward.vault.masterkeys import (
    KeyInUse,
    KeyStanding,
    MasterKeys,
    Progress,
    UnknownKey,
    UnknownMasterKey,
)
from doorward.vault.missing import MissingScopes
from doorward.vault.model import (
    MAX_CONNECTIONS,
    ORGANIZATION,
    Connection,
    ConnectionChange,
    Held,
    Kept,
    NewConnection,
    Reason,
    RefreshKind,
    Status,
    Tokens,
)
from doorward.vault.notices import FindHerald, Herald
from doorward.vault.patience import Patience
from doorward.vault.platform import (
    ClientWatch,
    Outside,
    Planner,
    Platform,
    Unplannable,
)
from doorward.vault.proxy import ApiCall, ApiReply, Checked, Proxy
from doorward.vault.refresh import Refresher
from doorward.vault.refusals import (
    AccountSuspended,
    BadConnection,
    Blocked,
    CallForbidden,
    CallUnanswered,
    CallUnsent,
    Disconnected,
    NeedsReconnect,
    NotRenewable,
    PlatformUnavailable,
    RefreshInProgress,
    TooManyConnections,
    UnknownConnection,
    VaultRefusal,
)
from doorward.vault.renewal import RENEWALS
from doorward.vault.scheduler import VaultWorker
from doorward.vault.sealing import Sealer, about
from doorward.vault.wiring import Tuning, Vault, build_vault

__all__ = [
    "MAX_CONNECTIONS",
    "MAX_PAGE",
    "MAX_SETTINGS",
    "ORGANIZATION",
    "RENEWALS",
    "TAKES_CLIENT",
    "AccountSuspended",
    "Affected",
    "ApiCall",
    "ApiReply",
    "AskAdmin",
    "BadConnectSession",
    "BadConnection",
    "BadCredentials",
    "BadManagedValue",
    "Begun",
    "Blocked",
    "CallForbidden",
    "CallUnanswered",
    "CallUnsent",
    "Cause",
    "Changed",
    "Checked",
    "ClientWatch",
    "ConnectFlow",
    "ConnectFlows",
    "ConnectSession",
    "ConnectSessionOver",
    "ConnectSessions",
    "Connected",
    "Connecting",
    "Connection",
    "ConnectionChange",
    "Connections",
    "ConnectorNotAllowed",
    "CredentialTrials",
    "Credentials",
    "CredentialsChange",
    "CredentialsEnded",
    "CredentialsInUse",
    "CredentialsOvertaken",
    "CredentialsState",
    "Deauthorizer",
    "Declined",
    "Disconnected",
    "Ended",
    "Extra",
    "Failed",
    "Field",
    "FindHerald",
    "FlowOfAnotherBrowser",
    "FlowOfAnotherConnector",
    "FlowOfAnotherPerson",
    "FlowOver",
    "FlowRefusal",
    "FormConnected",
    "Health",
    "Held",
    "Herald",
    "Keeper",
    "Kept",
    "KeyForms",
    "KeyInUse",
    "KeyStanding",
    "Lender",
    "ManagedField",
    "ManagedState",
    "ManagedValues",
    "MasterKeys",
    "MayNotSubmit",
    "MissingFields",
    "MissingScopes",
    "NeedsReconnect",
    "NewConnectSession",
    "NewConnection",
    "NoSuchEnvironment",
    "NotConnected",
    "NotForCredentials",
    "NotManaged",
    "NotRenewable",
    "Outcome",
    "Outside",
    "Patience",
    "Place",
    "Planner",
    "Plans",
    "Platform",
    "PlatformAccess",
    "PlatformUnavailable",
    "Progress",
    "Providing",
    "Proxy",
    "Reason",
    "RefreshInProgress",
    "RefreshKind",
    "Refresher",
    "Report",
    "Returned",
    "Sealer",
    "SecretHint",
    "SecretNeeded",
    "SessionResult",
    "StartElsewhere",
    "Status",
    "Submission",
    "Submitters",
    "Surroundings",
    "TenantCredentials",
    "Tokens",
    "TooManyConnections",
    "Tuning",
    "Typed",
    "UnknownConnection",
    "UnknownCredentials",
    "UnknownKey",
    "UnknownMasterKey",
    "UnknownOption",
    "Unplannable",
    "Vault",
    "VaultRefusal",
    "VaultWorker",
    "Wanted",
    "WhoMends",
    "about",
    "build_connecting",
    "build_vault",
    "callback_of",
    "find_client_option",
    "find_option",
    "flow_cookie_name",
    "health_of",
    "jobs",
    "wants_own_client",
]
