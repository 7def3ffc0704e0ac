"""Looking at tokens and ending them, beside a server that goes on running."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.cli.conftest import Demo
from tests.support.browser_forms import PlainBrowser, authorize

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def token_request(demo: Demo, form: dict[str, str], auth: tuple[str, str] | None = None) -> Any:
    """Ask Riverbend's token endpoint."""
    issuer = demo.server.organization("riverbend").issuer
    return httpx2.post(f"{issuer}/oauth2/token", data=form, auth=auth, trust_env=False)


@pytest.fixture(scope="module")
def service_token(demo: Demo) -> str:
    """A token that a service holds for itself."""
    service = demo.server.organization("riverbend").service()
    auth = (service.client_id, service.client_secret or "")
    answer = token_request(demo, {"grant_type": "client_credentials"}, auth)
    return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def signed_in(demo: Demo) -> dict[str, Any]:
    """The tokens of somebody who allowed a public application."""
    river = demo.server.organization("riverbend")
    client = river.application("none")
    here = "http://127.0.0.1:5000/callback"
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": here,
        "scope": "openid offline_access",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    address = str(httpx2.URL(f"{river.issuer}/oauth2/auth", params=query))
    with PlainBrowser(stop_at=here) as browser:
        arrival = authorize(browser, address, river.constituents[0]).arrival
    form = {
        "grant_type": "authorization_code",
        "code": arrival.parameters["code"],
        "redirect_uri": here,
        "client_id": client.client_id,
        "code_verifier": VERIFIER,
    }
    found: dict[str, Any] = token_request(demo, form).json()
    return found


def introspect(demo: Demo, token: str) -> Any:
    """What the command says about a token."""
    return demo.shell.data("token", "introspect", "riverbend", "--token-file", "-", typed=token)


def test_a_token_of_a_service_is_described(demo: Demo, service_token: str) -> None:
    """Whose it is, what it opens, and until when."""
    found = introspect(demo, service_token)
    assert found["active"] is True
    assert (found["client_id"], found["account_id"]) == ("nightly-ledger", None)
    assert found["expires_at"] > found["issued_at"]


def test_a_refresh_token_is_described(demo: Demo, signed_in: dict[str, Any]) -> None:
    """With the person that it belongs to."""
    found = introspect(demo, signed_in["refresh_token"])
    assert (found["token_use"], found["account_id"]) == ("refresh_token", "1001")


@pytest.mark.parametrize("text", ["nonsense", "dw_at_", "a.b.c", "\x00"])
def test_whatever_else_is_inactive(demo: Demo, text: str) -> None:
    """Nothing is told about it, and nothing breaks."""
    assert introspect(demo, text) == {"active": False}


def test_a_token_of_one_organization_is_unknown_to_another(demo: Demo, service_token: str) -> None:
    """The command asks in the organization that it is given."""
    words = ("token", "introspect", "neos", "--token-file", "-")
    assert demo.shell.data(*words, typed=service_token) == {"active": False}


def test_revoking_asks_first(demo: Demo, service_token: str) -> None:
    """Without a terminal it ends with 2, and the token lives."""
    words = ("token", "revoke", "riverbend", "--token-file", "-")
    done = demo.shell.run(*words, typed=service_token)
    assert (done.status, "--yes" in done.err) == (2, True)
    assert introspect(demo, service_token)["active"] is True


def test_a_revoked_token_is_dead_for_the_running_server(demo: Demo, service_token: str) -> None:
    """At once, and a second time there is nothing to revoke."""
    words = ("token", "revoke", "riverbend", "--token-file", "-", "--yes")
    assert demo.shell.run(*words, typed=service_token).status == 0
    river = demo.server.organization("riverbend")
    service = river.service()
    answer = httpx2.post(
        f"{river.issuer}/oauth2/introspect",
        data={"token": service_token},
        auth=(service.client_id, service.client_secret or ""),
        trust_env=False,
    )
    assert answer.json() == {"active": False}
    assert demo.shell.run(*words, typed=service_token).status == 1


def test_revoking_a_refresh_token_ends_the_family(demo: Demo, signed_in: dict[str, Any]) -> None:
    """The access token that came with it dies as well, and no refresh brings it back."""
    words = ("token", "revoke", "riverbend", "--token-file", "-", "--yes")
    assert demo.shell.run(*words, typed=signed_in["refresh_token"]).status == 0
    assert introspect(demo, signed_in["access_token"]) == {"active": False}
    client = demo.server.organization("riverbend").application("none")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": signed_in["refresh_token"],
        "client_id": client.client_id,
    }
    assert token_request(demo, form).json()["error"] == "invalid_grant"
