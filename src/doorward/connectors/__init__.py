"""Connectors: what is particular about each upstream platform, and how to speak with it.

It owns manifests, the catalogue and the outbound client; it keeps nobody's credential.
The vault connects people by it; developers and staff register and read connectors here.
"""

from __future__ import annotations

from doorward.connectors.grants import (
    Category,
    ClientCredentials,
    Grant,
    Party,
    Plan,
    UpstreamFailure,
)
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
)
from doorward.connectors.patterns import BadPattern, Pattern, parse_pattern
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
    Prepared,
    Revoked,
    Upstream,
    Verified,
    scopes_asked,
)

__all__ = [
    "AuthOption",
    "BadPattern",
    "BadTemplate",
    "BadValue",
    "Category",
    "Choice",
    "ClientCredentials",
    "ClientProbe",
    "DynamicOptions",
    "Encode",
    "Environment",
    "Form",
    "Grant",
    "Localized",
    "Manifest",
    "MissingValue",
    "OptionsRequest",
    "Outcome",
    "Override",
    "Party",
    "Pattern",
    "Plan",
    "Prepared",
    "Revoked",
    "Upstream",
    "UpstreamFailure",
    "Variable",
    "Verified",
    "names_in",
    "parse_pattern",
    "render",
    "scopes_asked",
]
