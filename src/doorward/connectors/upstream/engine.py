"""The outbound client: one method for each thing that is asked of a platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import msgspec

from doorward.connectors.grants import Category, Grant, Party, Plan, UpstreamFailure
from doorward.connectors.model import Choice
from doorward.connectors.requests import TokenRequest
from doorward.connectors.upstream.address import Visit, authorization_address
from doorward.connectors.upstream.answers import Answer, is_success, read_answer, text_at
from doorward.connectors.upstream.api_addresses import api_address
from doorward.connectors.upstream.assertions import claims_of, filled, sign_with_key
from doorward.connectors.upstream.callback import read_callback, verify_callback
from doorward.connectors.upstream.calls import Caller, Verified
from doorward.connectors.upstream.delivery import deliver
from doorward.connectors.upstream.failures import classify, error_code, is_of_client
from doorward.connectors.upstream.grant_reading import carry_forward, read_claims, read_grant
from doorward.connectors.upstream.known import Known, find_variable, know, redirect_uri_of
from doorward.connectors.upstream.request_tokens import read_request_token, verify_request_token
from doorward.connectors.upstream.revoking import Revoked, Revoker
from doorward.connectors.upstream.sending import add_query, send, verify_address
from doorward.connectors.upstream.tokens import Ask, build_token_request
from doorward.crypto import Random, Secret
from doorward.db import Clock
from doorward.http import Outbound, OutboundRequest

__all__ = ["ClientProbe", "Upstream"]

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_UNAUTHORIZED = 401
_BOGUS_CODE = "doorward-is-only-asking"


class ClientProbe(StrEnum):
    """What a dry run said of a registration: a hint, no proof."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Upstream:
    """Speaks with platforms as their manifests say. It keeps nothing.

    Every method raises ``UpstreamFailure``, and nothing else, for what a platform, the network or
    a manifest can do wrong.
    """

    def __init__(self, outbound: Outbound, clock: Clock, random: Random) -> None:
        """Send through ``outbound``."""
        self._outbound = outbound
        self._clock = clock
        self._random = random

    async def settle(self, plan: Plan) -> Plan:
        """``plan`` as everything else is asked with it: a manifest's needs nothing more."""
        return plan

    def authorization_url(
        self,
        plan: Plan,
        *,
        state: str,
        challenge: str | None = None,
        nonce: str | None = None,
        reconnect: bool = False,
    ) -> str:
        """The address to send the person to."""
        rule = plan.option.authorize
        if rule is None:
            raise _lacks("authorize")
        if rule.pkce == "required" and challenge is None:
            raise _lacks("challenge")
        address = authorization_address(plan, rule, Visit(state, challenge, nonce, reconnect))
        verify_address(self._outbound, address.partition("#")[0])
        return address

    async def request_token(self, plan: Plan, *, state: str) -> dict[str, Secret[str]]:
        """What a visit of OAuth 1.0a begins with, for the plan's secret values; else nothing.

        ``state`` comes back in the address that the platform is told (RFC 5849 2.1).
        """
        rule = plan.option.authorize.request_token if plan.option.authorize is not None else None
        if rule is None:
            return {}
        back = add_query(redirect_uri_of(plan), {"state": state})
        answer, _ = await self._ask(Ask(plan, rule, know(plan), {"oauth_callback": back}))
        return read_request_token(answer)

    async def exchange(
        self,
        plan: Plan,
        *,
        code: str,
        verifier: str | None,
        callback: Mapping[str, str],
        nonce: str | None = None,
    ) -> Grant:
        """Turn the code of a callback into a grant, once the callback itself is verified."""
        rule, authorize = _token_rule(plan), plan.option.authorize
        known = know(plan)
        verify_callback(plan, callback, known)
        captured = read_callback(plan, callback)
        code = code or callback.get(plan.option.callback.code_param, "")
        if not code:
            raise UpstreamFailure(Category.MANIFEST, "no_code", sent=False)
        params = {"grant_type": "authorization_code", "code": code}
        if rule.include_redirect_uri:
            params["redirect_uri"] = redirect_uri_of(plan)
        if verifier is not None and authorize is not None and authorize.pkce != "off":
            params["code_verifier"] = verifier
        if rule.echo_state:
            params["state"] = callback.get("state", "")
        params |= _scope_param(plan, rule)
        if rule.client_auth == "oauth1":
            verify_request_token(plan, callback)
            params = {"oauth_verifier": code}
        ask = Ask(plan, rule, known.plus(captured), params)
        answer, used = await self._ask(ask)
        grant = read_grant(plan, answer, now=self._clock())
        _verify_nonce(plan, grant, nonce)
        return replace(grant, secret_used=used, captures={**captured, **grant.captures})

    async def refresh(self, plan: Plan, grant: Grant) -> Grant:
        """A newer grant for ``grant``, whole: with all that the answer did not repeat."""
        kind = plan.option.refresh_policy.kind
        if kind == "relogin":
            return carry_forward(await self.obtain(plan), grant)
        rule = _refresh_rule(plan)
        params = {"grant_type": "refresh_token"}
        if kind == "access_token_exchange":
            params = {"access_token": grant.access_token.reveal()}
        elif kind == "none" or grant.refresh_token is None:
            raise UpstreamFailure(Category.DEAD_GRANT, "no_refresh_token", sent=False)
        else:
            params["refresh_token"] = grant.refresh_token.reveal()
        ask = Ask(plan, rule, know(plan, grant), params | _scope_param(plan, rule))
        answer, used = await self._ask_with_fewer_scopes(ask)
        new = read_grant(plan, answer, now=self._clock(), kept=grant)
        return replace(carry_forward(new, grant), secret_used=used)

    async def obtain(self, plan: Plan) -> Grant:
        """A grant that needs no visit: the client's own, by password, by a JWT, or a login."""
        rule, known = _token_rule(plan), know(plan)
        params: dict[str, str] = {}
        if plan.option.type == "oauth2_client_credentials":
            params = {"grant_type": "client_credentials"}
        elif plan.option.type == "oauth2_password":
            params = {
                "grant_type": "password",
                "username": known.fill("{username}", "text"),
                "password": known.fill("{password}", "text"),
            }
        elif plan.option.type == "jwt_bearer":
            url = known.fill(rule.url, "url")
            now = self._clock()
            claims = claims_of(rule.assertion, known, url=url, now=now, random=self._random)
            signed = sign_with_key(filled(rule.assertion, known), plan, claims)
            params = {"grant_type": _JWT_BEARER, "assertion": signed}
        answer, used = await self._ask(Ask(plan, rule, known, params | _scope_param(plan, rule)))
        return replace(read_grant(plan, answer, now=self._clock()), secret_used=used)

    async def after_connecting(self, plan: Plan, grant: Grant) -> Grant:
        """``grant`` with what the manifest's steps after connecting brought.

        Taken again whenever ``session_expires_at`` has passed.
        """
        return await self._caller(plan).after_connecting(grant)

    async def accounts(self, plan: Plan, grant: Grant) -> tuple[Choice, ...]:
        """The accounts behind one token. What is chosen goes into the plan's values."""
        return await self._caller(plan).accounts(grant)

    async def identify(self, plan: Plan, grant: Grant | None) -> Party:
        """Whose account it is, as far as the platform tells."""
        return await self._caller(plan).identify(grant)

    async def verify(self, plan: Plan, grant: Grant | None) -> Verified:
        """Whether the credential is good, before it is kept."""
        return await self._caller(plan).verify(grant)

    async def revoke(
        self, plan: Plan, *, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        """Take tokens back, the refresh token first. What fails is told, not raised."""
        revoker = Revoker(self._outbound, plan, self._clock(), self._random)
        return await revoker.revoke(access=access, refresh=refresh)

    async def options(
        self, plan: Plan, variable: str, values: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        """The choices of a variable, by what was typed so far, secrets among it."""
        declared = find_variable(plan, variable)
        if declared is None:
            raise _lacks(variable)
        return await self._caller(plan).options(declared, *_by_secrecy(plan, values))

    async def probe_client(self, plan: Plan) -> ClientProbe:
        """Ask with a code that cannot be: what is refused tells whether the client is known."""
        rule = _token_rule(plan)
        try:
            if rule.client_auth == "oauth1":
                await self.request_token(plan, state=_BOGUS_CODE)
                return ClientProbe.ACCEPTED
            await self._ask_with_bogus_code(plan, rule)
        except UpstreamFailure as failure:
            if failure.category is Category.DEAD_GRANT:
                return ClientProbe.ACCEPTED
            if is_of_client(failure, rule.error):
                return ClientProbe.REFUSED
            if failure.category in {Category.FORBIDDEN_ADDRESS, Category.TRANSIENT}:
                raise
        return ClientProbe.UNKNOWN

    async def _ask_with_bogus_code(self, plan: Plan, rule: TokenRequest) -> None:
        params = {"grant_type": "authorization_code", "code": _BOGUS_CODE}
        if rule.include_redirect_uri:
            params["redirect_uri"] = redirect_uri_of(plan)
        authorize = plan.option.authorize
        if authorize is not None and authorize.pkce != "off":
            params["code_verifier"] = self._random(32).hex()
        await self._ask(Ask(plan, rule, know(plan), params))

    def api_address(self, plan: Plan, grant: Grant | None, wanted: str) -> str:
        """Where a call to the platform's API goes: a path below its base, or an allowed host."""
        return api_address(plan, grant, wanted)

    def deliver(self, plan: Plan, grant: Grant | None, request: OutboundRequest) -> OutboundRequest:
        """A call to the platform's API with the credential in it, signed where that is wanted.

        What the call itself said in those places is replaced.
        """
        return deliver(plan, grant, request, now=self._clock(), random=self._random)

    def _caller(self, plan: Plan) -> Caller:
        return Caller(self._outbound, plan, self._clock(), self._random)

    async def _ask_with_fewer_scopes(self, ask: Ask) -> tuple[Answer, int]:
        """A refresh whose scopes are refused is asked once more without (RFC 6749 6)."""
        try:
            return await self._ask(ask)
        except UpstreamFailure as failure:
            if failure.code != "invalid_scope" or "scope" not in ask.params:
                raise
        params = {name: value for name, value in ask.params.items() if name != "scope"}
        return await self._ask(replace(ask, params=params))

    async def _ask(self, ask: Ask) -> tuple[Answer, int]:
        """The good answer, and which secret it took; the next only after the client was refused."""
        secrets = ask.plan.client.secrets if ask.plan.client is not None else ()
        for number, secret in enumerate(secrets[:-1]):
            try:
                return await self._ask_with(ask, secret), number
            except UpstreamFailure as failure:
                if not is_of_client(failure, ask.rule.error):
                    raise
        last = secrets[-1] if secrets else None
        return await self._ask_with(ask, last), max(len(secrets) - 1, 0)

    async def _ask_with(self, ask: Ask, secret: Secret[str] | None) -> Answer:
        now = self._clock()
        request = build_token_request(ask, secret, now=now, random=self._random)
        reply = await send(self._outbound, request)
        answer = read_answer(reply, ask.plan.option.response.format, now=now)
        if is_success(answer, ask.rule.success) and not _is_error(ask, answer):
            return answer
        hidden = ask.known.plus_secret({"client_secret": secret.reveal() if secret else None})
        failure = classify(answer, ask.rule.error, hidden.plus_secret(dict(ask.params)))
        if ask.rule.client_auth == "oauth1" and answer.status == _UNAUTHORIZED:
            # RFC 5849 3.2: the status is the whole answer, whatever text comes with it.
            failure.category = Category.CONFIGURATION
        raise failure


def _is_error(ask: Ask, answer: Answer) -> bool:
    """Some platforms say 200 and an error; some say 200 and a token with an error of nothing."""
    if answer.content is None:
        return True
    response = ask.plan.option.response
    where = ".".join(part for part in (response.root, response.access_token) if part)
    if text_at(answer.content, where):
        return False
    return ask.rule.success.path is None and bool(error_code(answer.content, ask.rule.error))


def _token_rule(plan: Plan) -> TokenRequest:
    if plan.option.token is None or not plan.option.token.url:
        raise _lacks("token")
    return plan.option.token


def _refresh_rule(plan: Plan) -> TokenRequest:
    """The rule of refreshing: its own, or that of the exchange without what makes it one."""
    token = _token_rule(plan)
    own = plan.option.refresh
    if own is None:
        params = {name: value for name, value in token.params.items() if name != "grant_type"}
        return msgspec.structs.replace(token, params=params)
    return own if own.url else msgspec.structs.replace(own, url=token.url)


def _scope_param(plan: Plan, rule: TokenRequest) -> dict[str, str]:
    scope = plan.option.authorize.scope if plan.option.authorize is not None else None
    if not rule.include_scope or scope is None:
        return {}
    known: Known = know(plan)
    asked = [known.fill(each, "text") for each in (*scope.default, *scope.optional)]
    # A plus between scopes is how a form writes a space.
    separator = " " if scope.separator == "+" else scope.separator
    return {"scope": separator.join(asked)} if asked else {}


def _by_secrecy(plan: Plan, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name, value in values.items():
        variable = find_variable(plan, name)
        if variable is not None:
            (secret if variable.secret else plain)[name] = value
    return plain, secret


def _verify_nonce(plan: Plan, grant: Grant, nonce: str | None) -> None:
    """OpenID Connect Core 3.1.3.7, 11: an ID token of another visit is not ours."""
    rule = plan.option.authorize
    if rule is None or not rule.nonce or nonce is None or grant.id_token is None:
        return
    if read_claims(grant.id_token).get("nonce") != nonce:
        raise UpstreamFailure(Category.MANIFEST, "wrong_nonce")


def _lacks(what: str) -> UpstreamFailure:
    return UpstreamFailure(Category.MANIFEST, f"no_{what}"[:64], sent=False)
