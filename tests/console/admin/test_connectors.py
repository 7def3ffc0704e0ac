"""Staff switch connectors, give the credentials of platforms, and fill in fields for others."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.vault import CredentialsState, Status, Submitters
from tests.connectors.manifests import plain
from tests.console.admin.desk import Desk, at_desk, hire
from tests.console.admin.platforms import (
    SECRET,
    acme,
    activate,
    connect,
    get_active,
    place_of,
)
from tests.support.visits import Visit, go
from tests.support.world import World

pytestmark = pytest.mark.anyio

ONE = "connectors/connector?connector=acme-crm"
GIVE = "connectors/credentials"
GIVEN = {"client_id": "riverbend", "client_secret": SECRET, "action": "save"}


async def actions(world: World) -> list[str]:
    """What was recorded, the newest first."""
    events = await world.services.audit.list(world.org.org_id, None, 30)
    return [each.event.action for each in events]


async def give(desk: Desk, **more: str) -> Visit:
    """Give credentials by the form."""
    return await desk.send(ONE, GIVE, **{**GIVEN, **more})


async def give_and_prove(desk: Desk) -> None:
    """Credentials that are in use."""
    await give(desk)
    connector = await desk.world.services.connectors.get(desk.world.org.org_id, "acme-crm")
    await activate(desk.world, connector, desk.staff.account_id)


async def test_the_catalogue_is_searched_and_switched(world: World) -> None:
    """By every word of a name or identifier; what is on can be listed alone."""
    use, org_id = world.services, world.org.org_id
    async with at_desk(world) as desk:
        found = await desk.open("connectors?q=close+key")
        assert "close-key" in found.page.text
        assert not [each for each in found.page.links if "connector=pipedrive" in each]
        nothing = await desk.open("connectors?q=no-such-platform")
        assert "close-key" not in nothing.page.text
        page = "connectors/connector?connector=close-key"
        on = await desk.send(page, "connectors/switch", enabled="on")
        assert on.response.status_code == 200
        assert (await use.connectors.get(org_id, "close-key")).enabled
        assert "close-key" in (await desk.open("connectors?show=on")).page.text
        await desk.send(page, "connectors/switch", enabled="off")
    assert not (await use.connectors.get(org_id, "close-key")).enabled
    assert (await actions(world))[:2] == ["connector.disabled", "connector.enabled"]


async def test_every_entry_of_the_catalogue_is_reached_by_pages(world: World) -> None:
    """None is left out, and none stands twice."""
    seen: list[str] = []
    every = sorted(each.slug for each in world.services.connectors.catalogue())
    async with at_desk(world) as desk:
        while len(seen) < len(every):
            visit = await desk.open(f"connectors?after={seen[-1] if seen else ''}")
            here = [each for each in visit.page.links if "/connector?connector=" in each]
            assert here
            seen += [each.partition("connector=")[2] for each in here]
    assert seen == every


async def test_what_a_developer_registered_is_read_before_it_is_on(world: World) -> None:
    """Its manifest is shown, and only the version that was read is switched on."""
    use, org_id = world.services, world.org.org_id
    await use.connectors.register(org_id, plain(), SYSTEM)
    async with at_desk(world) as desk:
        visit = await desk.open("connectors?show=registered")
        assert "acme-crm" in visit.page.text
        shown = await desk.open(ONE)
        assert "https://{subdomain}.acme.example/oauth/token" in shown.page.text
        form = await desk.form(ONE, "connectors/switch")
        await use.connectors.change(org_id, "acme-crm", plain(name="Other"), SYSTEM, version=1)
        data = {**form.fields, "enabled": "on"}
        stale = await desk.http.post(form.action, data=data)
        assert stale.status_code == 422
    assert not (await use.connectors.get(org_id, "acme-crm")).enabled


async def test_instructions_are_read_and_do_nothing(world: World) -> None:
    """In the reader's language, beside the redirect URI; markup in them is text."""
    await acme(world)
    async with at_desk(world) as desk:
        text = (await desk.open(ONE)).response.text
        assert "<h3>Steps</h3>" in text
        assert "<script>x</script>" not in text
        assert f"{world.issuer}/connect/callback/acme-crm" in text
        url = f"{world.issuer}/admin/{ONE}"
        japanese = (await desk.http.get(url, headers={"accept-language": "ja"})).text
        assert "<h3>手順</h3>" in japanese


async def test_credentials_wait_until_they_are_proved(world: World) -> None:
    """They are their submitter's to prove; the secret is on no page, and can be withdrawn."""
    connector = await acme(world)
    colleague = await hire(world)
    async with at_desk(world) as desk, at_desk(world, colleague) as other:
        visit = await give(desk)
        assert "/connect/start?connector=acme-crm" in visit.response.text
        assert SECRET not in visit.response.text
        assert "riverbend" not in (await other.open(ONE)).page.forms[0].fields.values()
        assert "/connect/start?connector=acme-crm" not in (await other.open(ONE)).response.text
        await desk.send(ONE, "connectors/credentials/withdraw")
        credentials = world.services.connecting.credentials
        place = place_of(world, connector)
        assert await credentials.find_pending(place, desk.staff.account_id) is None
        await give_and_prove(desk)
        shown = await other.open(ONE)
        assert "riverbend" in shown.page.text
        assert SECRET not in shown.response.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "a\nb"}, "client_secret"),
        ({"token_url": "http://acme.example/token"}, "token_url"),
        ({"token_url": "https://169.254.169.254/"}, "token_url"),
        ({"authorization_url": "javascript:x"}, "authorization_url"),
        ({"scopes": "é"}, "scopes"),
        ({"label": "x" * 101}, "label"),
    ],
)
async def test_what_is_wrong_with_credentials_stands_beside_the_field(
    world: World, typed: dict[str, str], field: str
) -> None:
    """Nothing is kept; what was typed stands there again, but never the secret."""
    await acme(world)
    async with at_desk(world) as desk:
        for action in ("save", "test"):
            visit = await give(desk, **typed, action=action)
            assert visit.response.status_code == 422, (typed, action)
            assert f'id="{field}-error"' in visit.response.text
            assert SECRET not in visit.response.text
    assert "tenant_credentials.pending" not in await actions(world)


async def test_a_test_keeps_nothing(world: World) -> None:
    """Here the platform cannot be reached: that is said, and nothing else happens."""
    connector = await acme(world)
    async with at_desk(world) as desk:
        visit = await give(desk, action="test")
        assert visit.response.status_code == 422
        assert "riverbend" in visit.response.text
        place = place_of(world, connector)
        found = await world.services.connecting.credentials.find_pending(
            place, desk.staff.account_id
        )
    assert found is None


async def test_an_edit_that_ends_connections_names_them_and_is_confirmed(world: World) -> None:
    """Three people are counted; only then are they asked to connect again."""
    connector = await acme(world)
    change = f"{GIVE}/change"
    async with at_desk(world) as desk:
        await give_and_prove(desk)
        active = await get_active(world, connector)
        rows = [
            await connect(world, connector, number, account_id=number,
                          credentials_id=active.credentials_id)
            for number in (11, 12, 13)
        ]  # fmt: skip
        page = await desk.open(ONE)
        assert "3 people" in page.page.text
        harmless = await desk.send(ONE, change, label="Ours", action="save")
        assert harmless.response.status_code == 200
        assert (await get_active(world, connector)).label == "Ours"
        needs = await desk.send(ONE, change, client_id="another", action="save")
        assert 'id="client_secret-error"' in needs.response.text
        typed = {"client_id": "another", "client_secret": "new", "action": "save"}
        asked = await desk.send(ONE, change, **typed)
        assert asked.response.status_code == 422
        assert 'id="confirm-error"' in asked.response.text
        assert "3 people" in asked.page.text
        assert (await get_active(world, connector)).client_id == "riverbend"
        done = await desk.send(ONE, change, **typed, confirm="on")
        assert done.response.status_code == 200
    for row in rows:
        after = await world.services.vault.connections.get(world.org.org_id, row.connection_id)
        assert after.status is Status.NEEDS_RECONNECT
    assert (await get_active(world, connector)).client_id == "another"


async def test_a_rotated_secret_ends_nothing_and_deleting_asks(world: World) -> None:
    """Two secrets are hinted at; after deleting there is none, and the history stays."""
    connector = await acme(world)
    async with at_desk(world) as desk:
        await give_and_prove(desk)
        empty = await desk.send(ONE, f"{GIVE}/rotate", new_secret="")
        assert 'id="new_secret-error"' in empty.response.text
        rotated = await desk.send(ONE, f"{GIVE}/rotate", new_secret="second")
        assert rotated.response.text.count("••••") == 2
        assert "second" not in rotated.response.text.partition("<main")[2].partition("<form")[0]
        asked = await desk.send(ONE, f"{GIVE}/revoke")
        assert asked.response.status_code == 200
        assert (await get_active(world, connector)).state is CredentialsState.ACTIVE
        form = next(each for each in asked.page.forms if each.action.endswith("/revoke"))
        data = {**form.fields, "decision": "confirm"}
        await desk.http.post(form.action, data=data)
        shown = await desk.open(ONE)
        assert "riverbend" in shown.page.text
    credentials = world.services.connecting.credentials
    assert await credentials.find_active(place_of(world, connector)) is None


async def test_the_policy_says_who_gives_credentials(world: World) -> None:
    """Administrators, or whoever comes first; anything else is administrators."""
    credentials = world.services.connecting.credentials
    async with at_desk(world) as desk:
        for given, kept in (
            ("first_user", Submitters.FIRST_USER),
            ("nobody", Submitters.ADMINS_ONLY),
        ):
            await desk.send("connectors", "connectors/policy", submitters=given)
            assert await credentials.find_submitters(world.org.org_id) is kept


async def test_fields_are_filled_in_for_everybody_and_for_one(world: World) -> None:
    """A secret is never shown again; an empty field keeps it, a tick forgets it."""
    connector = await acme(world)
    managed, option = world.services.connecting.managed, connector.manifest.auth_options[1]
    page = "connectors/managed"
    async with at_desk(world) as desk:
        fields = {"managed.api_key": "key-of-all", "managed.region": "eu"}
        visit = await desk.send(ONE, page, **fields)
        assert visit.response.status_code == 200
        assert "key-of-all" not in visit.response.text
        assert 'value="eu"' in visit.response.text
        await desk.send(ONE, page, **{"managed.api_key": "", "managed.region": "us"})
        stored = await managed.find(connector, option, 0)
        assert {name: each.reveal() for name, each in stored.values.items()} == {
            "api_key": "key-of-all",
            "region": "us",
        }
        await desk.send(ONE, page, **{"forget.api_key": "on"})
        assert set((await managed.find(connector, option, 0)).values) == {"region"}
        refused = await desk.send(ONE, page, **{"managed.seat": "7"})
        assert refused.response.status_code == 422
        person = f"connectors/person?connector=acme-crm&option=key&id={desk.staff.subject}"
        done = await desk.send(person, "connectors/person", **{"managed.seat": "seat-7"})
        assert 'value="seat-7"' in done.response.text
        own = await managed.find(connector, option, desk.staff.account_id)
        assert own.values["seat"].reveal() == "seat-7"


async def test_reading_is_not_changing(world: World) -> None:
    """Who may only see is shown no form that changes anything."""
    await acme(world)
    async with at_desk(world, await hire(world, {"connectors.read"})) as desk:
        for page in ("connectors", ONE):
            visit = await desk.open(page)
            assert visit.response.status_code == 200
            ours = [each for each in visit.page.forms if each.method == "post"]
            assert {each.action.rpartition("/")[2] for each in ours} == {"signout"}


async def test_each_environment_has_credentials_of_its_own(world: World) -> None:
    """The one that is asked for is shown; one that is not there is refused."""
    regions = [{"name": "eu", "title": {"en": "Europe"}}, {"name": "us"}]
    await acme(world, environments=regions)
    async with at_desk(world) as desk:
        page = f"{ONE}&environment=us"
        await desk.send(page, GIVE, **GIVEN)
        url = f"{world.issuer}/admin/{ONE}"
        assert (
            "/connect/start?connector=acme-crm"
            not in (await go(desk.http, f"{url}&environment=eu")).response.text
        )
        assert (
            "/connect/start?connector=acme-crm"
            in (await go(desk.http, f"{url}&environment=us")).response.text
        )
        unknown = await desk.http.get(f"{url}&environment=xx")
        assert unknown.status_code < 500
