"""Unmodified client libraries, set up by hand as one sets them up for Neon CRM."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.browser_forms import Journey, PlainBrowser, authorize
from tests.support.server import Application, DemoServer, Organization, Person

CALLBACK = "http://127.0.0.1:8765/callback"
Library = type[OAuth2Client] | type[OAuth2Session]

both = pytest.mark.parametrize("library", [OAuth2Client, OAuth2Session])
every = pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])


@pytest.fixture
def browser() -> Iterator[PlainBrowser]:
    """One person's browser."""
    with PlainBrowser(stop_at=CALLBACK) as opened:
        yield opened


def set_up(library: Library, application: Application, **options: str) -> OAuth2Client:
    """A client with its credentials in the body, whatever it is registered for elsewhere."""
    client = library(
        client_id=application.client_id,
        client_secret=application.client_secret,
        token_endpoint_auth_method="client_secret_post",
        redirect_uri=CALLBACK,
        **options,
    )
    assert isinstance(client, OAuth2Client | OAuth2Session)
    return client


def login_url(client: OAuth2Client, riverbend: Organization, **parameters: str) -> str:
    """The login URL, on the organization's address."""
    url, state = client.create_authorization_url(f"{riverbend.issuer}/np/oauth/auth", **parameters)
    assert state
    return str(url)


def visit(browser: PlainBrowser, url: str, person: Person) -> Journey:
    """The person's way to the site."""
    return authorize(browser, url, person)


@both
@every
def test_a_client_for_neon_crm_identifies_a_person(
    server: DemoServer,
    riverbend: Organization,
    browser: PlainBrowser,
    library: Library,
    registered: str,
) -> None:
    """With another host name and nothing else; the token comes from where none is named."""
    person = riverbend.constituents[0]
    with set_up(library, riverbend.application(registered)) as client:
        journey = visit(browser, login_url(client, riverbend), person)
        assert journey.met == ("signin",)
        token = client.fetch_token(
            f"{server.base_url}/np/oauth/token", authorization_response=journey.arrival.url
        )
    assert dict(token) == {"access_token": person.account_id}


@both
def test_an_openid_client_verifies_who_it_is(
    riverbend: Organization, browser: PlainBrowser, library: Library
) -> None:
    """The ID token of the same endpoints holds for a library that checks everything."""
    person, nonce = riverbend.constituents[1], secrets.token_urlsafe(16)
    application = riverbend.application("client_secret_post")
    with set_up(library, application, scope="openid email", code_challenge_method="S256") as client:
        verifier = secrets.token_urlsafe(48)
        url = login_url(client, riverbend, nonce=nonce, prompt="consent", code_verifier=verifier)
        journey = visit(browser, url, person)
        assert "consent" in journey.met
        token = client.fetch_token(
            f"{riverbend.issuer}/np/oauth/token",
            authorization_response=journey.arrival.url,
            code_verifier=verifier,
        )
        keys = KeySet.import_key_set(client.get(f"{riverbend.issuer}/.well-known/jwks.json").json())
        told = client.get(f"{riverbend.issuer}/userinfo").json()
    opened = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        opened.claims,
        opened.header,
        {"iss": {"values": [riverbend.issuer]}},
        {
            "nonce": nonce,
            "client_id": application.client_id,
            "access_token": token["access_token"],
        },
    )
    claims.validate()
    assert claims["sub"] == person.account_id == told["sub"]
    assert told["email"] == person.email
