"""Who calls Neon's API: a person, through an application or with a key of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from doorward.audit import Actor
from doorward.dialects.neon.api_errors import ApiError
from doorward.dialects.neon.api_operations import API_SCOPES, ApiOperation
from doorward.dialects.neon.front import DIALECT
from doorward.http import Call
from doorward.orgs import (
    Organizations,
    OrganizationSuspended,
    UnknownOrganization,
    find_tenant,
)
from doorward.projects import BadPersonalKey, KeyOrigin, PersonalKeys
from doorward.protocol import OAuthError, parse_bearer
from doorward.scopes import Scopes
from doorward.tokens import ActiveToken, BearerGuard

__all__ = ["ApiCaller", "ApiCallers"]

_KEY_PREFIX = "dw_pk_"


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A person of an organization whose credential has just been proved.

    ``origin`` is the authorization of the application that acts for the person, if one does.
    """

    org_id: str
    account_id: int
    scopes: frozenset[str]
    method: Literal["oauth", "api_key_user"]
    origin: KeyOrigin | None
    auth_data: str = field(repr=False)
    address: str | None

    @property
    def actor(self) -> Actor:
        """The caller as the author of a change: the application, where one acts."""
        if self.origin is not None:
            return Actor(kind="client", id=self.origin.client_id, address=self.address)
        return Actor(kind="account", id=str(self.account_id), address=self.address)

    def verify_may(self, operation: ApiOperation) -> bool:
        """True when the credential's scopes open ``operation``. Raises ``ApiError``."""
        for scope in operation.scopes:
            if scope not in self.scopes:
                message = f"The credential lacks the scope {scope}."
                raise ApiError(403, message, missing_scope=scope)
        if not self.scopes & API_SCOPES:
            raise ApiError(403, "The credential has no scope of this API.")
        return True


class ApiCallers:
    """Proves credentials. Nothing is remembered: each call reads what is true at that moment."""

    def __init__(
        self,
        *,
        organizations: Organizations,
        guard: BearerGuard,
        scopes: Scopes,
        keys: PersonalKeys,
    ) -> None:
        """Believe access tokens by ``guard`` and personal keys by ``keys``."""
        self._organizations = organizations
        self._guard = guard
        self._scopes = scopes
        self._keys = keys

    async def authenticate(self, call: Call) -> ApiCaller:
        """Whoever presents a live credential for this API. Raises ``ApiError``.

        At the installation's root the credential says which organization is meant.
        """
        text = _bearer(call)
        is_key = text.startswith(_KEY_PREFIX)
        tenant = find_tenant(call.scope)
        if tenant is not None:
            org_id: str | None = tenant.org_id
        else:
            org_id = await (self._keys if is_key else self._guard).find_org(text)
        if org_id is None or not await self._is_open(org_id):
            raise ApiError(401)
        if is_key:
            return await self._by_key(org_id, text, call.client_address)
        return await self._by_token(org_id, text, call.client_address)

    async def _is_open(self, org_id: str) -> bool:
        """Whether the organization is live, and speaks this dialect."""
        try:
            org = await self._organizations.get(org_id)
        except (UnknownOrganization, OrganizationSuspended):
            return False
        return DIALECT in org.dialects

    async def _by_key(self, org_id: str, text: str, address: str | None) -> ApiCaller:
        try:
            key = await self._keys.authenticate(org_id, text, address)
        except BadPersonalKey as bad:
            raise ApiError(401) from bad
        return ApiCaller(
            org_id=org_id,
            account_id=key.account_id,
            scopes=frozenset(key.scopes),
            method="api_key_user",
            origin=key.origin,
            auth_data=str(key.key_id),
            address=address,
        )

    async def _by_token(self, org_id: str, text: str, address: str | None) -> ApiCaller:
        active = await self._guard.find_active(org_id, text)
        if active is None or not await self._is_for_this_api(active):
            raise ApiError(401)
        if active.account_id is None or active.family_id is None:
            raise ApiError(403, "An application that acts for nobody has no projects.")
        return ApiCaller(
            org_id=org_id,
            account_id=active.account_id,
            scopes=frozenset(active.scopes),
            method="oauth",
            origin=KeyOrigin(active.client_id, active.family_id),
            auth_data=active.client_id,
            address=address,
        )

    async def _is_for_this_api(self, active: ActiveToken) -> bool:
        """Whether the token's audience is the API that the organization gave these scopes to.

        A token for no API at all passes when it holds none of the scopes: it opens nothing.
        """
        known = (await self._scopes.catalogue(active.org_id)).scopes
        ours = {known[name].api for name in API_SCOPES if name in known} - {None}
        if active.audience:
            return not ours.isdisjoint(active.audience)
        return not ours or API_SCOPES.isdisjoint(active.scopes)


def _bearer(call: Call) -> str:
    """The credential of the Authorization header. Raises ``ApiError``."""
    try:
        text = parse_bearer(call.authorization())
    except OAuthError as error:
        raise ApiError(401, error.description) from error
    if text is None:
        raise ApiError(401, "Send an access token or an API key in the Authorization header.")
    return text
