"""Unmodified client libraries as Neon's command line and its partners set them up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from tests.clients.answers import EVERY_CHECK, Answer, Refused
from tests.clients.libraries import LIBRARIES, AuthlibLibrary, NodeLibrary, open_library
from tests.clients.loopback import Loopback, listening
from tests.support.browser_forms import Journey, Page, PlainBrowser, authorize
from tests.support.server import Application, DemoServer, Organization, Person

CREATE, READ, UPDATE, DELETE = PROJECTS = tuple(
    f"urn:neoncloud:projects:{verb}" for verb in ("create", "read", "update", "delete")
)
ORGS = tuple(
    f"urn:neoncloud:orgs:{verb}" for verb in ("create", "read", "update", "delete", "permission")
)
COMMAND_LINE = " ".join(("openid", "offline", "offline_access", *PROJECTS, *ORGS))
STATE = frozenset({"state"})
FOUND = {
    "authorization_endpoint": "/oauth2/auth",
    "token_endpoint": "/oauth2/token",
    "revocation_endpoint": "/oauth2/revoke",
    "userinfo_endpoint": "/userinfo",
    "end_session_endpoint": "/oauth2/sessions/logout",
    "jwks_uri": "/.well-known/jwks.json",
}

every_library = pytest.mark.parametrize("name", LIBRARIES)
every_secret = pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])


@dataclass(frozen=True)
class Party:
    """Somebody's client: a library that found the platform by itself, and their browser."""

    library: AuthlibLibrary | NodeLibrary
    redirect_uri: str
    api: str
    person: Person
    browser: PlainBrowser
    metadata: Answer
    listener: Loopback | None = None

    def ask(self, scope: str, *, decision: str = "allow", **asked: str) -> Journey:
        """The person's way to the platform and back."""
        url = self.library.authorization_url(self.redirect_uri, scope, **asked)
        journey = authorize(self.browser, url, self.person, decision=decision)
        if self.listener is None:
            return journey
        return replace(journey, arrival=self.listener.receive(journey.arrival))

    def tokens(self, scope: str) -> Answer:
        """What the library has after the person came back."""
        return self.library.finish(self.ask(scope).arrival)

    def projects(self, access_token: str) -> list[Answer]:
        """The person's projects, by the API."""
        told = self.library.call("GET", f"{self.api}/projects", access_token)
        found: list[Answer] = told["projects"]
        return found

    def is_over(self, access_token: str) -> bool:
        """Whether the API takes the token no more."""
        with pytest.raises(Refused) as refused:
            self.projects(access_token)
        return refused.value.status == 401


@contextmanager
def party(
    name: str,
    neon: Organization,
    application: Application,
    checks: frozenset[str],
    api: str,
) -> Iterator[Party]:
    """The client in one library; without a secret it listens on a port of the moment."""
    with ExitStack() as stack:
        listener = None
        (redirect_uri,) = application.redirect_uris
        if application.auth_method == "none":
            listener = stack.enter_context(listening())
            redirect_uri = listener.redirect_uri
        library = open_library(name, neon.issuer, application, checks)
        stack.enter_context(library)
        browser = stack.enter_context(PlainBrowser(stop_at=redirect_uri))
        person = neon.constituents[0]
        yield Party(library, redirect_uri, api, person, browser, library.discover(), listener)


@pytest.fixture
def neon(server: DemoServer) -> Organization:
    """The cloud of the demo."""
    return server.organization("neon")


@pytest.fixture
def command_line(neon: Organization, server: DemoServer, name: str) -> Iterator[Party]:
    """The shape of neonctl: public, PKCE, a state, a loopback port; the API at the root."""
    api = f"{server.base_url}/api/v2"
    with party(name, neon, neon.application("none"), EVERY_CHECK, api) as opened:
        yield opened


@pytest.fixture
def partner(neon: Organization, name: str, method: str) -> Iterator[Party]:
    """The shape of a partner: a secret, a state, no PKCE; the API under the issuer."""
    api = f"{neon.issuer}/api/v2"
    with party(name, neon, neon.application(method), STATE, api) as opened:
        yield opened


@every_library
def test_a_command_line_signs_somebody_in_and_lists_their_projects(
    command_line: Party, neon: Organization
) -> None:
    """Discovery, S256, a port of the moment, the code, tokens, userinfo, the API."""
    for endpoint, path in FOUND.items():
        assert command_line.metadata[endpoint] == neon.issuer + path
    journey = command_line.ask(COMMAND_LINE, prompt="consent")
    assert journey.met == ("signin", "consent")
    parameters = journey.arrival.parameters
    assert set(parameters) == {"code", "scope", "state", "iss"}
    assert parameters["scope"].split() == COMMAND_LINE.split()
    tokens = command_line.library.finish(journey.arrival)
    assert tokens["token_type"] == "bearer"
    assert tokens["scope"].split() == COMMAND_LINE.split()
    assert tokens["expires_in"] > 0
    assert tokens["claims"]["sub"] == command_line.person.account_id
    told = command_line.library.userinfo(tokens["access_token"], tokens["claims"]["sub"])
    assert told == {"sub": command_line.person.account_id}
    assert {each["name"] for each in command_line.projects(tokens["access_token"])} >= {
        "Tide tables"
    }
    me = command_line.library.call("GET", f"{command_line.api}/auth", tokens["access_token"])
    assert me["auth_method"] == "oauth"


@every_library
def test_each_run_of_a_command_line_has_a_port_of_its_own(
    neon: Organization, server: DemoServer, name: str
) -> None:
    """One registered address without a port serves them all; a code is for the port it went to."""
    api, application = f"{server.base_url}/api/v2", neon.application("none")
    assert application.redirect_uris == ("http://127.0.0.1/callback",)
    with (
        party(name, neon, application, EVERY_CHECK, api) as one,
        party(name, neon, application, EVERY_CHECK, api) as other,
    ):
        assert one.redirect_uri != other.redirect_uri
        for each in (one, other):
            assert each.projects(each.tokens(COMMAND_LINE)["access_token"])
            assert each.listener is not None
            assert len(each.listener.heard) == 1


@every_library
def test_a_command_line_stays_signed_in_by_rotating(command_line: Party) -> None:
    """Each refresh brings another pair; the one before the last, used again, ends them all."""
    tokens = command_line.tokens(COMMAND_LINE)
    fresh = command_line.library.refresh(tokens["refresh_token"])
    last = command_line.library.refresh(fresh["refresh_token"])
    assert len({each["refresh_token"] for each in (tokens, fresh, last)}) == 3
    assert last["token_type"] == "bearer"
    assert command_line.projects(last["access_token"])
    with pytest.raises(Refused) as refused:
        command_line.library.refresh(tokens["refresh_token"])
    assert refused.value.error == "invalid_grant"
    with pytest.raises(Refused) as refused:
        command_line.library.refresh(last["refresh_token"])
    assert refused.value.error == "invalid_grant"
    assert command_line.is_over(last["access_token"])


@every_library
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_what_a_command_line_revokes_is_over(command_line: Party, which: str) -> None:
    """Signing out of the tool: the API answers 401, and a refresh ``invalid_grant``."""
    tokens = command_line.tokens(COMMAND_LINE)
    assert command_line.projects(tokens["access_token"])
    command_line.library.revoke(tokens[which])
    assert command_line.is_over(tokens["access_token"])
    if which == "refresh_token":
        with pytest.raises(Refused) as refused:
            command_line.library.refresh(tokens["refresh_token"])
        assert refused.value.error == "invalid_grant"


@every_library
def test_signing_out_at_the_platform_ends_the_session(command_line: Party) -> None:
    """At the address that discovery names, with the ID token: the next sign-in asks again."""
    tokens = command_line.tokens(COMMAND_LINE)
    assert "signin" not in command_line.ask(COMMAND_LINE).met
    page = command_line.browser.open(command_line.library.sign_out_url(tokens["id_token"]))
    assert isinstance(page, Page)
    assert page.status == 200
    assert command_line.ask(COMMAND_LINE).met[0] == "signin"


@every_library
@every_secret
def test_a_partner_acts_for_somebody_within_what_they_allowed(partner: Party) -> None:
    """Scope and state on the callback; create, change, read and delete by the API."""
    scope = " ".join(PROJECTS)
    # The document's example carries a grant_type, which is not for this endpoint.
    journey = partner.ask(scope, prompt="consent", grant_type="authorization_code")
    assert journey.met == ("signin", "consent")
    parameters = journey.arrival.parameters
    assert set(parameters) == {"code", "scope", "state", "iss"}
    assert parameters["scope"] == scope
    tokens = partner.library.finish(journey.arrival)
    assert set(tokens) >= {"access_token", "expires_in", "scope", "token_type"}
    assert tokens["token_type"] == "bearer"
    assert tokens["claims"] is None
    assert "refresh_token" not in tokens
    call, token = partner.library.call, tokens["access_token"]
    made = call("POST", f"{partner.api}/projects", token, {"project": {"name": "Moorings"}})
    one = f"{partner.api}/projects/{made['project']['id']}"
    assert call("PATCH", one, token, {"project": {"name": "Berths"}})["project"]["name"] == "Berths"
    assert call("GET", one, token)["project"]["name"] == "Berths"
    call("DELETE", one, token)
    with pytest.raises(Refused) as refused:
        call("GET", one, token)
    assert refused.value.status == 404


@every_library
@every_secret
def test_a_partner_does_nothing_that_was_not_asked_for(partner: Party) -> None:
    """A token for reading reads; whatever changes something is 403."""
    token = partner.tokens(READ)["access_token"]
    first, *_ = partner.projects(token)
    for verb, path, body in (
        ("POST", "projects", {"project": {"name": "Moorings"}}),
        ("PATCH", f"projects/{first['id']}", {"project": {"name": "Mine"}}),
        ("DELETE", f"projects/{first['id']}", None),
    ):
        with pytest.raises(Refused) as refused:
            partner.library.call(verb, f"{partner.api}/{path}", token, body)
        assert refused.value.status == 403
    assert partner.projects(token)[0] == first


@every_library
@every_secret
@pytest.mark.parametrize("offline", ["offline", "offline_access", "offline offline_access"])
def test_a_partner_that_stays_connected_rotates_its_refresh_token(
    partner: Party, offline: str
) -> None:
    """By either name of the scope; a rotated token that comes back ends the whole family."""
    tokens = partner.tokens(f"{offline} {READ}")
    fresh = partner.library.refresh(tokens["refresh_token"])
    last = partner.library.refresh(fresh["refresh_token"])
    assert last["scope"] == f"{offline} {READ}"
    assert partner.projects(last["access_token"])
    with pytest.raises(Refused) as refused:
        partner.library.refresh(tokens["refresh_token"])
    assert refused.value.error == "invalid_grant"
    assert "was issued to another client" in refused.value.message
    with pytest.raises(Refused) as refused:
        partner.library.refresh(last["refresh_token"])
    assert refused.value.error == "invalid_grant"
    assert partner.is_over(last["access_token"])


@every_library
@every_secret
def test_a_code_works_once_and_a_second_time_ends_its_token(partner: Party) -> None:
    """The library is told ``invalid_grant``; what the first time bought is worth nothing then."""
    arrival = partner.ask(READ).arrival
    tokens = partner.library.finish(arrival)
    with pytest.raises(Refused) as refused:
        partner.library.finish(arrival)
    assert refused.value.error == "invalid_grant"
    assert partner.is_over(tokens["access_token"])


@every_library
@pytest.mark.parametrize("method", ["client_secret_post"])
def test_what_goes_wrong_at_the_consent_page_reaches_the_library(partner: Party) -> None:
    """Cancel is ``access_denied``, a scope that nobody knows ``invalid_scope``."""
    for scope, decision, error in (
        (READ, "deny", "access_denied"),
        ("urn:neoncloud:everything", "allow", "invalid_scope"),
    ):
        journey = partner.ask(scope, decision=decision, prompt="consent")
        with pytest.raises(Refused) as refused:
            partner.library.finish(journey.arrival)
        assert refused.value.error == error
