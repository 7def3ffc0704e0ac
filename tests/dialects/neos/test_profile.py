"""``/api/user/profiles``: what each scope opens, and to whom nothing is opened."""

from __future__ import annotations

import httpx2
import pytest

from doorward.accounts import AccountChange, PatreonLink
from doorward.audit import SYSTEM
from tests.support.house import House
from tests.support.platforms import neos_site, neos_token, speak
from tests.support.programs import Program
from tests.support.world import BASE_URL, World

pytestmark = pytest.mark.anyio

ALWAYS = {
    "id",
    "username",
    "normalizedUsername",
    "registrationDate",
    "isVerified",
    "tags",
    "profile",
}
PATHS = ("api/user/profiles", "api/user/profile")


async def ask(world: World, token: str | None, path: str = PATHS[0]) -> httpx2.Response:
    """The profile endpoint's answer."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    async with world.http() as http:
        return await http.get(path, headers=headers)


async def fill(world: World, *, verified: bool) -> None:
    """Give Anna a picture, tags and a Patreon account."""
    whose, use = (world.org.org_id, world.person.account_id), world.services
    picture = AccountChange(picture_url="https://pictures.example/a.png")
    await use.accounts.update(*whose, picture, SYSTEM)
    await use.platform_profiles.set_tags(*whose, ("beta tester", "mentor"), SYSTEM)
    link = PatreonLink(
        user_id="4711",
        full_name="Anna E.",
        tier="Lantern",
        pledge_cents=500,
        since="2024-05-01",
        verified=verified,
    )
    await use.platform_profiles.link_patreon(*whose, link, SYSTEM)


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("path", PATHS)
async def test_each_scope_opens_its_fields(world: World, path: str, root: bool) -> None:
    """Exactly those, at every address."""
    site = await neos_site(world)
    await fill(world, verified=True)
    where = f"{BASE_URL}/{path}" if root else path
    for scope, more in (
        ("profile", set[str]()),
        ("profile email", {"email"}),
        ("profile patreon", {"patreonData"}),
        ("openid profile email patreon", {"email", "patreonData"}),
    ):
        answer = await ask(world, await neos_token(world, site, scope), where)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == ALWAYS | more
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_profile_holds_what_is_kept(world: World) -> None:
    """In the platform's shapes."""
    site = await neos_site(world)
    await fill(world, verified=True)
    told = (await ask(world, await neos_token(world, site, "profile email patreon"))).json()
    assert told["id"] == f"U-{world.person.account_id}"
    assert told["username"] == told["normalizedUsername"] == "anna"
    assert told["registrationDate"].endswith("Z")
    assert told["isVerified"] is True
    assert told["tags"] == ["beta tester", "mentor"]
    assert told["profile"] == {"iconUrl": "https://pictures.example/a.png"}
    assert told["email"] == "anna@example.org"
    assert told["patreonData"] == {
        "isPatreonSupporter": True,
        "patreonId": "4711",
        "fullName": "Anna E.",
        "accountName": "Lantern",
        "lastPatreonPledgeCents": 500,
        "lastActivationTime": "2024-05-01T00:00:00Z",
        "isActive": True,
        "isVerified": True,
    }


async def test_what_people_say_of_themselves_makes_no_supporter(world: World) -> None:
    """The answer says that nobody verified it; without a link there is nothing."""
    site = await neos_site(world)
    token = await neos_token(world, site, "profile patreon")
    assert (await ask(world, token)).json()["patreonData"] is None
    await fill(world, verified=False)
    told = (await ask(world, token)).json()["patreonData"]
    assert (told["isPatreonSupporter"], told["isVerified"]) == (False, False)


async def test_the_id_stays_when_the_name_changes(world: World) -> None:
    """Or whoever takes the name next would be taken for this person."""
    site = await neos_site(world)
    token = await neos_token(world, site)
    before = (await ask(world, token)).json()
    change = AccountChange(username="Ａnna2")
    await world.services.accounts.update(world.org.org_id, world.person.account_id, change, SYSTEM)
    after = (await ask(world, token)).json()
    assert after["id"] == before["id"]
    assert after["normalizedUsername"] == "anna2"


@pytest.mark.parametrize("root", [False, True])
async def test_without_a_good_token_there_is_a_challenge(world: World, root: bool) -> None:
    """401 without a token and with a bad one; the header names the error of the second."""
    await neos_site(world)
    path = f"{BASE_URL}/{PATHS[0]}" if root else PATHS[0]
    answer = await ask(world, None, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert "error" not in answer.headers["www-authenticate"]
    for bad in ("x", "dw_at_" + "A" * 48, "a.b.c", "x" * 7000):
        answer = await ask(world, bad, path)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("root", [False, True])
async def test_scopes_are_not_confused(world: World, root: bool) -> None:
    """Without ``profile`` nothing is told, whatever else was granted."""
    site = await neos_site(world)
    path = f"{BASE_URL}/{PATHS[0]}" if root else PATHS[0]
    answer = await ask(world, await neos_token(world, site, "openid email patreon"), path)
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"
    assert 'scope="profile"' in answer.headers["www-authenticate"]


async def test_a_token_of_another_organization_is_unknown(house: House) -> None:
    """Under an issuer; and at the root it opens its own person's profile only."""
    one, other = await house.new_world(), await house.new_world()
    site = await neos_site(one)
    await neos_site(other)
    token = await neos_token(one, site)
    assert (await ask(other, token)).status_code == 401
    told = (await ask(other, token, f"{BASE_URL}/{PATHS[0]}")).json()
    assert told["id"] == f"U-{one.person.account_id}"
    await speak(one)
    assert (await ask(one, token, f"{BASE_URL}/{PATHS[0]}")).status_code == 401


async def test_a_token_that_ended_opens_nothing(house: House) -> None:
    """Revoked, expired, its account disabled, its organization suspended."""
    root = f"{BASE_URL}/{PATHS[0]}"
    for end in ("revoked", "disabled", "suspended", "expired"):
        world = await house.new_world()
        site = await neos_site(world)
        token = await neos_token(world, site)
        assert (await ask(world, token, root)).status_code == 200
        if end == "revoked":
            await Program(world, site).revoke(token)
        elif end == "disabled":
            await world.services.accounts.disable(world.org.org_id, world.person.account_id, SYSTEM)
        elif end == "suspended":
            await world.services.organizations.suspend(world.org.org_id, SYSTEM)
        else:
            house.clock.advance(seconds=3601)
        assert (await ask(world, token, root)).status_code == 401, end


async def test_a_token_of_no_person_has_no_profile(world: World) -> None:
    """A service's own token, with the scope."""
    await neos_site(world)
    service = await world.register(
        "Counter",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=("profile",),
    )
    answer = await Program(world, service).act(scope="profile")
    if answer.status_code == 200:
        told = await ask(world, answer.json()["access_token"])
        assert told.status_code == 401
    else:
        assert answer.json()["error"] == "invalid_scope"
