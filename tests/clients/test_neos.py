"""Unmodified client libraries, set up by hand as Neos' document has them set up.

The platform publishes no metadata: a library is given addresses, and knows nothing of Doorward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx2
import pytest

from tests.clients.answers import Answer, Refused
from tests.clients.libraries import LIBRARIES, AuthlibLibrary, NodeLibrary, open_library
from tests.support.browser_forms import Arrival, Journey, PlainBrowser, authorize
from tests.support.server import Application, DemoServer, Organization, Person

ALWAYS = {
    "id",
    "username",
    "normalizedUsername",
    "registrationDate",
    "isVerified",
    "tags",
    "profile",
}
SECRETS = ("client_secret_basic", "client_secret_post")
STATE, PKCE = frozenset({"state"}), frozenset({"state", "pkce"})
NPM = ("openid-client", "oauth4webapi")

every_library = pytest.mark.parametrize("name", LIBRARIES)


@dataclass(frozen=True)
class Desk:
    """A site that links accounts: a library, where it calls, and the browser of a guest."""

    library: AuthlibLibrary | NodeLibrary
    redirect_uri: str
    root: str
    guest: Person
    browser: PlainBrowser

    def ask(self, scope: str, *, decision: str = "allow", **asked: str) -> Journey:
        """The guest's way to the platform and back."""
        url = self.library.authorization_url(self.redirect_uri, scope, **asked)
        return authorize(self.browser, url, self.guest, decision=decision)

    def tokens(self, scope: str) -> Answer:
        """What the library has after the guest came back."""
        return self.library.finish(self.ask(scope).arrival)

    def profile(self, access_token: str, address: str = "profiles") -> Answer:
        """What the profile endpoint tells."""
        return self.library.call("GET", f"{self.root}/api/user/{address}", access_token)


@contextmanager
def desk(
    name: str,
    neos: Organization,
    application: Application,
    *,
    checks: frozenset[str] = STATE,
    root: str | None = None,
) -> Iterator[Desk]:
    """The site in one library. Token and profile are called below ``root``."""
    root = root or neos.issuer
    (redirect_uri,) = application.redirect_uris
    with (
        open_library(name, neos.issuer, application, checks) as library,
        PlainBrowser(stop_at=redirect_uri) as browser,
    ):
        addresses = {
            "issuer": neos.issuer,
            "authorization_endpoint": f"{neos.issuer}/connect/authorize",
            "token_endpoint": f"{root}/connect/token",
        }
        library.set_up(addresses)
        yield Desk(library, redirect_uri, root, neos.constituents[0], browser)


@pytest.fixture
def neos(server: DemoServer) -> Organization:
    """The world of the demo."""
    return server.organization("neos")


@every_library
@pytest.mark.parametrize("at_root", [False, True], ids=["issuer", "root"])
@pytest.mark.parametrize("presented", SECRETS)
@pytest.mark.parametrize("registered", SECRETS)
def test_a_site_follows_the_document_from_the_link_to_the_profile(
    server: DemoServer,
    neos: Organization,
    name: str,
    registered: str,
    presented: str,
    at_root: bool,
) -> None:
    """Sign-in, consent, code, token, profile; the secret in either place, registered or not."""
    application = replace(neos.application(registered), auth_method=presented)
    root = server.base_url if at_root else None
    with desk(name, neos, application, root=root) as site:
        journey = site.ask("profile email patreon", prompt="consent")
        assert journey.met == ("signin", "consent")
        assert set(journey.arrival.parameters) == {"code", "state", "iss"}
        tokens = site.library.finish(journey.arrival)
        assert tokens["token_type"].lower() == "bearer"
        assert tokens["scope"] == "profile email patreon"
        assert tokens["expires_in"] > 0
        assert "refresh_token" not in tokens
        assert "id_token" not in tokens
        told = site.profile(tokens["access_token"])
        assert site.profile(tokens["access_token"], "profile") == told
    assert set(told) == ALWAYS | {"email", "patreonData"}
    assert told["id"] == f"U-{site.guest.account_id}"
    assert told["username"] == site.guest.username
    assert told["email"] == site.guest.email
    assert told["patreonData"]["isPatreonSupporter"] is True


@every_library
def test_each_scope_opens_its_fields_and_no_other(neos: Organization, name: str) -> None:
    """``email`` and ``patreon`` add to what ``profile`` opens."""
    with desk(name, neos, neos.application("client_secret_post")) as site:
        for scope, more in (
            ("profile", set[str]()),
            ("profile email", {"email"}),
            ("profile patreon", {"patreonData"}),
        ):
            tokens = site.tokens(scope)
            assert tokens["scope"] == scope
            assert set(site.profile(tokens["access_token"])) == ALWAYS | more


@every_library
def test_without_the_profile_scope_nothing_is_told(neos: Organization, name: str) -> None:
    """The library reports the error by the platform's name for it, with its status."""
    with desk(name, neos, neos.application("client_secret_basic")) as site:
        tokens = site.tokens("email patreon")
        with pytest.raises(Refused) as refused:
            site.profile(tokens["access_token"])
    assert (refused.value.status, refused.value.error) == (403, "insufficient_scope")


@every_library
def test_a_token_that_nobody_issued_is_invalid(neos: Organization, name: str) -> None:
    """The library reads the challenge; with no token at all there is one too, without an error."""
    with desk(name, neos, neos.application("client_secret_basic")) as site:
        for guessed in ("guessed", "dw_at_" + "A" * 48):
            with pytest.raises(Refused) as refused:
                site.profile(guessed)
            assert (refused.value.status, refused.value.error) == (401, "invalid_token")
        bare = httpx2.get(f"{site.root}/api/user/profiles", trust_env=False)
    assert bare.status_code == 401
    assert bare.headers["www-authenticate"] == 'Bearer realm="neos"'


@every_library
def test_a_code_works_once_and_a_second_time_ends_its_token(neos: Organization, name: str) -> None:
    """The library is told ``invalid_grant``; what the first time bought is worth nothing then."""
    with desk(name, neos, neos.application("client_secret_post")) as site:
        arrival = site.ask("profile").arrival
        tokens = site.library.finish(arrival)
        with pytest.raises(Refused) as refused:
            site.library.finish(arrival)
        assert refused.value.error == "invalid_grant"
        with pytest.raises(Refused) as refused:
            site.profile(tokens["access_token"])
    assert refused.value.status == 401


@every_library
def test_the_answer_is_for_the_browser_that_asked(neos: Organization, name: str) -> None:
    """A library refuses an answer with another ``state``, and takes the right one afterwards."""
    with desk(name, neos, neos.application("client_secret_post")) as site:
        arrival = site.ask("profile").arrival
        altered = httpx2.URL(arrival.url).copy_set_param("state", "somebody-else")
        with pytest.raises(Refused):
            site.library.finish(Arrival(str(altered)))
        assert site.library.finish(arrival)["access_token"]


@every_library
def test_a_guest_who_cancels_is_reported_as_access_denied(neos: Organization, name: str) -> None:
    """The button beside Allow is an answer that the library names."""
    with desk(name, neos, neos.application("client_secret_post")) as site:
        journey = site.ask("profile", decision="deny", prompt="consent")
        with pytest.raises(Refused) as refused:
            site.library.finish(journey.arrival)
    assert refused.value.error == "access_denied"


@every_library
@pytest.mark.parametrize("presented", SECRETS)
def test_a_wrong_secret_buys_nothing(neos: Organization, name: str, presented: str) -> None:
    """``invalid_client``, and the code is still good for the site that it was made for."""
    application = replace(neos.application("client_secret_post"), auth_method=presented)
    assert application.client_secret is not None
    wrong = replace(application, client_secret=application.client_secret[:-4] + "AAAA")
    with desk(name, neos, wrong) as site:
        arrival = site.ask("profile").arrival
        with pytest.raises(Refused) as refused:
            site.library.finish(arrival)
    assert refused.value.error == "invalid_client"
    form = {
        "grant_type": "authorization_code",
        "code": arrival.parameters["code"],
        "redirect_uri": site.redirect_uri,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
    }
    bought = httpx2.post(f"{neos.issuer}/connect/token", data=form, trust_env=False)
    assert bought.status_code == 200, bought.text


@pytest.mark.parametrize("name", NPM)
def test_a_site_may_send_neither_state_nor_pkce(neos: Organization, name: str) -> None:
    """As the platform's own sample does; then nothing of either comes back."""
    with desk(name, neos, neos.application("client_secret_post"), checks=frozenset()) as site:
        journey = site.ask("profile")
        assert set(journey.arrival.parameters) == {"code", "iss"}
        tokens = site.library.finish(journey.arrival)
        assert site.profile(tokens["access_token"])["username"] == site.guest.username


@every_library
@pytest.mark.parametrize("method", ["client_secret_post", "none"])
def test_a_program_that_stays_linked_refreshes_its_token(
    neos: Organization, name: str, method: str
) -> None:
    """With ``offline_access`` and PKCE, with a secret or without; an old refresh token ends all."""
    with desk(name, neos, neos.application(method), checks=PKCE) as site:
        tokens = site.tokens("profile offline_access")
        fresh = site.library.refresh(tokens["refresh_token"])
        last = site.library.refresh(fresh["refresh_token"])
        for each in (fresh, last):
            assert site.profile(each["access_token"])["username"] == site.guest.username
        with pytest.raises(Refused) as refused:
            site.library.refresh(tokens["refresh_token"])
        assert refused.value.error == "invalid_grant"
        with pytest.raises(Refused) as refused:
            site.profile(last["access_token"])
    assert refused.value.status == 401
