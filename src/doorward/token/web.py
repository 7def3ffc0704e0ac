"""``POST /oauth2/token``."""

from __future__ import annotations

from doorward.http import Call, Reply, json_reply
from doorward.orgs import tenant_of
from doorward.token.pipeline import TokenPipeline

__all__ = ["TokenEndpoint"]


class TokenEndpoint:
    """The web side of the pipeline."""

    def __init__(self, pipeline: TokenPipeline) -> None:
        """Answer with ``pipeline``."""
        self._pipeline = pipeline

    async def answer(self, call: Call) -> Reply:
        """Raises ``OAuthError``, which the error door renders."""
        tenant = tenant_of(call.scope)
        content = await self._pipeline.answer(tenant, call.form(), call.authorization())
        return json_reply(content)
