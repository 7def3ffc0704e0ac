"""``/api/user/profiles`` and ``/api/user/profile``: the user behind a token.

Each scope opens its fields (wiki.neosvr.com, OAuth; fields of the platform's ``users/{id}``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from doorward.accounts import (
    Account,
    Accounts,
    PatreonLink,
    PlatformProfile,
    PlatformProfiles,
    login_key,
)
from doorward.db import SECOND
from doorward.dialects.neos.front import DIALECT
from doorward.http import NO_STORE, Call, Reply, json_reply
from doorward.orgs import (
    Organizations,
    OrganizationSuspended,
    UnknownOrganization,
    find_tenant,
)
from doorward.protocol import ErrorCode, OAuthError, bearer_challenge, parse_bearer
from doorward.tokens import BearerGuard, TokenOrigins

__all__ = ["PROFILE_PATHS", "NeosProfileEndpoint", "NeosProfiles", "render_profile"]

PROFILE_PATHS = ("/api/user/profiles", "/api/user/profile")
"""The documented address, and the one that clients were written against."""

_PROFILE, _EMAIL, _PATREON = "profile", "email", "patreon"
_NO_ORGANIZATION = "The access token is unknown, expired or revoked."


@dataclass(frozen=True, slots=True)
class NeosProfiles:
    """The rooms that the endpoint stands on."""

    organizations: Organizations
    accounts: Accounts
    platform_profiles: PlatformProfiles
    guard: BearerGuard
    origins: TokenOrigins

    async def answer(self, org_id: str, authorization: str | None) -> dict[str, object]:
        """The user. Raises ``invalid_token``, ``insufficient_scope`` or ``invalid_request``."""
        active = await self.guard.verify(org_id, authorization, scope=_PROFILE)
        if active.account_id is None:
            raise OAuthError(ErrorCode.INVALID_TOKEN, "The access token is not about a person.")
        account = await self.accounts.get(org_id, active.account_id)
        profile = await self.platform_profiles.get(org_id, active.account_id)
        return render_profile(account, profile, frozenset(active.scopes))

    async def find_organization(self, authorization: str | None) -> str:
        """The organization whose token is presented, and which speaks this dialect.

        Raises ``invalid_token``, which never says whether there is such a token elsewhere.
        """
        text = parse_bearer(authorization)
        if text is None:
            raise OAuthError(ErrorCode.INVALID_TOKEN, "An access token is required.")
        org_id = await self.origins.find(text)
        if org_id is None:
            raise OAuthError(ErrorCode.INVALID_TOKEN, _NO_ORGANIZATION)
        try:
            org = await self.organizations.get(org_id)
        except (UnknownOrganization, OrganizationSuspended) as gone:
            raise OAuthError(ErrorCode.INVALID_TOKEN, _NO_ORGANIZATION) from gone
        if DIALECT not in org.dialects:
            raise OAuthError(ErrorCode.INVALID_TOKEN, _NO_ORGANIZATION)
        return org_id


class NeosProfileEndpoint:
    """The web side, with the challenges of RFC 6750 3."""

    def __init__(self, profiles: NeosProfiles) -> None:
        """Answer with ``profiles``."""
        self._profiles = profiles

    async def answer(self, call: Call) -> Reply:
        """``GET``, under an organization or at the root."""
        tenant = find_tenant(call.scope)
        realm = DIALECT if tenant is None else tenant.org_id
        try:
            authorization = call.authorization()
            if tenant is None:
                org_id = await self._profiles.find_organization(authorization)
            else:
                org_id = tenant.org_id
            return json_reply(await self._profiles.answer(org_id, authorization))
        except OAuthError as error:
            return _refusal(call, error, realm)


def render_profile(
    account: Account, profile: PlatformProfile, scopes: frozenset[str]
) -> dict[str, object]:
    """The user in the platform's shape, with the fields that ``scopes`` open."""
    shown: dict[str, object] = {
        # The platform's ids stay while names change: here the account's number does.
        "id": f"U-{account.account_id}",
        "username": account.username,
        "normalizedUsername": login_key(account.username),
        "registrationDate": _moment(account.created_at),
        "isVerified": account.email_verified,
        "tags": profile.tags,
        "profile": {"iconUrl": account.picture_url},
    }
    if _EMAIL in scopes:
        shown["email"] = account.email
    if _PATREON in scopes:
        shown["patreonData"] = None if profile.patreon is None else _patreon(profile.patreon)
    return shown


def _patreon(link: PatreonLink) -> dict[str, object]:
    return {
        # What a person says about themselves makes nobody a supporter.
        "isPatreonSupporter": link.active and link.verified,
        "patreonId": link.user_id,
        "fullName": link.full_name,
        "accountName": link.tier,
        "lastPatreonPledgeCents": link.pledge_cents,
        "lastActivationTime": None if link.since is None else f"{link.since}T00:00:00Z",
        "isActive": link.active,
        "isVerified": link.verified,
    }


def _moment(at: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(at, SECOND)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def _refusal(call: Call, error: OAuthError, realm: str) -> Reply:
    presented = None if call.header(b"authorization") is None else error
    scope = _PROFILE if error.code is ErrorCode.INSUFFICIENT_SCOPE else None
    challenge = bearer_challenge(realm, presented, scope=scope)
    headers = (*NO_STORE, (b"www-authenticate", challenge.encode("latin-1")))
    body = {"error": error.code.value, "error_description": error.description}
    return json_reply(body, status=error.status, headers=headers)
