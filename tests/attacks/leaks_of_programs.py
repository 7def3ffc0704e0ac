"""Stories in which programs and staff are given secrets, and use them."""

from __future__ import annotations

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from tests.attacks.leak_stage import TYPED, Stage
from tests.console.admin.desk import Desk, at_desk, hire
from tests.dialects.app_connect.client import KEY
from tests.support.crm import make_integration
from tests.support.factories import make_account
from tests.support.platforms import speak
from tests.support.programs import Program
from tests.support.upstream import API_KEY, SECRET
from tests.support.visits import arrive, authorize, form_of, go, post

__all__ = ["STORIES"]


async def sign_in_and_buy(stage: Stage) -> None:
    """A wrong password, a right one, codes, rotation, replay, introspection, revocation."""
    world, program = stage.world, Program(stage.world, stage.world.web)
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        await post(browser, form_of(visit, "password"), username="anna", password=TYPED[0])
        visit = await authorize(browser, world.request())
        tokens = (await program.redeem(visit.parameters["code"])).json()
        fresh = (await program.refresh(tokens["refresh_token"])).json()
        await program.refresh(tokens["refresh_token"])
        for path in ("account", "account/sessions", "account/apps", "account/email"):
            await go(browser, path)
        stage.note("ID token", tokens["id_token"])
        stage.keep_cookies(browser)
    await program.introspect(fresh["access_token"])
    await program.userinfo(fresh["access_token"])
    await program.redeem(visit.parameters["code"])
    await program.revoke(fresh["refresh_token"])
    await program.post("oauth2/token", {"grant_type": "x"}, auth=(world.web.client_id, TYPED[0]))


async def connect_accounts(stage: Stage) -> None:
    """By OAuth with the organization's credentials, by an API key, and by App Connect's JWT."""
    client = stage.client
    hers = await client.set_up()
    uri = await client.come_back("anna")
    answer = await client.callback(uri, who="anna")
    await client.callback(uri, who="anna")
    stage.note("App Connect's JWT", hers, answer.json()["jwtToken"])
    stage.note("credentials of the organization", SECRET)
    stage.note("a platform's key", API_KEY)
    platform = client.server.platform
    stage.note("a platform's token", *(each.refresh for each in platform.families if each.refresh))
    await client.get("authValidation", params={"jwtToken": hers})
    await client.get("user/info", jwt=hers)
    await client.get("oauthManagedAuthState?platform=platform", who="ada")
    await client.submit(accessTokenUri="http://10.0.0.1/")
    client.server.configure(kind="key", revoke="none")
    await client.connector("keyed", variables=(KEY,))
    body = {"platform": "keyed", "apiKey": API_KEY}
    logged_in = await client.post("apiKeyLogin", body, who="anna")
    stage.note("App Connect's JWT", logged_in.json()["jwtToken"])
    await client.post("apiKeyLogin", {**body, "apiKey": f"{API_KEY}x"}, who="anna")
    await client.post("unAuthorize", jwt=logged_in.json()["jwtToken"])
    async with stage.world.http() as browser:
        await go(browser, "account/connections")


async def make_secrets_and_keys(stage: Stage) -> None:
    """Staff make them on pages, where each is shown once, and programs use them."""
    world = stage.world
    async with at_desk(world) as desk:
        await _make_a_secret(desk, world.web.client_id)
        robot = await hire(world)
        await world.services.api_keys.switch_access_on(world.org.org_id, robot.account_id, SYSTEM)
        page = f"users/user?id={robot.account_id}"
        await desk.send(page, "users/keys", label="Nightly")
        for path in (page, "audit", f"oauth?client_id={world.web.client_id}", "connections"):
            await desk.open(path)
    _, key = await world.services.api_keys.create(
        world.org.org_id, robot.account_id, "calls", SYSTEM
    )
    async with world.http() as http:
        for credential in (key.reveal(), f"{key.reveal()}x"):
            headers = {"authorization": f"Bearer {credential}"}
            for path in ("api/accounts", "api/audit-events", "api/api-keys", "api/nothing"):
                await http.get(path, headers=headers)
        made = await http.post(
            "api/api-keys",
            json={"label": "made"},
            headers={"authorization": f"Bearer {key.reveal()}"},
        )
        assert made.status_code == 201


async def _make_a_secret(desk: Desk, client_id: str) -> None:
    form = await desk.form(f"oauth?client_id={client_id}", "oauth/secrets")
    made = await desk.http.post(form.action, data=form.fields)
    assert "dw_cs_" in made.text


async def call_as_older_programs_do(stage: Stage) -> None:
    """Sessions of API v1, whose identifier travels in addresses, and personal keys of Neon."""
    await speak(stage.world, "app_connect", "neon_crm", "neon")
    crm = await make_integration(stage.world)
    session = await crm.session()
    stage.note("session of API v1", session)
    for given in (session, f"{session}0"):
        await crm.v1("account/listGenders", params={"userSessionId": given})
    await crm.v2("GET", "/accounts")
    await crm.v1("common/logout", params={"userSessionId": session})
    async with stage.signed_in() as browser:
        shown = await go(browser, "account/neon/keys")
        form = next(each for each in shown.page.forms if each.fields.get("part") == "create")
        made = await post(browser, form, key_name="Laptop")
        assert "dw_pk_" in made.response.text
        await go(browser, "account/neon/keys")


async def give_staff_what_they_ask_for(stage: Stage) -> None:
    """A password that was made, a credential that is revealed, and a link for an application."""
    world = stage.world
    async with at_desk(world) as desk:
        made = await desk.send("users/new", "users/new", name="Nina New", username="nina")
        assert made.response.status_code == 200
        rows = await world.services.vault.connections.list(world.org.org_id)
        (hers,) = [row for row in rows if row.sealed and row.account_id == world.person.account_id]
        page = f"connections/connection?connection={hers.connection_id}"
        await desk.open(page)
        await desk.send(page, "connections/reveal")
        await desk.open(page)
        token = world.services.vault.connections.open(hers).tokens.access.reveal()
        stage.note("a platform's token", token)
        assert token in stage.watch.shown[-2].text
    robot = await hire(world)
    await world.services.api_keys.switch_access_on(world.org.org_id, robot.account_id, SYSTEM)
    whose = world.org.org_id, robot.account_id
    _, key = await world.services.api_keys.create(*whose, "links", SYSTEM)
    asked = {
        "client_id": world.web.client_id,
        "account_id": world.person.subject,
        "connectors": ["platform"],
        "return_url": "http://127.0.0.1:8765/callback",
    }
    headers = {"authorization": f"Bearer {key.reveal()}"}
    async with world.http() as http:
        link = await http.post("api/connect-sessions", json=asked, headers=headers)
        assert link.status_code == 201, link.text
        read = await http.get(f"api/connections/{hers.connection_id}/token", headers=headers)
        assert read.status_code == 200, read.text
    async with stage.signed_in() as browser:
        await go(browser, link.json()["url"])


async def sign_with_keys(stage: Stage) -> None:
    """Keys of the organization, of which programs are shown the public part."""
    world = stage.world
    await make_account(world.services.db, "sal", org_id=world.org.org_id, kind=AccountKind.SYSTEM)
    for alg in ("RS256", "ES256"):
        signer = await world.services.keys.signer(world.org.org_id, alg)
        values = signer.key.as_dict(private=True)
        parts = (values[name] for name in ("d", "p", "q", "dp", "dq", "qi") if name in values)
        stage.note("private part of a signing key", *(str(part) for part in parts))
    async with world.http() as http:
        await http.get(".well-known/jwks.json")
    async with at_desk(world) as desk:
        await desk.open("keys")


STORIES = (
    sign_in_and_buy,
    connect_accounts,
    make_secrets_and_keys,
    call_as_older_programs_do,
    give_staff_what_they_ask_for,
    sign_with_keys,
)
