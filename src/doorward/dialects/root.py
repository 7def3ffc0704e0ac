"""Clients that call at the installation's root: what they present names their organization."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.clients import Applications, AuthenticatedClient
from doorward.orgs import (
    Organizations,
    OrganizationSuspended,
    Site,
    Tenant,
    UnknownOrganization,
)
from doorward.protocol import (
    AuthMethod,
    ErrorCode,
    OAuthError,
    Parameters,
    invalid_client,
    parse_client_credentials,
)
from doorward.tokens import Tokens

__all__ = ["RootClients"]


@dataclass(frozen=True, slots=True)
class RootClients:
    """Clients of the organizations that speak ``dialect``."""

    organizations: Organizations
    applications: Applications
    tokens: Tokens
    site: Site
    dialect: str

    async def find(
        self, params: Parameters, authorization: str | None
    ) -> tuple[Tenant, AuthenticatedClient]:
        """Whose client calls, and the client, which has proved itself.

        Raises ``invalid_client``; ``invalid_request`` where a public client's code or refresh
        token belongs to no organization that has such a client.
        """
        presented = parse_client_credentials(authorization, params)
        refusal = invalid_client("no organization has this client")
        for org_id in await self.applications.find_organizations(presented.client_id):
            try:
                org = await self.organizations.get(org_id)
                if self.dialect not in org.dialects:
                    continue
                client = await self.applications.authenticate(
                    org_id, presented, any_secret_method=True
                )
            except (UnknownOrganization, OrganizationSuspended):
                continue
            except OAuthError as error:
                refusal = error
                continue
            if presented.method is AuthMethod.NONE and not await self._knows(org_id, params):
                # A public client proves nothing: where it belongs is told by what it presents.
                refusal = OAuthError(
                    ErrorCode.INVALID_REQUEST,
                    "Authorization code invalid",
                    detail="the code belongs to no organization with this client",
                )
                continue
            return self.site.tenant(org), client
        raise refusal

    async def _knows(self, org_id: str, params: Parameters) -> bool:
        code, refresh = params.get("code"), params.get("refresh_token")
        if code is not None:
            return await self.tokens.find_code(org_id, code) is not None
        return refresh is None or await self.tokens.find_refresh(org_id, refresh) is not None
