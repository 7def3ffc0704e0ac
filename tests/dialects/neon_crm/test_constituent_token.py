"""``/np/oauth/token``: a code for the account id."""

from __future__ import annotations

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.protocol import AuthMethod, challenge_of
from tests.support.house import House
from tests.support.old_site import OldSite, register_site
from tests.support.programs import Program
from tests.support.spec import spec
from tests.support.visits import form_of, post
from tests.support.world import BASE_URL, VERIFIER, Known, World

pytestmark = pytest.mark.anyio

CRM = "Neon CRM constituent OAuth"
INVALID = {"error": "invalid_request", "error_description": "Authorization code invalid"}


@spec(CRM, "1.4", "the answer is the account id and nothing else")
@pytest.mark.parametrize("at_root", [False, True])
async def test_a_code_buys_the_account_id(world: World, at_root: bool) -> None:
    """At the organization's address, and where only the client id says whose client it is."""
    site = await register_site(world)
    answer = await site.redeem(await site.get_code(), at_root)
    assert answer.status_code == 200
    assert answer.content == f'{{"access_token":"{world.person.subject}"}}'.encode()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@spec(CRM, "1.4", "credentials come in the body; the header does as well")
async def test_credentials_may_come_in_either_place(world: World) -> None:
    """However the application is registered for the standard's endpoint."""
    for method in (AuthMethod.POST, AuthMethod.BASIC):
        site = await register_site(world, auth_method=method)
        assert (await site.redeem(await site.get_code())).status_code == 200
        form = site.form(await site.get_code(), client_secret=None)
        async with world.http() as http:
            answer = await http.post("np/oauth/token", data=form, auth=site.known.basic)
        assert answer.json() == {"access_token": world.person.subject}


@spec(CRM, "1.3", "a code works once")
async def test_a_code_works_once(world: World) -> None:
    """The second time it is invalid, and the record says that it came back."""
    site = await register_site(world)
    code = await site.get_code()
    assert (await site.redeem(code)).status_code == 200
    again = await site.redeem(code)
    assert (again.status_code, again.json()) == (400, INVALID)
    events = await world.services.audit.list(world.org.org_id, None, 10, "code.replayed")
    assert len(events) == 1


@spec(CRM, "1.3", "a code lives ten minutes")
async def test_a_code_lives_ten_minutes(house: House, world: World) -> None:
    """However short the organization's other codes live."""
    site = await register_site(world)
    early, late = await site.get_code(), await site.get_code()
    house.clock.advance(seconds=599)
    assert (await site.redeem(early)).status_code == 200
    house.clock.advance(seconds=1)
    answer = await site.redeem(late)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_request",
        "error_description": "Authorization code expired.",
    }


@spec(CRM, "1.5", "Authorization code invalid")
@pytest.mark.parametrize(
    "changes",
    [
        {"code": "altered"},
        {"code": "dw_ac_" + "A" * 48},
        {"code": "状態"},
        {"redirect_uri": "https://shelf.example/other"},
    ],
)
async def test_an_altered_request_is_invalid(world: World, changes: dict[str, str]) -> None:
    """With the one text, whatever was altered; the code itself stays good."""
    site = await register_site(world)
    code = await site.get_code()
    answer = await site.redeem(code, **changes)
    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert (await site.redeem(code)).status_code == 200


async def test_a_bit_of_a_code_cannot_be_changed(world: World) -> None:
    """Nor can it be cut or lengthened."""
    site = await register_site(world)
    code = await site.get_code()
    for other in (code[:-1], code + "A", code[:20] + ("B" if code[20] == "A" else "A") + code[21:]):
        assert (await site.redeem(other)).json() == INVALID


@pytest.mark.parametrize("name", ["code", "redirect_uri", "grant_type", "client_id"])
async def test_each_key_is_needed(world: World, name: str) -> None:
    """And its absence is named, or is a failed authentication."""
    site = await register_site(world)
    answer = await site.redeem(await site.get_code(), **{name: None})
    assert answer.status_code in (400, 401)
    assert set(answer.json()) == {"error", "error_description"}


@spec(CRM, "1.4", "a wrong client is invalid_client")
@pytest.mark.parametrize("at_root", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "app_of_nobody"},
        {"client_id": "1001"},
    ],
)
async def test_a_client_proves_itself(
    world: World, changes: dict[str, str | None], at_root: bool
) -> None:
    """With its own secret."""
    site = await register_site(world)
    answer = await site.redeem(await site.get_code(), at_root, **changes)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@spec(CRM, "1.5", "a wrong method explains itself")
@pytest.mark.parametrize("url", ["np/oauth/token", f"{BASE_URL}/np/oauth/token"])
async def test_a_wrong_method_or_content_type_explains_itself(world: World, url: str) -> None:
    """Where the original stays silent."""
    site = await register_site(world)
    form = site.form(await site.get_code())
    async with world.http() as http:
        by_get = await http.get(url, params=form)
        as_json = await http.post(url, json=form)
        untyped = await http.post(url, content=str(httpx2.QueryParams(form)))
    assert by_get.status_code == 405
    assert by_get.headers["allow"] == "POST"
    for answer in (by_get, as_json, untyped):
        assert answer.status_code in (400, 405)
        assert answer.json()["error"] == "invalid_request"
        assert "POST" in answer.json()["error_description"]
        assert "application/x-www-form-urlencoded" in answer.json()["error_description"]


async def test_another_clients_code_is_worthless(world: World) -> None:
    """And stays good for its own."""
    site, thief = await register_site(world), await register_site(world)
    code = await site.get_code()
    assert (await thief.redeem(code)).json() == INVALID
    assert (await site.redeem(code)).status_code == 200


async def test_a_disabled_person_is_not_identified(world: World) -> None:
    """Nor one whose consent was withdrawn after the code was made."""
    site = await register_site(world)
    use, org_id, account_id = world.services, world.org.org_id, world.person.account_id
    code = await site.get_code()
    consent = await use.consents.find(org_id, account_id, site.known.client_id)
    assert consent is not None
    assert consent.scopes == ()
    await use.consents.withdraw(org_id, consent.consent_id, SYSTEM)
    assert (await site.redeem(code)).json() == INVALID
    code = await site.get_code()
    await use.accounts.disable(org_id, account_id, SYSTEM)
    assert (await site.redeem(code)).json() == INVALID


async def test_a_code_is_for_its_own_endpoint(world: World) -> None:
    """The standard's token endpoint gives nothing for it."""
    site = await register_site(world)
    code = await site.get_code()
    program = Program(world, site.known)
    answer = await program.redeem(code, redirect_uri=site.redirect_uri, code_verifier=None)
    assert answer.json()["error"] == "invalid_grant"
    assert (await site.redeem(code)).status_code == 200


async def test_a_public_application_proves_its_verifier(world: World) -> None:
    """There is no secret that could."""
    known = await world.register(
        "Kiosk",
        kind="spa",
        auth_method=AuthMethod.NONE,
        redirect_uris=("https://kiosk.example/",),
        scopes=(),
    )
    site = OldSite(world, known, "https://kiosk.example/")
    asked = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = await site.get_code(**asked)
    form = {
        "client_id": known.client_id,
        "redirect_uri": site.redirect_uri,
        "code": code,
        "grant_type": "authorization_code",
    }
    async with world.http() as http:
        for verifier in (None, "x" * 43):
            tried = form if verifier is None else {**form, "code_verifier": verifier}
            assert (await http.post("np/oauth/token", data=tried)).status_code == 400
        answer = await http.post(
            f"{BASE_URL}/np/oauth/token", data={**form, "code_verifier": VERIFIER}
        )
    assert answer.json() == {"access_token": world.person.subject}


async def test_the_root_finds_the_organization_that_can_be_meant(house: House) -> None:
    """Two organizations may name their application alike; its secret, or its code, tells."""
    here, there = await house.new_world(), await house.new_world()
    name = f"shared-{here.org.org_id}"
    sites = [await register_site(each, client_id=name) for each in (here, there)]
    for site in sites:
        answer = await site.redeem(await site.get_code(), True)
        assert answer.json() == {"access_token": site.world.person.subject}
    public = f"public-{here.org.org_id}"
    for world in (here, there):
        known = await world.register(
            "Kiosk",
            client_id=public,
            kind="spa",
            auth_method=AuthMethod.NONE,
            redirect_uris=("https://kiosk.example/",),
        )
        await redeem_publicly(world, known)


async def redeem_publicly(world: World, known: Known) -> None:
    """A public client's whole way, with the token from the root."""
    site = OldSite(world, known, "https://kiosk.example/")
    async with world.http() as browser:
        visit = await site.sign_in(
            browser, code_challenge=challenge_of(VERIFIER), code_challenge_method="S256"
        )
        if visit.response.status_code != 303:
            visit = await post(browser, form_of(visit, "decision"), decision="allow")
        answer = await browser.post(
            f"{BASE_URL}/np/oauth/token",
            data={
                "client_id": known.client_id,
                "redirect_uri": site.redirect_uri,
                "code": visit.parameters["code"],
                "grant_type": "authorization_code",
                "code_verifier": VERIFIER,
            },
        )
    assert answer.json() == {"access_token": world.person.subject}


async def test_a_suspended_organization_identifies_nobody(house: House, world: World) -> None:
    """Neither at its own address nor at the root; programs are told in JSON."""
    site = await register_site(world)
    code = await site.get_code()
    await house.services.organizations.suspend(world.org.org_id, SYSTEM)
    for at_root in (False, True):
        answer = await site.redeem(code, at_root)
        assert answer.status_code in (400, 401)
        assert "error" in answer.json()
