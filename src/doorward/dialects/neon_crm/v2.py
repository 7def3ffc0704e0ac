"""API v2: HTTP Basic with organization and key, one table of operations, errors as an array."""

from __future__ import annotations

import binascii
import logging
import re
from base64 import b64decode
from typing import Final
from urllib.parse import parse_qsl

from doorward.apikeys import BadApiKey, StaffCaller
from doorward.db import Overloaded, Unavailable, Unrepresentable
from doorward.dialects.neon_crm.calls import CrmServices
from doorward.dialects.neon_crm.v2_accounts import OPERATIONS, V2Accounts, V2Call, V2Operation
from doorward.dialects.neon_crm.v2_replies import V2Error, error_reply, refusal_error
from doorward.http import ASGIApp, Call, Reply, as_asgi
from doorward.metrics import name_route
from doorward.orgs import (
    Organization,
    OrganizationSuspended,
    UnknownOrganization,
    find_tenant,
)
from doorward.protocol import Refusal

__all__ = ["V2_PREFIX", "VERSIONS", "ApiV2"]

log = logging.getLogger("doorward")

V2_PREFIX: Final = "/v2"
VERSIONS: Final = tuple(f"2.{minor}" for minor in range(12))
"""What ``NEON-API-VERSION`` may name. All are answered alike; without one it is the newest."""

_ACCOUNT = re.compile(r"/accounts/([0-9]{1,18})\Z", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_MOST_PARAMETERS: Final = 50
_BUSY_FOR = ((b"retry-after", b"2"),)


class ApiV2:
    """The application that is mounted at ``/v2``, at the root and under every organization."""

    def __init__(self, use: CrmServices) -> None:
        """Serve ``use``."""
        self._use = use
        accounts = V2Accounts(use)
        self._handlers = {each: accounts.handler(each) for each in OPERATIONS}
        self._by_path: dict[str, dict[str, V2Operation]] = {}
        for each in OPERATIONS:
            self._by_path.setdefault(each.path, {})[each.method] = each

    def as_asgi(self) -> ASGIApp:
        """The ASGI application."""
        return as_asgi(self._guarded, too_large=error_reply(V2Error("413")))

    async def refuse_organization(self, _call: Call) -> Reply:
        """The answer below an organization that is not served: it is no organization."""
        return error_reply(V2Error("14"))

    async def _guarded(self, call: Call) -> Reply:
        try:
            return await self._answer(call)
        except V2Error as error:
            return error_reply(error)
        except Refusal as refusal:
            return error_reply(refusal_error(refusal))
        except Unrepresentable:
            return error_reply(V2Error("400", "A value cannot be read."))
        except (Overloaded, Unavailable) as error:
            log.warning("%s: %s", call.scope["path"], error)
            return error_reply(V2Error("503", headers=_BUSY_FOR))
        except Exception:
            # The last door: a bug is answered and logged.
            number = call.scope.get("doorward.request_id")
            log.exception("request %s: %s failed", number, call.scope["path"])
            return error_reply(V2Error("1"))

    async def _answer(self, call: Call) -> Reply:
        org, caller = await self._authenticate(call)
        _verify_version(call)
        operation, account_id = self._find(call)
        name_route(call.scope, V2_PREFIX + operation.path)
        wait = self._use.limits.count(caller.key_id)
        if wait is not None:
            raise V2Error("429", headers=((b"retry-after", str(wait).encode()),))
        if not caller.may(operation.permission):
            raise V2Error("403")
        _verify_content_type(call)
        return await self._handlers[operation](
            V2Call(
                org=org,
                caller=caller,
                address=call.client_address,
                query=_query(call),
                body=call.body,
                account_id=account_id,
            )
        )

    async def _authenticate(self, call: Call) -> tuple[Organization, StaffCaller]:
        """Whoever presents an organization and a key of it, by HTTP Basic (RFC 7617)."""
        org_id, key = _basic(call)
        if not org_id:
            raise V2Error("12")
        if not key:
            raise V2Error("10")
        tenant = find_tenant(call.scope)
        if tenant is not None and tenant.org_id != org_id:
            raise V2Error("14")
        try:
            org = await self._use.get_organization(org_id)
        except (UnknownOrganization, OrganizationSuspended) as unknown:
            raise V2Error("14") from unknown
        try:
            return org, await self._use.api_keys.authenticate(org_id, key, call.client_address)
        except BadApiKey as bad:
            raise V2Error("13") from bad

    def _find(self, call: Call) -> tuple[V2Operation, int]:
        path = str(call.scope["path"])
        methods = self._by_path.get(path)
        account_id = 0
        if methods is None:
            named = _ACCOUNT.match(path)
            if named is None:
                raise V2Error("404")
            methods, account_id = self._by_path["/accounts/{account_id}"], int(named[1])
        operation = methods.get("GET" if call.method == "HEAD" else call.method)
        if operation is None:
            allowed = ", ".join(methods).encode()
            raise V2Error("405", headers=((b"allow", allowed),))
        return operation, account_id


def _basic(call: Call) -> tuple[str, str]:
    """The two halves of the Authorization header. Raises ``V2Error``."""
    values = [bytes(value) for name, value in call.scope["headers"] if name == b"authorization"]
    if not values:
        raise V2Error("10")
    if len(values) > 1:
        raise V2Error("400", "There is more than one Authorization header.")
    scheme, _, encoded = values[0].decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        raise V2Error("15")
    if scheme.lower() != "basic":
        raise V2Error("10")
    try:
        text = b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise V2Error("13") from error
    org_id, _colon, key = text.partition(":")
    if _CONTROL.search(org_id):
        raise V2Error("14")
    return org_id, key


def _verify_version(call: Call) -> bool:
    """True when the version that is asked for is known. Raises ``V2Error``."""
    version = call.header(b"neon-api-version")
    if version is not None and version.strip() not in VERSIONS:
        raise V2Error("400", f"NEON-API-VERSION is one of {VERSIONS[0]} to {VERSIONS[-1]}.")
    return True


def _verify_content_type(call: Call) -> bool:
    """True for a body that is JSON by its own account, and for none. Raises ``V2Error``."""
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if call.body and kind not in {"application/json", ""}:
        raise V2Error("415")
    return True


def _query(call: Call) -> dict[str, str]:
    """The parameters of the query, each once. Raises ``V2Error``."""
    try:
        pairs = parse_qsl(
            bytes(call.scope["query_string"]).decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise V2Error("400", "The query cannot be read.") from error
    query = dict(pairs)
    if len(query) != len(pairs):
        raise V2Error("400", "Send each parameter once.")
    return query
