"""The token endpoint: one fixed pipeline, one small grant per file.

It owns the order of the steps; storing and single use belong to ``tokens``.
Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.token.authorization_code import AuthorizationCodeGrant
from doorward.token.client_credentials import ClientCredentialsGrant
from doorward.token.pipeline import TOKENS_ISSUED, TOKENS_REUSED, TokenPipeline, TokenServices
from doorward.token.refresh_token import RefreshTokenGrant
from doorward.token.web import TokenEndpoint

__all__ = [
    "TOKENS_ISSUED",
    "TOKENS_REUSED",
    "AuthorizationCodeGrant",
    "ClientCredentialsGrant",
    "RefreshTokenGrant",
    "TokenEndpoint",
    "TokenPipeline",
    "TokenServices",
]
