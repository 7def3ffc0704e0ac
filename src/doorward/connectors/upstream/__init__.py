"""Speaking with upstream platforms as their manifests say: the outbound OAuth client."""

from __future__ import annotations

from doorward.connectors.upstream.address import missing_scopes, scopes_asked
from doorward.connectors.upstream.calls import Verified
from doorward.connectors.upstream.engine import ClientProbe, Upstream
from doorward.connectors.upstream.revoking import Outcome, Revoked

__all__ = [
    "ClientProbe",
    "Outcome",
    "Revoked",
    "Upstream",
    "Verified",
    "missing_scopes",
    "scopes_asked",
]
