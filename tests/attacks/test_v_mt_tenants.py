"""V-MT: what belongs to one organization does not exist in another."""

from __future__ import annotations

import pytest

from tests.support.attacks import attack
from tests.support.house import House
from tests.support.programs import Program, add_api, error_of, get_code, get_tokens
from tests.support.raw import raw_request
from tests.support.visits import arrive, authorize, form_of, go
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(house: House, world: World) -> World:
    """A second organization; its Anna has the same number, its application the same name."""
    return await house.new_world()


@attack("CVE-2026-33132")
async def test_v_mt_tokens_open_nothing_elsewhere(world: World, other: World) -> None:
    """No endpoint of another organization knows them."""
    tokens = await get_tokens(world)
    there = Program(other, other.web)
    for name in ("access_token", "refresh_token", "id_token"):
        assert not await there.is_active(tokens[name])
        assert error_of(await there.userinfo(tokens[name]), 401) == "invalid_token"
        assert error_of(await there.refresh(tokens[name])) == "invalid_grant"
        assert (await there.revoke(tokens[name])).status_code == 200
    assert error_of(await there.redeem(await get_code(world))) == "invalid_grant"
    here = Program(world, world.web)
    assert await here.is_active(tokens["access_token"])
    assert await here.is_active(tokens["refresh_token"])


async def test_v_mt_clients_are_unknown_elsewhere(world: World, other: World) -> None:
    """With their right secret, at every endpoint, and at the authorization endpoint."""
    stranger = Program(other, world.web)
    for answer in (
        await stranger.act(),
        await stranger.post("oauth2/introspect", {"token": "x"}),
        await stranger.revoke("x"),
    ):
        assert error_of(answer, 401) == "invalid_client"
    async with other.http() as browser:
        visit = await arrive(browser, world.request())
    assert visit.response.status_code == 400


async def test_v_mt_the_same_client_id_is_two_clients(world: World, other: World) -> None:
    """An import may bring one identifier into two organizations: nothing is shared."""
    here = await world.register("Same", client_id="the-same-client")
    there = await other.register("Same", client_id="the-same-client")
    tokens = await get_tokens(world, known=here)
    assert await Program(world, here).is_active(tokens["access_token"])
    assert not await Program(other, there).is_active(tokens["access_token"])
    assert error_of(await Program(other, there).refresh(tokens["refresh_token"])) == "invalid_grant"
    answer = await Program(other, Known(there.application, here.secret)).act()
    assert error_of(answer, 401) == "invalid_client"
    assert other.person.account_id == world.person.account_id


@attack("CVE-2026-33132")
async def test_v_mt_a_sign_in_counts_in_its_organization_only(world: World, other: World) -> None:
    """Neither the cookie under its own name, nor under the other's, nor its flows."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        cookie = browser.cookies[f"dw-{world.org.org_id}"]
        visit = await arrive(browser, world.request(prompt="consent"))
        form = form_of(visit, "decision")
    for name in (f"dw-{world.org.org_id}", f"dw-{other.org.org_id}"):
        async with other.http(cookies={name: cookie}) as browser:
            assert (await arrive(browser, other.request())).path[-1] == "signin"
            assert (await go(browser, "account")).path[-1] == "signin"
            seen = await browser.get("consent", params={"flow": form.fields["flow"]})
            assert seen.status_code == 410
            answer = await browser.post("consent", data={**form.fields, "decision": "allow"})
            assert answer.status_code in {403, 410}


async def test_v_mt_a_hint_of_another_issuer_is_no_hint(world: World, other: World) -> None:
    """Its signature and its issuer are not ours, although the numbers are the same."""
    hint = (await get_tokens(world))["id_token"]
    async with other.http() as browser:
        await authorize(browser, other.request())
        visit = await arrive(browser, other.request(id_token_hint=hint))
        assert visit.parameters["error"] == "invalid_request"
        await go(browser, f"oauth2/sessions/logout?id_token_hint={hint}")
        assert "code" in (await arrive(browser, other.request(prompt="none"))).parameters


async def test_v_mt_scopes_apis_and_consents_are_apart(world: World, other: World) -> None:
    """The same API identifier elsewhere gives its clients nothing here."""
    spy = Program(other, await other.register("Spy"))
    await add_api(world, "urn:gifts", "gifts.read")
    await add_api(other, "urn:gifts", "gifts.read", resource_client_ids=(spy.known.client_id,))
    known = await world.register("Ledger", scopes=("openid", "gifts.read"))
    token = (await get_tokens(world, known=known, scope="openid gifts.read"))["access_token"]
    assert await spy.introspect(token) == {"active": False}
    mine = await world.services.consents.list_of_account(world.org.org_id, world.person.account_id)
    theirs = await world.services.consents.list_of_account(
        other.org.org_id, other.person.account_id
    )
    assert len(mine) == 1
    assert theirs == []


async def test_v_mt_organizations_are_found_by_exact_name(world: World) -> None:
    """Not by another case, a prefix, a trailing dot, an escape or a path."""
    org_id = world.org.org_id
    for name in (
        org_id.upper(), f"{org_id}.", f"{org_id} ", f"{org_id}/..", f"./{org_id}", "", "..",
        f"{org_id};x", f"x{org_id}", f"\x00{org_id}", "operators", "*", "%", "\u202e",
    ):  # fmt: skip
        answer = await raw_request(world.app, "GET", f"/o/{name}/.well-known/jwks.json")
        assert answer.status in {400, 404}, name
        assert "keys" not in answer.text
