"""The token endpoint is one fixed pipeline; a grant only fills its hooks.

Parse, authenticate the client, choose the grant, check that the client may use it, let the grant
prove what it presents, check scopes and audience, issue, answer. No grant issues by itself, so
none can forget a shared step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from doorward.clients import Application, Applications, AuthenticatedClient, Usage
from doorward.crypto import Secret
from doorward.db import SECOND, Clock, Database, Memory
from doorward.keys import Keys
from doorward.metrics import Counter, Family, Kind
from doorward.orgs import Tenant
from doorward.protocol import (
    OPENID,
    AccessTokenFacts,
    ErrorCode,
    IdTokenFacts,
    OAuthError,
    Parameters,
    access_token_claims,
    id_token_claims,
    parse_client_credentials,
    render_scope,
)
from doorward.scopes import Scopes, SigningAlg
from doorward.token.audience import choose_audience
from doorward.tokens import AccessOrder, MintedAccess, Tokens, sign_jwt

__all__ = [
    "TOKENS_ISSUED",
    "TOKENS_REUSED",
    "Basis",
    "Bought",
    "Grant",
    "TokenPipeline",
    "TokenRequest",
    "TokenServices",
]

TOKENS_ISSUED: Final = Counter(
    Family(
        "doorward_tokens_issued_total",
        Kind.COUNTER,
        "Answers of the token endpoint that held an access token, by grant.",
        ("grant",),
    ),
    ("authorization_code", "refresh_token", "client_credentials"),
)
TOKENS_REUSED: Final = Counter(
    Family(
        "doorward_token_reuse_detected_total",
        Kind.COUNTER,
        "Codes and refresh tokens that were presented after they had been used.",
        ("kind",),
    ),
    ("authorization_code", "refresh_token"),
)


@dataclass(frozen=True, slots=True)
class TokenServices:
    """The rooms that the token endpoint stands on."""

    db: Database
    clock: Clock
    applications: Applications
    scopes: Scopes
    keys: Keys
    tokens: Tokens
    usage: Usage


class TokenRequest(msgspec.Struct, frozen=True):
    """A request whose client is authenticated and may use the grant."""

    tenant: Tenant
    application: Application
    params: Parameters


class Basis(msgspec.Struct, frozen=True):
    """What a grant proved: for whom, which scopes at most, and what the ID token says.

    ``state`` is the grant's own and comes back to it in ``redeem``.
    """

    account_id: int | None
    family_id: int | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    auth_at: int | None
    session_id: int | None
    nonce: str | None
    state: object = None
    methods: tuple[str, ...] = ()


class Bought(msgspec.Struct, frozen=True):
    """What a redeemed grant hands out. ``scopes`` and ``expires_at`` describe ``access``."""

    access: Secret[str]
    refresh: Secret[str] | None
    scopes: tuple[str, ...]
    expires_at: int


class _Terms(msgspec.Struct, frozen=True):
    """For which APIs an access token is, how long, and the algorithm where it is a JWT."""

    audience: tuple[str, ...]
    lifetime_s: int
    jwt_alg: SigningAlg | None


class Grant(Protocol):
    """The hooks of one grant type."""

    async def verify(self, request: TokenRequest) -> Basis:
        """Prove what the request presents, without changing anything. Raises ``OAuthError``."""

    async def redeem(self, request: TokenRequest, basis: Basis, access: MintedAccess) -> Bought:
        """Win the gate and store ``access`` with whatever belongs to it. Raises ``OAuthError``."""


class TokenPipeline:
    """``POST /oauth2/token`` without its web side."""

    def __init__(self, services: TokenServices, grants: Mapping[str, Grant]) -> None:
        """Serve ``grants``, by their ``grant_type``."""
        self._use = services
        self._grants = grants
        self._known_terms: Memory[tuple[object, ...], _Terms] = Memory(services.db)

    async def answer(
        self, tenant: Tenant, params: Parameters, authorization: str | None
    ) -> dict[str, object]:
        """The token response (RFC 6749 5.1). Raises ``OAuthError``."""
        try:
            client = await self._use.applications.prove(tenant.org_id, authorization, params)
        except OAuthError as error:
            presented = parse_client_credentials(authorization, params)
            known = await self._use.applications.find(tenant.org_id, presented.client_id)
            if known is not None:
                self._use.usage.refused(tenant.org_id, known.client_id, error.code.value)
            raise
        return await self.serve(tenant, client, params)

    async def serve(
        self, tenant: Tenant, client: AuthenticatedClient, params: Parameters
    ) -> dict[str, object]:
        """The token response for a client that has proved itself. Raises ``OAuthError``."""
        client_id, usage = client.application.client_id, self._use.usage
        try:
            answer = await self._serve(tenant, client.application, params)
        except OAuthError as error:
            usage.refused(tenant.org_id, client_id, error.code.value)
            raise
        usage.issued(tenant.org_id, client_id)
        TOKENS_ISSUED.add(params.require("grant_type"))
        return answer

    async def _serve(
        self, tenant: Tenant, application: Application, params: Parameters
    ) -> dict[str, object]:
        grant_type = params.require("grant_type")
        grant = self._grants.get(grant_type)
        if grant is None:
            raise OAuthError(ErrorCode.UNSUPPORTED_GRANT_TYPE, "This grant type is not supported.")
        if grant_type not in application.grant_types:
            raise OAuthError(
                ErrorCode.UNAUTHORIZED_CLIENT, "This application may not use this grant type."
            )
        request = TokenRequest(tenant, application, params)
        basis = await grant.verify(request)
        _verify_may_act(application, basis.account_id)
        access = await self._mint(request, basis)
        bought = await grant.redeem(request, basis, access)
        return await self._render(request, basis, bought)

    async def _mint(self, request: TokenRequest, basis: Basis) -> MintedAccess:
        terms = await self._terms(request, basis)
        order = AccessOrder(
            org_id=request.tenant.org_id,
            client_id=request.application.client_id,
            account_id=basis.account_id,
            family_id=basis.family_id,
            scopes=basis.scopes,
            audience=terms.audience,
            lifetime_s=terms.lifetime_s,
        )
        if terms.jwt_alg is not None:
            order = await self._as_jwt(request, basis, order, terms.jwt_alg)
        return self._use.tokens.mint_access(order)

    async def _terms(self, request: TokenRequest, basis: Basis) -> _Terms:
        """What the scopes make of an access token: thought about once, until anything changes."""
        tenant, asked = request.tenant, request.params.resources
        key = (tenant.org_id, basis.scopes, asked, basis.resources)
        known = await self._known_terms.recall(key)
        if known is not None:
            return known
        version = self._known_terms.version
        catalogue = await self._use.scopes.catalogue(tenant.org_id)
        apis = choose_audience(catalogue, basis.scopes, asked=asked, allowed=basis.resources)
        policy = tenant.org.policy
        lifetimes = [api.access_token_s for api in apis if api.access_token_s is not None]
        in_jwt = bool(apis) and all(api.token_format == "jwt" for api in apis)  # noqa: S105 - a format
        terms = _Terms(
            audience=tuple(api.identifier for api in apis),
            lifetime_s=min([policy.access_token_s, *lifetimes]),
            jwt_alg=apis[0].signing_alg if in_jwt else None,
        )
        await self._known_terms.keep(key, terms, version)
        return terms

    async def _as_jwt(
        self, request: TokenRequest, basis: Basis, order: AccessOrder, alg: SigningAlg
    ) -> AccessOrder:
        """RFC 9068, where every API in the audience asks for it."""
        signer = await self._use.keys.signer(request.tenant.org_id, alg)

        def sign(minted: MintedAccess) -> str:
            subject = minted.client_id if basis.account_id is None else str(basis.account_id)
            facts = AccessTokenFacts(
                issuer=request.tenant.issuer,
                subject=subject,
                client_id=minted.client_id,
                audience=minted.audience,
                scope=render_scope(minted.scopes),
                token_id=str(minted.token_id),
                issued_at=minted.issued_at,
                expires_at=minted.expires_at,
                auth_at=basis.auth_at,
                methods=basis.methods,
            )
            return sign_jwt(signer, access_token_claims(facts), typ="at+jwt")

        return replace(order, sign=sign)

    async def _render(
        self, request: TokenRequest, basis: Basis, bought: Bought
    ) -> dict[str, object]:
        access = bought.access.reveal()
        answer: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": _seconds(bought.expires_at - self._use.clock()),
        }
        if bought.scopes:
            answer["scope"] = render_scope(bought.scopes)
        if bought.refresh is not None:
            answer["refresh_token"] = bought.refresh.reveal()
        if basis.account_id is not None and OPENID in bought.scopes:
            answer["id_token"] = await self._id_token(request, basis, access)
        return answer

    async def _id_token(self, request: TokenRequest, basis: Basis, access: str) -> str:
        application = request.application
        signer = await self._use.keys.signer(request.tenant.org_id, application.id_token_alg)
        facts = IdTokenFacts(
            issuer=request.tenant.issuer,
            subject=str(basis.account_id),
            client_id=application.client_id,
            now=self._use.clock(),
            lifetime_s=request.tenant.org.policy.access_token_s,
            auth_at=basis.auth_at or 0,
            methods=basis.methods,
            nonce=basis.nonce,
            session=None if basis.session_id is None else str(basis.session_id),
            access_token=access,
        )
        return sign_jwt(signer, id_token_claims(facts), typ="JWT")


def _verify_may_act(application: Application, account_id: int | None) -> bool:
    """True unless the application waits for its review, and this is none of its test users."""
    if application.may_be_used_by(account_id):
        return True
    if account_id is None:
        raise OAuthError(
            ErrorCode.UNAUTHORIZED_CLIENT, "This application is not approved to act for itself."
        )
    raise OAuthError(
        ErrorCode.INVALID_GRANT, "This application is not approved, and has other test users."
    )


def _seconds(left: int) -> int:
    """Microseconds as whole seconds: a fresh token's lifetime is told as it was set."""
    return max((left + SECOND // 2) // SECOND, 0)
