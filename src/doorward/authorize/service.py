"""From a request to a code: one question asked at every step, and one place that issues."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from doorward.audit import Actor
from doorward.authorize.front import Front, Terms
from doorward.authorize.hints import find_hinted_account
from doorward.clients import Application, Applications, Usage
from doorward.consents import Consent, Consents
from doorward.crypto import Secret
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.keys import Keys
from doorward.orgs import Tenant
from doorward.protocol import (
    AuthorizationRequest,
    ClientRules,
    Decision,
    ErrorCode,
    Issue,
    OAuthError,
    Parameters,
    Prompt,
    ReturnAddress,
    SignedIn,
    Situation,
    choose_session,
    decide,
    parse_authorization_request,
    parse_redirect_uri,
    render_scope,
    verify_return_address,
)
from doorward.scopes import Scopes
from doorward.sessions import Browser, Flow, FlowGone, Sessions, Visitor
from doorward.tokens import CodeFacts, Tokens

__all__ = [
    "Asked",
    "Authorizations",
    "BadReturnAddress",
    "Caller",
    "ClientNotLive",
    "ConsentGone",
    "Services",
    "UnknownClient",
]

_CODE = "authorization_code"
_CONSTITUENT = "constituent"
_REFRESH = "refresh_token"


class UnknownClient(Exception):
    """``client_id`` is missing or names nothing here."""


class ClientNotLive(Exception):
    """The application exists, but may not be used now."""


class BadReturnAddress(Exception):
    """Nothing may be sent to the redirect URI; ``error`` says which rule it breaks."""

    def __init__(self, error: OAuthError) -> None:
        """Refuse because of ``error``."""
        super().__init__(error.description)
        self.error = error


class ConsentGone(Exception):
    """The consent that was decided on was withdrawn meanwhile: decide again."""


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms that authorization stands on."""

    db: Database
    clock: Clock
    applications: Applications
    scopes: Scopes
    keys: Keys
    sessions: Sessions
    consents: Consents
    tokens: Tokens
    usage: Usage


class Caller(msgspec.Struct, frozen=True):
    """A verified application, the address at which it may be answered, and its request's terms."""

    application: Application
    rules: ClientRules
    address: ReturnAddress
    terms: Terms


class Asked(msgspec.Struct, frozen=True):
    """What a verified caller asks for."""

    caller: Caller
    request: AuthorizationRequest

    def echo(self, allowed: Issue) -> str | None:
        """What is granted, where the terms have it said beside the code."""
        return render_scope(allowed.scopes) if self.caller.terms.echoes_scope else None


class Authorizations:
    """The authorization endpoint without its web side."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._use = services

    async def verify_caller(self, tenant: Tenant, params: Parameters, front: Front) -> Caller:
        """Prove who asks, and where they may be answered.

        Raises ``UnknownClient``, ``ClientNotLive`` or ``BadReturnAddress``: in each case nothing
        may be sent anywhere, and the person sees a page (RFC 6749 4.1.2.1).
        """
        client_id = params.get("client_id")
        application = None
        if client_id is not None:
            application = await self._use.applications.find(tenant.org_id, client_id)
        if application is None:
            raise UnknownClient
        if not application.is_usable:
            raise ClientNotLive
        rules = rules_of(application)
        try:
            terms = front.find_terms(params, application)
            if terms is None:
                raise UnknownClient
            issuer = tenant.issuer if terms.names_issuer else None
            address = verify_return_address(terms.params, rules, issuer=issuer)
        except OAuthError as error:
            raise BadReturnAddress(error) from error
        return Caller(application, rules, address, terms)

    async def parse_request(self, tenant: Tenant, caller: Caller) -> Asked:
        """The rest of the request. Raises ``OAuthError``, to be sent to the caller's address."""
        request = parse_authorization_request(caller.terms.params, caller.rules, caller.address)
        if Prompt.CREATE in request.prompts and not _may_sign_up(tenant, caller.application):
            raise OAuthError(ErrorCode.INVALID_REQUEST, "Nobody can sign up here.")
        catalogue = await self._use.scopes.catalogue(tenant.org_id)
        for name in request.scopes:
            if name not in catalogue.scopes:
                raise OAuthError(ErrorCode.INVALID_SCOPE, f"The scope {name} is not known here.")
        audience = {api.identifier for api in catalogue.audience_of(request.scopes)}
        for resource in request.resources:
            if resource not in audience:
                raise OAuthError(
                    ErrorCode.INVALID_TARGET, "No requested scope belongs to this resource."
                )
        return Asked(caller, request)

    async def decide(
        self,
        tenant: Tenant,
        asked: Asked,
        browser: Browser | None,
        flow: Flow | None,
        *,
        ticked: frozenset[str] | None = None,
    ) -> tuple[Decision, Consent | None]:
        """What has to happen next, and the consent that stands so far.

        ``ticked`` says that the person whom ``flow`` is about has just allowed it, and which of
        the optional scopes they left ticked.
        Raises ``OAuthError`` where the request forbids asking, and ``ClientNotLive`` when the
        application is not approved yet and the person is none of those who may try it.
        """
        application, request = asked.caller.application, asked.request
        live = browser.of_kind(application.account_kind) if browser else ()
        people = tuple(SignedIn(s.session_id, s.account_id, s.auth_at, s.methods) for s in live)
        hinted = await find_hinted_account(self._use.keys, tenant, request, live)
        chosen = flow.chosen_session_id if flow else None
        person = choose_session(request, people, chosen=chosen, hinted_account=hinted)
        consent = None
        if person is not None:
            _verify_may_try(application, request, person.account_id)
            consent = await self._use.consents.find(
                tenant.org_id, person.account_id, application.client_id
            )
        # What nobody has reviewed is allowed anew each time.
        reviewed = application.is_live
        assured = reviewed and is_identity_assured(application, request.address)
        now = self._use.clock()
        situation = Situation(
            now=now,
            started_at=flow.created_at if flow else now + 1,
            sessions=people,
            chosen=chosen,
            hinted_account=hinted,
            granted=frozenset(consent.scopes) if consent else frozenset(),
            consented=ticked is not None,
            ticked=ticked or frozenset(),
            optional=frozenset(application.optional_scopes),
            declined=consent.declined if consent else frozenset(),
            known=consent is not None,
            trusted=(reviewed and application.trusted)
            or (assured and not asked.caller.terms.asks_consent),
            remember=assured,
            second_steps=tenant.org.policy.second_step != "off",
        )
        return decide(request, situation), consent

    async def issue(
        self,
        tenant: Tenant,
        asked: Asked,
        allowed: Issue,
        *,
        consent: Consent | None,
        flow: Flow | None,
        visitor: Visitor,
    ) -> Secret[str]:
        """The code, stored durably with the consent that it hangs on.

        ``consent`` is the one that was decided on, None where the person has just been asked.
        Ends ``flow``, once. Raises ``FlowGone`` when another request ended it first, and
        ``ConsentGone``.
        """
        use, request, scopes = self._use, asked.request, allowed.scopes
        minted = use.tokens.mint_code()
        lifetime_s = asked.caller.terms.code_s or tenant.org.policy.code_s
        if flow is None and consent is not None and set(scopes) <= set(consent.scopes):
            facts = _facts(asked, allowed, consent.consent_id)
            await self._use_consent(consent, minted, facts, lifetime_s)
            use.usage.granted(tenant.org_id, request.address.client_id)
            return minted[1]
        person = allowed.session
        actor = Actor(kind="account", id=str(person.account_id), address=visitor.address)
        wanted = (tenant.org_id, person.account_id, request.address.client_id)
        herald = await use.consents.find_herald(wanted) if allowed.asked else None

        async def work(tx: Transaction) -> None:
            if flow is not None and not await use.sessions.finish(tx, flow):
                raise FlowGone("used", flow)
            if consent is not None and set(scopes) <= set(consent.scopes):
                if not await use.consents.use(tx, consent):
                    raise ConsentGone
                consent_id = consent.consent_id
            else:
                consent_id = await use.consents.allow(
                    tx, wanted, scopes, actor, left_out=allowed.left_out, herald=herald
                )
            facts = _facts(asked, allowed, consent_id)
            await use.tokens.insert_code(tx, tenant.org_id, minted, facts, lifetime_s=lifetime_s)

        try:
            await use.db.unit(work)
        except Conflict:
            # Two tabs allowed the same application at once; the other's consent is there now.
            await use.db.unit(work)
        use.usage.granted(tenant.org_id, request.address.client_id)
        return minted[1]

    async def _use_consent(
        self, consent: Consent, minted: tuple[int, Secret[str]], facts: CodeFacts, lifetime_s: int
    ) -> None:
        if not await self._use.consents.use_for_code(consent, minted, facts, lifetime_s):
            # Nobody was asked: what was withdrawn meanwhile is not granted again here.
            raise ConsentGone

    def note_refusal(self, tenant: Tenant, caller: Caller, error: OAuthError) -> None:
        """Count that ``caller`` is answered ``error``."""
        code = error.code.value
        self._use.usage.refused(tenant.org_id, caller.application.client_id, code)

    async def refuse(self, flow: Flow) -> None:
        """End ``flow`` because the person said no. Raises ``FlowGone`` when it had ended."""

        async def work(tx: Transaction) -> None:
            if not await self._use.sessions.finish(tx, flow):
                raise FlowGone("used", flow)

        await self._use.db.unit(work)


def _may_sign_up(tenant: Tenant, application: Application) -> bool:
    """Whether people make accounts of their own that could use ``application``."""
    return tenant.org.policy.sign_up and application.account_kind == _CONSTITUENT


def _verify_may_try(
    application: Application, request: AuthorizationRequest, account_id: int
) -> bool:
    """True when the application works for this account."""
    if application.may_be_used_by(account_id):
        return True
    if Prompt.NONE in request.prompts:
        # Nobody looks at the page; the answer of a refusal is one that may be sent.
        raise OAuthError(ErrorCode.ACCESS_DENIED, "The application is not approved.")
    raise ClientNotLive


def rules_of(application: Application) -> ClientRules:
    """What the registration allows at the authorization endpoint."""
    return ClientRules(
        client_id=application.client_id,
        redirect_uris=application.redirect_uris,
        scopes=frozenset(application.scopes),
        pkce_required=application.is_public,
        code_allowed=_CODE in application.grant_types,
        refresh_allowed=_REFRESH in application.grant_types,
    )


def is_identity_assured(application: Application, address: ReturnAddress) -> bool:
    """Whether nobody else can pose as this application (RFC 8252 8.6, OAuth 2.1 7.3).

    A confidential client proves itself at the token endpoint, a public one by an https address
    that only it can receive at. Others have the person asked each time.
    """
    if not application.is_public:
        return True
    uri = parse_redirect_uri(address.redirect_uri)
    return uri.scheme == "https"


def _facts(asked: Asked, allowed: Issue, consent_id: int) -> CodeFacts:
    request, person = asked.request, allowed.session
    return CodeFacts(
        client_id=request.address.client_id,
        account_id=person.account_id,
        session_id=person.session_id,
        consent_id=consent_id,
        redirect_uri=request.address.redirect_uri,
        scopes=allowed.scopes,
        resources=request.resources,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        auth_at=person.auth_at,
        methods=person.methods,
        dialect=asked.caller.terms.dialect,
    )
