"""``/oauth2/token`` as Neon's clients know it: ``bearer``, and the platform's error texts."""

from __future__ import annotations

from collections.abc import Mapping

from doorward.dialects.neon.front import DIALECT
from doorward.http import Call, Reply, json_reply
from doorward.orgs import tenant_of
from doorward.protocol import ErrorCode, OAuthError
from doorward.token import TokenPipeline

__all__ = ["TEXTS", "NeonTokenEndpoint"]

TEXTS: Mapping[ErrorCode, str] = {
    ErrorCode.INVALID_REQUEST: (
        "The request is missing a required parameter, includes an invalid parameter value, "
        "includes a parameter more than once, or is otherwise malformed. Make sure that the "
        "various parameters are correct, be aware of case sensitivity and trim your parameters. "
        "Make sure that the client you are using has exactly whitelisted the redirect_uri you "
        "specified."
    ),
    ErrorCode.INVALID_CLIENT: (
        "Client authentication failed (e.g., unknown client, no client authentication included, "
        "or unsupported authentication method)"
    ),
    ErrorCode.INVALID_GRANT: (
        "The provided authorization grant (e.g., authorization code, resource owner credentials) "
        "or refresh token is invalid, expired, revoked, does not match the redirection URI used "
        "in the authorization request, or was issued to another client."
    ),
    ErrorCode.INVALID_SCOPE: "The requested scope is invalid, unknown, or malformed.",
    ErrorCode.UNAUTHORIZED_CLIENT: (
        "The client is not authorized to request a token using this method."
    ),
    ErrorCode.UNSUPPORTED_GRANT_TYPE: (
        "The authorization grant type is not supported by the authorization server."
    ),
}
"""What the platform says for each error; clients have been seen to compare it."""


class NeonTokenEndpoint:
    """The pipeline in the platform's words, for organizations that speak them."""

    def __init__(self, pipeline: TokenPipeline) -> None:
        """Answer with ``pipeline``."""
        self._pipeline = pipeline

    def speaks(self, call: Call) -> bool:
        """Whether the organization of ``call`` is answered here."""
        return DIALECT in tenant_of(call.scope).org.dialects

    async def answer(self, call: Call) -> Reply:
        """Raises ``OAuthError``, which the error door renders."""
        try:
            content = await self._pipeline.answer(
                tenant_of(call.scope), call.form(), call.authorization()
            )
        except OAuthError as error:
            text = TEXTS.get(error.code, error.description)
            detail = error.detail or error.description
            raise OAuthError(error.code, text, detail=detail) from error
        return json_reply({**content, "token_type": "bearer"})
