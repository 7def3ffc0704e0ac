"""Proving who calls: a staff access token (RFC 6750) or an API key."""

from __future__ import annotations

from collections.abc import Mapping

from doorward.accounts import Account, AccountKind, Accounts, UnknownAccount
from doorward.apikeys import ApiKeys
from doorward.clients import Application, Applications
from doorward.console.api.model import MANAGEMENT
from doorward.console.api.refusals import (
    AmbiguousCredentials,
    NoCredentials,
    NotForUs,
    NotStaff,
)
from doorward.crypto import ValueKind
from doorward.orgs import Tenant
from doorward.protocol import ErrorCode, OAuthError, parse_bearer
from doorward.tokens import BearerGuard

__all__ = ["Credentials"]

_KEY_PREFIX = f"dw_{ValueKind.API_KEY.value}_"


class Credentials:
    """Reads and verifies the credential of a request."""

    def __init__(
        self,
        *,
        guard: BearerGuard,
        accounts: Accounts,
        api_keys: ApiKeys,
        applications: Applications,
    ) -> None:
        """Believe ``guard`` about tokens and ``api_keys`` about keys."""
        self._guard = guard
        self._applications = applications
        self._accounts = accounts
        self._api_keys = api_keys

    async def verify(
        self, tenant: Tenant, headers: Mapping[str, str], address: str | None
    ) -> Account:
        """The member of staff who calls, as their account is at this moment.

        ``address`` is where the request comes from. Raises ``NoCredentials``,
        ``AmbiguousCredentials``, ``NotStaff``, ``BadApiKey``, or ``OAuthError``
        (``invalid_token``, ``insufficient_scope``).
        """
        authorization, key = headers.get("authorization"), headers.get("x-api-key")
        if authorization is not None and key is not None:
            raise AmbiguousCredentials
        if key is None:
            presented = _bearer(authorization)
            if presented is None:
                raise NoCredentials
            if not presented.startswith(_KEY_PREFIX):
                return await self._by_token(tenant, authorization)
            key = presented
        caller = await self._api_keys.authenticate(tenant.org_id, key, address)
        return _verified_staff(caller.account)

    async def find_application(
        self, tenant: Tenant, headers: Mapping[str, str]
    ) -> Application | None:
        """The application whose server calls with a token of its own; None for anybody else.

        Such a token is for no API: those that are show themselves to others than us. Raises
        ``AmbiguousCredentials``, ``NotForUs``, or ``OAuthError``.
        """
        authorization = headers.get("authorization")
        if authorization is not None and "x-api-key" in headers:
            raise AmbiguousCredentials
        presented = _bearer(authorization)
        if presented is None or presented.startswith(_KEY_PREFIX):
            return None
        active = await self._guard.verify(tenant.org_id, authorization)
        if active.account_id is not None:
            return None
        if active.audience:
            raise NotForUs
        return await self._applications.find(tenant.org_id, active.client_id)

    async def _by_token(self, tenant: Tenant, authorization: str | None) -> Account:
        active = await self._guard.verify(tenant.org_id, authorization)
        if active.account_id is None:
            # An application that acts for itself is nobody's account.
            raise NotStaff
        try:
            account = await self._accounts.get(tenant.org_id, active.account_id)
        except UnknownAccount as gone:
            raise NotStaff from gone
        staff = _verified_staff(account)
        if MANAGEMENT not in active.scopes:
            raise OAuthError(
                ErrorCode.INSUFFICIENT_SCOPE, f"The access token lacks the scope {MANAGEMENT}."
            )
        return staff


def _bearer(authorization: str | None) -> str | None:
    try:
        return parse_bearer(authorization)
    except OAuthError as error:
        # RFC 6750 3.1 calls a malformed token an invalid one.
        raise OAuthError(ErrorCode.INVALID_TOKEN, error.description) from error


def _verified_staff(account: Account) -> Account:
    if account.kind is not AccountKind.SYSTEM or not account.is_active:
        raise NotStaff
    return account
