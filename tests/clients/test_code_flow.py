"""A person signs in through an unmodified client library, and its tokens do what they should."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.clients.libraries import (
    LIBRARIES,
    Answer,
    AuthlibLibrary,
    NodeLibrary,
    Refused,
    open_library,
)
from tests.support.browser_forms import Arrival, Journey, Page, PlainBrowser, authorize
from tests.support.ports import free_port
from tests.support.server import Application, DemoServer, Organization, Person

SCOPE = "openid profile email offline_access"
METHODS = ("client_secret_basic", "client_secret_post", "none")

AnyLibrary = AuthlibLibrary | NodeLibrary


def _redirect_uri(application: Application) -> str:
    """Public applications listen on whichever port is free (RFC 8252, 7.3)."""
    if application.auth_method == "none":
        return f"http://127.0.0.1:{free_port()}/callback"
    return application.redirect_uris[0]


class RelyingParty:
    """One application in one library, and the browser of the person who uses it."""

    def __init__(self, library: AnyLibrary, application: Application, person: Person) -> None:
        self.library = library
        self.application = application
        self.person = person
        self.redirect_uri = _redirect_uri(application)
        self.browser = PlainBrowser(stop_at=self.redirect_uri)

    def sign_in(self, *, decision: str = "allow", **parameters: str) -> Journey:
        """Send the person to the server and back."""
        url = self.library.authorization_url(self.redirect_uri, SCOPE, **parameters)
        return authorize(self.browser, url, self.person, decision=decision)

    def tokens(self, **parameters: str) -> Answer:
        """The tokens of a sign-in that went well."""
        return self.library.finish(self.sign_in(**parameters).arrival)


@pytest.fixture(params=LIBRARIES)
def library_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=METHODS)
def application(request: pytest.FixtureRequest, riverbend: Organization) -> Application:
    return riverbend.application(request.param)


@pytest.fixture
def party(
    library_name: str, application: Application, riverbend: Organization
) -> Iterator[RelyingParty]:
    """Each library with each kind of application."""
    with open_library(library_name, riverbend.issuer, application) as library:
        library.discover()
        relying_party = RelyingParty(library, application, riverbend.constituents[0])
        with relying_party.browser:
            yield relying_party


@pytest.fixture
def confidential(library_name: str, riverbend: Organization) -> Iterator[RelyingParty]:
    """Each library with one application that holds a secret."""
    application = riverbend.application("client_secret_basic")
    with open_library(library_name, riverbend.issuer, application) as library:
        library.discover()
        relying_party = RelyingParty(library, application, riverbend.constituents[1])
        with relying_party.browser:
            yield relying_party


@pytest.mark.spec(
    "OpenID Connect Core 1.0",
    "3.1",
    "The code flow with PKCE, an ID token, userinfo and refresh, by unmodified libraries",
)
def test_a_person_signs_in_and_the_library_accepts_every_answer(
    party: RelyingParty, riverbend: Organization
) -> None:
    """Discovery, code with PKCE, ID token, userinfo, refresh, revocation: no special case."""
    tokens = party.tokens(prompt="consent")

    claims = tokens["claims"]
    assert claims["iss"] == riverbend.issuer
    assert claims["aud"] in (party.application.client_id, [party.application.client_id])
    assert claims["sub"]
    assert claims["exp"] > claims["iat"]
    assert set(tokens["scope"].split()) == set(SCOPE.split())
    assert tokens["token_type"].lower() == "bearer"

    userinfo = party.library.userinfo(tokens["access_token"], claims["sub"])
    assert userinfo["email"] == party.person.email
    assert userinfo["name"]

    fresh = party.library.refresh(tokens["refresh_token"])
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert party.library.userinfo(fresh["access_token"], claims["sub"])["sub"] == claims["sub"]

    party.library.revoke(fresh["refresh_token"])
    with pytest.raises(Refused) as refused:
        party.library.refresh(fresh["refresh_token"])
    assert refused.value.error == "invalid_grant"
    with pytest.raises(Refused) as refused:
        party.library.userinfo(fresh["access_token"], claims["sub"])
    assert refused.value.status in (401, None) or refused.value.error == "invalid_token"


@pytest.mark.spec("RFC 7662", "2.2", "An application may ask about its own token")
def test_introspection_tells_the_application_about_its_own_token(
    confidential: RelyingParty, riverbend: Organization
) -> None:
    """The answer describes a live token and says nothing but inactive about a revoked one."""
    tokens = confidential.tokens(prompt="consent")

    active = confidential.library.introspect(tokens["access_token"])
    assert active["active"] is True
    assert active["client_id"] == confidential.application.client_id
    assert active["sub"] == tokens["claims"]["sub"]
    assert active["iss"] == riverbend.issuer
    assert set(active["scope"].split()) == set(SCOPE.split())

    confidential.library.revoke(tokens["access_token"])
    assert confidential.library.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.spec("RFC 6749", "4.1.2.1", "access_denied when the person refuses")
def test_a_refusal_reaches_the_application_as_access_denied(confidential: RelyingParty) -> None:
    """Cancel on the consent page is an answer that the library reports by its name."""
    journey = confidential.sign_in(prompt="consent", decision="deny")
    assert journey.met[-1] != "signin"
    with pytest.raises(Refused) as refused:
        confidential.library.finish(journey.arrival)
    assert refused.value.error == "access_denied"


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2", "The answer arrives as a form")
def test_the_answer_may_arrive_by_form_post(party: RelyingParty) -> None:
    """response_mode=form_post brings the same answer in a body that the library reads."""
    journey = party.sign_in(response_mode="form_post")
    assert journey.arrival.fields is not None
    assert {"code", "state", "iss"} <= journey.arrival.fields.keys()
    assert party.library.finish(journey.arrival)["claims"]["sub"]


@pytest.mark.spec("RFC 6749", "4.1.2", "A code used twice is denied and its tokens are revoked")
def test_a_code_redeemed_twice_is_refused_and_its_tokens_die(confidential: RelyingParty) -> None:
    """The second redemption fails and takes back what the first one issued (RFC 6749, 4.1.2)."""
    arrival = confidential.sign_in(prompt="consent").arrival
    tokens = confidential.library.finish(arrival)
    with pytest.raises(Refused) as refused:
        confidential.library.finish(arrival)
    assert refused.value.error == "invalid_grant"
    assert confidential.library.introspect(tokens["access_token"]) == {"active": False}
    with pytest.raises(Refused) as refused:
        confidential.library.refresh(tokens["refresh_token"])
    assert refused.value.error == "invalid_grant"


@pytest.mark.spec("RFC 9207", "2.4", "Clients compare iss with the issuer of discovery")
def test_an_answer_that_names_another_issuer_is_refused(confidential: RelyingParty) -> None:
    """Libraries check `iss` in the answer because discovery promises it (RFC 9207)."""
    arrival = confidential.sign_in().arrival
    issuer = arrival.parameters["iss"]
    foreign = httpx2.URL(arrival.url).copy_set_param("iss", issuer.replace("riverbend", "neos"))
    with pytest.raises(Refused):
        confidential.library.finish(Arrival(str(foreign)))
    assert confidential.library.finish(arrival)["claims"]["iss"] == issuer


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1", "max_age brings auth_time")
def test_max_age_brings_auth_time_which_the_library_checks(confidential: RelyingParty) -> None:
    """A library that asked for max_age refuses an ID token without a recent auth_time."""
    claims = confidential.tokens(max_age="3600")["claims"]
    assert claims["iat"] - 3600 <= claims["auth_time"] <= claims["iat"]


def test_a_second_sign_in_shows_no_page_and_prompt_none_agrees(confidential: RelyingParty) -> None:
    """With a session and a remembered consent the browser comes straight back."""
    confidential.tokens()
    assert set(confidential.sign_in().met) <= {"returning"}
    silent = confidential.sign_in(prompt="none")
    assert set(silent.met) <= {"returning"}
    assert confidential.library.finish(silent.arrival)["claims"]["sub"]


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.6", "login_required when no page may be shown")
def test_prompt_none_without_a_session_answers_login_required(confidential: RelyingParty) -> None:
    """Nobody is signed in and no page may be shown, so the application is told."""
    arrival = confidential.sign_in(prompt="none").arrival
    with pytest.raises(Refused) as refused:
        confidential.library.finish(arrival)
    assert refused.value.error == "login_required"


@pytest.mark.spec(
    "OpenID Connect RP-Initiated Logout 1.0", "2", "A valid id_token_hint ends the session"
)
def test_signing_out_with_an_id_token_ends_the_session(confidential: RelyingParty) -> None:
    """After sign-out through the library's address a silent sign-in is refused."""
    tokens = confidential.tokens()
    page = confidential.browser.open(confidential.library.sign_out_url(tokens["id_token"]))
    assert isinstance(page, Page)
    assert page.status == 200
    arrival = confidential.sign_in(prompt="none").arrival
    with pytest.raises(Refused) as refused:
        confidential.library.finish(arrival)
    assert refused.value.error == "login_required"


@pytest.mark.spec(
    "OpenID Connect RP-Initiated Logout 1.0", "2", "Without a hint the person is asked"
)
def test_signing_out_without_a_hint_asks_first(confidential: RelyingParty) -> None:
    """A stray link must not sign anybody out: the session ends only when the person says so."""
    confidential.tokens()
    endpoint = confidential.library.discover()["end_session_endpoint"]
    asked = confidential.browser.open(endpoint)
    assert isinstance(asked, Page)
    silent = confidential.sign_in(prompt="none")
    assert confidential.library.finish(silent.arrival)["claims"]["sub"]

    form = asked.form_with_button("decision", "allow")
    assert form is not None
    done = confidential.browser.submit(form, button=form.button("decision", "allow"))
    assert isinstance(done, Page)
    assert done.status == 200
    with pytest.raises(Refused) as refused:
        confidential.library.finish(confidential.sign_in(prompt="none").arrival)
    assert refused.value.error == "login_required"


@pytest.mark.spec("RFC 6749", "5.2", "invalid_client when client authentication fails")
def test_a_wrong_secret_is_an_invalid_client(library_name: str, riverbend: Organization) -> None:
    """The library hears the RFC's own word for it (RFC 6749, 5.2)."""
    service = riverbend.service()
    assert service.client_secret is not None
    wrong = Application(
        name=service.name,
        client_id=service.client_id,
        client_secret=service.client_secret[:-4] + "AAAA",
        auth_method=service.auth_method,
        redirect_uris=(),
        scopes=service.scopes,
    )
    with open_library(library_name, riverbend.issuer, wrong) as library:
        library.discover()
        with pytest.raises(Refused) as refused:
            library.client_credentials(" ".join(wrong.scopes))
    assert refused.value.error == "invalid_client"


@pytest.mark.spec("RFC 6749", "4.4", "Client credentials, without a refresh token")
def test_a_service_gets_a_token_for_itself(library_name: str, riverbend: Organization) -> None:
    """Client credentials: a token without a person, introspected and revoked by its owner."""
    service = riverbend.service()
    with open_library(library_name, riverbend.issuer, service) as library:
        library.discover()
        tokens = library.client_credentials(" ".join(service.scopes))
        assert tokens["token_type"].lower() == "bearer"
        assert tokens["expires_in"] > 0
        assert "refresh_token" not in tokens
        active = library.introspect(tokens["access_token"])
        assert active["active"] is True
        assert active["client_id"] == service.client_id
        library.revoke(tokens["access_token"])
        assert library.introspect(tokens["access_token"]) == {"active": False}


def test_one_organization_does_not_know_another_s_tokens(
    confidential: RelyingParty, server: DemoServer
) -> None:
    """An access token of one organization is nothing at the userinfo of the next."""
    tokens = confidential.tokens()
    neos = server.organization("neos")
    with open_library(
        "authlib-httpx2", neos.issuer, neos.application("client_secret_basic")
    ) as other:
        other.discover()
        with pytest.raises(Refused) as refused:
            other.userinfo(tokens["access_token"], tokens["claims"]["sub"])
    assert refused.value.status == 401


@pytest.mark.spec("RFC 8414", "3.1", "Metadata is found where OIDC and RFC 8414 put it")
@pytest.mark.parametrize("script", ["openid-client", "oauth4webapi"])
@pytest.mark.parametrize("algorithm", ["oidc", "oauth2"])
@pytest.mark.parametrize("org_id", ["riverbend", "neos", "neon"])
def test_both_discovery_documents_are_found_where_libraries_look(
    script: str, algorithm: str, org_id: str, server: DemoServer
) -> None:
    """OpenID Connect puts the well-known part after the path, RFC 8414 before it."""
    organization = server.organization(org_id)
    application = organization.application("client_secret_basic")
    with open_library(script, organization.issuer, application) as library:
        assert isinstance(library, NodeLibrary)
        metadata = library.discover(algorithm=algorithm)
    assert metadata["issuer"] == organization.issuer
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
