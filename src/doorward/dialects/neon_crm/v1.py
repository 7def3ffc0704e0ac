"""API v1: sign in with a key, then call with the session's identifier as a parameter."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from doorward.accounts import Account, AccountKind, BadSearch, UnknownAccount, UserType
from doorward.apikeys import BadApiKey, BadApiSession, StaffCaller
from doorward.brakes import Braked
from doorward.db import Overloaded, Unavailable, Unrepresentable
from doorward.dialects.neon_crm.calls import CrmServices, get_constituent
from doorward.dialects.neon_crm.v1_documents import (
    render_genders,
    render_individual,
    render_organization,
)
from doorward.dialects.neon_crm.v1_envelopes import (
    Envelope,
    Form,
    V1Error,
    failure,
    form_of,
    success,
)
from doorward.dialects.neon_crm.v1_parameters import V1Parameters, parse_v1_parameters
from doorward.dialects.neon_crm.v1_search import parse_listing, render_listing
from doorward.dialects.neon_crm.wire import Json
from doorward.http import Call, Endpoint, Reply
from doorward.orgs import OrganizationSuspended, Permission, UnknownOrganization, find_tenant

__all__ = ["OPERATIONS_V1", "V1_PREFIX", "ApiV1", "V1Operation"]

log = logging.getLogger("doorward")

V1_PREFIX: Final = "/neonws"
_ROOT: Final = f"{V1_PREFIX}/services/api"
_OPERATION = re.compile(r"[A-Za-z]{1,64}\Z", re.ASCII)
_LARGEST_ID: Final = (1 << 53) - 1
_BUSY_FOR_S: Final = 2


@dataclass(frozen=True, slots=True)
class V1Operation:
    """One operation: its path, the permission that it needs, and the name of its handler."""

    path: str
    permission: Permission
    handler: str

    @property
    def name(self) -> str:
        """What the envelope calls it."""
        return self.path.rpartition("/")[2]


OPERATIONS_V1: Final = (
    V1Operation(
        "/account/retrieveIndividualAccount", Permission.ACCOUNTS_READ, "retrieve_individual"
    ),
    V1Operation(
        "/account/retrieveOrganizationAccount", Permission.ACCOUNTS_READ, "retrieve_organization"
    ),
    V1Operation("/account/listAccounts", Permission.ACCOUNTS_READ, "list_accounts"),
    V1Operation("/account/listGenders", Permission.ACCOUNTS_READ, "list_genders"),
)
"""Everything that a session opens."""


@dataclass(frozen=True, slots=True)
class V1Call:
    """One call of a proved caller."""

    caller: StaffCaller
    params: V1Parameters

    @property
    def org_id(self) -> str:
        """The organization that everything in this call is about."""
        return self.caller.account.org_id


Members = Mapping[str, Json]
Handler = Callable[[V1Call], Awaitable[Members]]
Work = Callable[[Call, V1Parameters], Awaitable[tuple[Members, str | None]]]


class ApiV1:
    """The endpoints of API v1, at the root and under every organization."""

    def __init__(self, use: CrmServices) -> None:
        """Serve ``use``."""
        self._use = use

    def endpoints(self) -> dict[str, Endpoint]:
        """Every address, and what answers there by GET and by POST."""
        found: dict[str, Endpoint] = {
            f"{_ROOT}/common/login": self._enveloped("login", self._log_in),
            f"{_ROOT}/common/logout": self._enveloped("logout", self._log_out),
        }
        for each in OPERATIONS_V1:
            found[_ROOT + each.path] = self._enveloped(each.name, self._guarded(each))
        return found

    async def refuse_organization(self, call: Call) -> Reply:
        """The answer below an organization that is not served: it is no organization."""
        return await self._refuse(call, V1Error(14))

    async def missing(self, call: Call) -> Reply:
        """The answer to an operation that is not here."""
        reply = await self._refuse(call, V1Error(404, "There is no such operation."))
        return replace(reply, status=404)

    async def _refuse(self, call: Call, error: V1Error) -> Reply:
        async def refuse(_call: Call, _params: V1Parameters) -> tuple[Members, str | None]:
            raise error

        named = _OPERATION.search(str(call.scope["path"]))
        return await self._enveloped("request" if named is None else named[0], refuse)(call)

    def _enveloped(self, operation: str, work: Work) -> Callable[[Call], Awaitable[Reply]]:
        async def answer(call: Call) -> Reply:
            form: Form = "json"
            try:
                form = form_of(call, None)
                params = parse_v1_parameters(call)
                form = form_of(call, params.find("responseType"))
                members, message = await work(call, params)
            except Exception as error:  # noqa: BLE001 - the last door: whatever it is, it answers
                envelope = Envelope(operation, form, self._use.clock())
                return failure(envelope, _error_of(call, error))
            return success(Envelope(operation, form, self._use.clock()), members, message)

        return answer

    async def _log_in(self, call: Call, params: V1Parameters) -> tuple[Members, str | None]:
        org_id, key = params.find("login.orgId"), params.find("login.apiKey")
        if org_id is None:
            raise V1Error(12)
        if key is None:
            raise V1Error(10)
        tenant = find_tenant(call.scope)
        if tenant is not None and tenant.org_id != org_id:
            raise V1Error(14)
        try:
            await self._use.get_organization(org_id)
        except (UnknownOrganization, OrganizationSuspended) as unknown:
            raise V1Error(14) from unknown
        session_id, caller = await self._use.api_sessions.open(org_id, key, call.client_address)
        self._count(caller)
        return {"userSessionId": session_id.reveal()}, "User logged in."

    async def _log_out(self, call: Call, params: V1Parameters) -> tuple[Members, str | None]:
        tenant = find_tenant(call.scope)
        org_id = None if tenant is None else tenant.org_id
        await self._use.api_sessions.close(_session_id(params), call.client_address, org_id)
        return {}, "User logged out."

    def _guarded(self, operation: V1Operation) -> Work:
        handle: Handler = getattr(self, f"_{operation.handler}")

        async def work(call: Call, params: V1Parameters) -> tuple[Members, str | None]:
            tenant = find_tenant(call.scope)
            org_id = None if tenant is None else tenant.org_id
            caller = await self._use.api_sessions.authenticate(
                _session_id(params), call.client_address, org_id
            )
            if tenant is None:
                await self._verify_served(caller)
            self._count(caller)
            if not caller.may(operation.permission):
                raise V1Error(5)
            return await handle(V1Call(caller, params)), None

        return work

    async def _verify_served(self, caller: StaffCaller) -> bool:
        """True unless the organization is suspended. Raises ``BadApiSession``."""
        try:
            await self._use.get_organization(caller.account.org_id)
        except (UnknownOrganization, OrganizationSuspended) as gone:
            raise BadApiSession from gone
        return True

    def _count(self, caller: StaffCaller) -> None:
        wait_s = self._use.limits.count(caller.key_id)
        if wait_s is not None:
            raise V1Error(2, wait_s=wait_s)

    async def _retrieve_individual(self, call: V1Call) -> Members:
        account = await self._find(call, UserType.INDIVIDUAL)
        details = await self._use.accounts.get_details(call.org_id, account.account_id)
        return {"individualAccount": render_individual(account, details)}

    async def _retrieve_organization(self, call: V1Call) -> Members:
        account = await self._find(call, UserType.COMPANY)
        details = await self._use.accounts.get_details(call.org_id, account.account_id)
        return {"organizationAccount": render_organization(account, details)}

    async def _list_accounts(self, call: V1Call) -> Members:
        asked = parse_listing(call.params)
        async with self._use.limits.search(call.org_id):
            page = await self._use.accounts.search(
                call.org_id, AccountKind.CONSTITUENT, asked.wanted
            )
            ids = [each.account_id for each in page.accounts]
            details = await self._use.accounts.list_details(call.org_id, ids)
        return render_listing(asked, page, details)

    async def _list_genders(self, _call: V1Call) -> Members:
        return render_genders()

    async def _find(self, call: V1Call, wanted: UserType) -> Account:
        if call.params.find("accountId") is None:
            raise V1Error(400, "accountId is required.")
        account_id = call.params.number("accountId", 1, _LARGEST_ID, 0)
        account = await get_constituent(self._use.accounts, call.org_id, account_id)
        if account.user_type is wanted:
            return account
        if wanted is UserType.INDIVIDUAL:
            raise V1Error(
                404, "This is an organization account: use account/retrieveOrganizationAccount."
            )
        raise V1Error(404, "This is an individual account: use account/retrieveIndividualAccount.")


def _session_id(params: V1Parameters) -> str:
    session_id = params.find("userSessionId")
    if session_id is None:
        raise V1Error(3)
    return session_id


def _error_of(call: Call, error: Exception) -> V1Error:
    """What the caller reads of ``error``; a bug is logged with the rest."""
    if isinstance(error, V1Error):
        return error
    for kind, code, message in (
        (BadApiKey, 13, None),
        (BadApiSession, 4, None),
        (UnknownAccount, 404, "There is no such account."),
        (BadSearch, 25, None),
        (Unrepresentable, 400, "A parameter cannot be read."),
    ):
        if isinstance(error, kind):
            return V1Error(code, message)
    if isinstance(error, Braked):
        return V1Error(2, wait_s=error.retry_after_s)
    if isinstance(error, Overloaded | Unavailable):
        log.warning("%s: %s", call.scope["path"], error)
        return V1Error(2, wait_s=_BUSY_FOR_S)
    number = call.scope.get("doorward.request_id")
    log.error("request %s: %s failed", number, call.scope["path"], exc_info=error)
    return V1Error(1)
