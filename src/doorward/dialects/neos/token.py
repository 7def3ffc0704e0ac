"""``POST /connect/token``: a code for an access token, the secret in the body or the header."""

from __future__ import annotations

from doorward.clients import Applications, AuthenticatedClient
from doorward.dialects.root import RootClients
from doorward.http import Call, Reply, json_reply
from doorward.orgs import Tenant, tenant_of
from doorward.protocol import ErrorCode, OAuthError, Parameters, parse_client_credentials
from doorward.token import TokenPipeline

__all__ = ["TOKEN_PATH", "NeosTokenEndpoint"]

TOKEN_PATH = "/connect/token"  # noqa: S105 - an address
_GRANTS = frozenset({"authorization_code", "refresh_token"})


class NeosTokenEndpoint:
    """The pipeline at the platform's address, under an organization and at the root."""

    def __init__(
        self, *, applications: Applications, pipeline: TokenPipeline, root: RootClients
    ) -> None:
        """Prove clients by ``applications``, at the root by ``root``; serve by ``pipeline``."""
        self._applications = applications
        self._pipeline = pipeline
        self._root = root

    async def answer(self, call: Call) -> Reply:
        """``POST`` under an organization. Raises ``OAuthError``, which the error door renders."""
        params = call.form()
        tenant = tenant_of(call.scope)
        presented = parse_client_credentials(call.authorization(), params)
        client = await self._applications.authenticate(
            tenant.org_id, presented, any_secret_method=True
        )
        return await self._serve(tenant, client, params)

    async def answer_at_root(self, call: Call) -> Reply:
        """``POST`` at the root: the organization is found from the client id."""
        params = call.form()
        tenant, client = await self._root.find(params, call.authorization())
        return await self._serve(tenant, client, params)

    async def _serve(
        self, tenant: Tenant, client: AuthenticatedClient, params: Parameters
    ) -> Reply:
        if params.require("grant_type") not in _GRANTS:
            raise OAuthError(
                ErrorCode.UNSUPPORTED_GRANT_TYPE, "grant_type must be authorization_code."
            )
        answer = await self._pipeline.serve(tenant, client, params)
        # The platform always says which scopes there are, though it be none.
        answer.setdefault("scope", "")
        return json_reply(answer)
