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

__all__ = [
    "AuthOption",
    "Category",
    "Choice",
    "ClientCredentials",
    "DynamicOptions",
    "Environment",
    "Form",
    "Grant",
    "Localized",
    "Manifest",
    "OptionsRequest",
    "Override",
    "Party",
    "Plan",
    "UpstreamFailure",
    "Variable",
]
