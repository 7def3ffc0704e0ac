"""``POST /np/oauth/token``: a code for the account id, or for tokens of OpenID Connect."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.audit import Actor, record
from doorward.clients import Applications, AuthenticatedClient
from doorward.db import Clock, Database, Transaction
from doorward.dialects.neon_crm.front import DIALECT, complete_redirect_uri
from doorward.dialects.root import RootClients
from doorward.http import NO_STORE, Call, Reply, json_reply
from doorward.orgs import Tenant, tenant_of
from doorward.protocol import (
    ErrorCode,
    OAuthError,
    Parameters,
    parse_client_credentials,
    verify_code_verifier,
)
from doorward.token import TOKENS_REUSED, TokenPipeline
from doorward.tokens import StoredCode, Tokens

__all__ = ["TOKEN_PATH", "ConstituentTokenEndpoint", "ConstituentTokenServices"]

TOKEN_PATH = "/np/oauth/token"  # noqa: S105 - an address
_GRANTS = frozenset({"authorization_code", "refresh_token"})
_FORM = "application/x-www-form-urlencoded"
_HOW = f"Send a POST request with Content-Type: {_FORM}"


@dataclass(frozen=True, slots=True)
class ConstituentTokenServices:
    """The rooms that the endpoint stands on."""

    db: Database
    clock: Clock
    applications: Applications
    tokens: Tokens


class ConstituentTokenEndpoint:
    """The dialect's token endpoint, under an organization and at the installation's root."""

    def __init__(
        self, services: ConstituentTokenServices, pipeline: TokenPipeline, root: RootClients
    ) -> None:
        """Work with ``services``; codes of OpenID Connect are redeemed by ``pipeline``.

        At the root, ``root`` finds who calls.
        """
        self._use = services
        self._pipeline = pipeline
        self._root = root

    async def answer(self, call: Call) -> Reply:
        """``POST`` under an organization. Raises ``OAuthError``, which the error door renders."""
        params = _form(call)
        presented = parse_client_credentials(call.authorization(), params)
        tenant = tenant_of(call.scope)
        client = await self._use.applications.authenticate(
            tenant.org_id, presented, any_secret_method=True
        )
        return json_reply(await self._redeem(tenant, client, params))

    async def answer_at_root(self, call: Call) -> Reply:
        """``POST`` at the root: the organization is found from the client id."""
        params = _form(call)
        tenant, client = await self._root.find(params, call.authorization())
        return json_reply(await self._redeem(tenant, client, params))

    async def explain(self, call: Call) -> Reply:
        """Any other method: how to ask, in the form that the client can read."""
        body = {
            "error": ErrorCode.INVALID_REQUEST.value,
            "error_description": f"{_HOW}, not {call.method}.",
        }
        return json_reply(body, status=405, headers=((b"allow", b"POST"), *NO_STORE))

    async def _redeem(
        self, tenant: Tenant, client: AuthenticatedClient, params: Parameters
    ) -> dict[str, object]:
        grant_type = params.require("grant_type")
        if grant_type not in _GRANTS:
            raise OAuthError(
                ErrorCode.UNSUPPORTED_GRANT_TYPE, "grant_type must be authorization_code."
            )
        if grant_type == "authorization_code":
            found = await self._use.tokens.find_code(tenant.org_id, params.require("code"))
            if found is None:
                raise _invalid("the code is unknown or damaged")
            code, account_active = found
            if code.facts.dialect == DIALECT:
                self._verify(client, params, code)
                if not client.application.may_be_used_by(code.facts.account_id):
                    raise _invalid("the application is not approved, and has other test users")
                if not account_active:
                    raise _invalid("the account is not active")
                return {"access_token": await self._identify(client, code)}
        return await self._pipeline.serve(tenant, client, params)

    def _verify(self, client: AuthenticatedClient, params: Parameters, code: StoredCode) -> None:
        facts, application = code.facts, client.application
        if facts.client_id != application.client_id:
            raise _invalid("the code was issued to another client")
        asked = complete_redirect_uri(params.require("redirect_uri"), application.redirect_uris)
        if asked != facts.redirect_uri:
            raise _invalid("redirect_uri differs from the authorization request")
        verify_code_verifier(params.get("code_verifier"), facts.code_challenge)
        if code.expires_at <= self._use.clock():
            raise OAuthError(ErrorCode.INVALID_REQUEST, "Authorization code expired.")

    async def _identify(self, client: AuthenticatedClient, code: StoredCode) -> str:
        """The account id, for exactly one caller. Nothing else is issued for such a code."""
        use = self._use
        family_id = use.db.next_id()

        async def work(tx: Transaction) -> bool:
            if not await use.tokens.redeem_code(tx, code, family_id):
                return False
            by = Actor(kind="client", id=client.application.client_id)
            event = by.did("account.identified", code.org_id, ("account", _subject(code)))
            await record(tx, event, event_id=use.db.next_id(), now=use.clock())
            return True

        if not await use.db.unit(work):
            await self._note_replay(code)
            raise _invalid("the code was redeemed before")
        return _subject(code)

    async def _note_replay(self, code: StoredCode) -> None:
        TOKENS_REUSED.add("authorization_code")
        by = Actor(kind="client", id=code.facts.client_id)
        event = by.did("code.replayed", code.org_id, ("account", _subject(code)))

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self._use.db.next_id(), now=self._use.clock())

        await self._use.db.unit(work)


def _form(call: Call) -> Parameters:
    if not (call.header(b"content-type") or "").lower().startswith(_FORM):
        raise OAuthError(ErrorCode.INVALID_REQUEST, f"{_HOW}, and the parameters in its body.")
    return call.form()


def _subject(code: StoredCode) -> str:
    return str(code.facts.account_id)


def _invalid(detail: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, "Authorization code invalid", detail=detail)
