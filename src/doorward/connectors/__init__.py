"""Connectors: what is particular about each upstream platform, and how to speak with it.

It owns manifests, the catalogue and the outbound client; it keeps nobody's credential.
The vault connects people by it; developers and staff register and read connectors here.
"""

from __future__ import annotations

from doorward.connectors.app_connect import load_app_connect
from doorward.connectors.author import By, ConnectorAuthor
from doorward.connectors.entries import catalogue_entries
from doorward.connectors.environments import (
    BadOverride,
    apply_environment,
    find_environment,
    match_environment,
)
from doorward.connectors.grants import (
    Category,
    ClientCredentials,
    Grant,
    Party,
    Plan,
    UpstreamFailure,
)
from doorward.connectors.manifests import parse_manifest, warnings_of, write_manifest
from doorward.connectors.model import (
    AuthOption,
    Choice,
    DynamicOptions,
    Environment,
    Form,
    Localized,
    Manifest,
    OptionsRequest,
    Override,
    Variable,
    localize,
)
from doorward.connectors.patterns import BadPattern, Pattern, parse_pattern
from doorward.connectors.plugged import PluggedUpstream
from doorward.connectors.plugin_loading import GROUP, Plugin, load_plugins
from doorward.connectors.plugins import (
    Asked,
    License,
    OAuthInfo,
    OverridingOption,
    PythonConnector,
)
from doorward.connectors.reading import MAX_BYTES, read_document
from doorward.connectors.refusals import (
    BadManifest,
    ConnectorDisabled,
    ConnectorsRefusal,
    Fault,
    MayNotKeepConnector,
    RegistrationOfConnectorsClosed,
    SlugTaken,
    StaleConnector,
    TooManyConnectors,
    UnknownConnector,
)
from doorward.connectors.registered import CATALOGUE_ID, Connector, Origin
from doorward.connectors.schema import SCHEMA_PATH, manifest_schema
from doorward.connectors.service import MAX_OF_ACCOUNT, MAX_OF_ORGANIZATION, Connectors, Written
from doorward.connectors.templates import (
    BadTemplate,
    BadValue,
    Encode,
    MissingValue,
    names_in,
    render,
)
from doorward.connectors.upstream import (
    ClientProbe,
    Outcome,
    Revoked,
    Upstream,
    Verified,
    missing_scopes,
    scopes_asked,
)
from doorward.connectors.values import BadVariable, is_visible, verify_value
from doorward.connectors.web import ConnectorSchema

__all__ = [
    "CATALOGUE_ID",
    "GROUP",
    "MAX_BYTES",
    "MAX_OF_ACCOUNT",
    "MAX_OF_ORGANIZATION",
    "SCHEMA_PATH",
    "Asked",
    "AuthOption",
    "BadManifest",
    "BadOverride",
    "BadPattern",
    "BadTemplate",
    "BadValue",
    "BadVariable",
    "By",
    "Category",
    "Choice",
    "ClientCredentials",
    "ClientProbe",
    "Connector",
    "ConnectorAuthor",
    "ConnectorDisabled",
    "ConnectorSchema",
    "Connectors",
    "ConnectorsRefusal",
    "DynamicOptions",
    "Encode",
    "Environment",
    "Fault",
    "Form",
    "Grant",
    "License",
    "Localized",
    "Manifest",
    "MayNotKeepConnector",
    "MissingValue",
    "OAuthInfo",
    "OptionsRequest",
    "Origin",
    "Outcome",
    "Override",
    "OverridingOption",
    "Party",
    "Pattern",
    "Plan",
    "PluggedUpstream",
    "Plugin",
    "PythonConnector",
    "RegistrationOfConnectorsClosed",
    "Revoked",
    "SlugTaken",
    "StaleConnector",
    "TooManyConnectors",
    "UnknownConnector",
    "Upstream",
    "UpstreamFailure",
    "Variable",
    "Verified",
    "Written",
    "apply_environment",
    "catalogue_entries",
    "find_environment",
    "is_visible",
    "load_app_connect",
    "load_plugins",
    "localize",
    "manifest_schema",
    "match_environment",
    "missing_scopes",
    "names_in",
    "parse_manifest",
    "parse_pattern",
    "read_document",
    "render",
    "scopes_asked",
    "verify_value",
    "warnings_of",
    "write_manifest",
]
