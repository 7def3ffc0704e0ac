"""Every flow at DEBUG: then logs, database and answers are searched for each secret there was."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.db import metadata, open_database
from doorward.mail import Inbox, render_letter
from doorward.orgs import Policy
from tests.console.admin.desk import Desk, at_desk, hire
from tests.dialects.app_connect.client import KEY, Client, make_client
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD
from tests.support.leaks import dump
from tests.support.programs import Program
from tests.support.second_steps import Phone, codes_of, read_key
from tests.support.upstream import API_KEY, SECRET, UpstreamServer, running_upstream
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.watch import Watch, spellings, watching
from tests.support.world import World, make_services, make_world

pytestmark = pytest.mark.anyio

TYPED = ("a wrong password that was typed", "seven tall ships came by")
HANDED_OVER = (
    "/oauth2/token", "/app-connect/oauth-callback", "/app-connect/apiKeyLogin", "/api/api-keys",
)  # fmt: skip
"""Programs' addresses whose answer is the secret that was asked for."""
SHOWN_ONCE = (
    "/admin/oauth/secrets", "/admin/oauth/new", "/admin/users/keys", "/account/two-step/app",
    "/account/two-step",
)  # fmt: skip
"""Pages that show a secret to its owner, in the answer to the form that made it."""


@dataclass
class Stage:
    """A world with a platform beside it, and what is noted of both."""

    client: Client
    watch: Watch

    @property
    def world(self) -> World:
        """The organization."""
        return self.client.world


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def stage(database_url: str, platform: UpstreamServer) -> AsyncIterator[Stage]:
    """A Doorward that may call the platform and write letters, on each engine."""
    clock = ManualClock()
    platform.configure()
    platform.clock.now, platform.platform.clock = clock.now, clock
    db = await open_database(database_url, clock=clock, pool_size=4)
    with watching() as watch:
        services = make_services(
            db, clock, carrier=Inbox(clock=clock), allowed=(platform.authority,)
        )
        running = services, watch.over(build_app(services))
        world = await make_world(db, clock, policy=Policy(sign_up=True), running=running)
        yield Stage(await make_client(world, platform), watch)
    await services.vault.refresher.close()
    await services.outbound.close()
    await asyncio.wait_for(db.close(), 10)


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
        stage.watch.secrets |= {tokens["id_token"], *browser.cookies.values()}
    await program.introspect(fresh["access_token"])
    await program.userinfo(fresh["access_token"])
    await program.redeem(visit.parameters["code"])
    await program.revoke(fresh["refresh_token"])
    await program.post("oauth2/token", {"grant_type": "x"}, auth=(world.web.client_id, TYPED[0]))


async def sign_in_with_two_steps(stage: Stage) -> None:
    """The key of the app and the recovery codes are shown once, and asked for afterwards."""
    world = stage.world
    async with world.http() as browser:
        visit = await go(browser, "account/two-step/app")
        form = form_of(visit, "password")
        visit = await post(browser, form, username="anna", password=PASSWORD.reveal())
        phone = Phone(world, world.person, key=read_key(visit))
        visit = await post(browser, form_of(visit, "code"), code=phone.code())
        codes = codes_of(visit)
        assert codes
        stage.watch.secrets |= {phone.key, *codes}
        await go(browser, "account/two-step")
    async with world.http() as browser:
        visit = await go(browser, "account")
        form = form_of(visit, "password")
        visit = await post(browser, form, username="anna", password=PASSWORD.reveal())
        await post(browser, form_of(visit, "code"), code="000000")
        visit = await post(browser, form_of(visit, "code"), code=phone.next_code())
        assert visit.response.status_code == 200


async def connect_accounts(stage: Stage) -> None:
    """By OAuth with the organization's credentials, by an API key, and by App Connect's JWT."""
    client = stage.client
    hers = await client.set_up()
    uri = await client.come_back("anna")
    answer = await client.callback(uri, who="anna")
    await client.callback(uri, who="anna")
    stage.watch.secrets |= {hers, answer.json()["jwtToken"], SECRET, API_KEY}
    platform = client.server.platform
    stage.watch.secrets |= {each.refresh for each in platform.families if each.refresh}
    await client.get("authValidation", params={"jwtToken": hers})
    await client.get("user/info", jwt=hers)
    await client.get("oauthManagedAuthState?platform=platform", who="ada")
    await client.submit(accessTokenUri="http://10.0.0.1/")
    client.server.configure(kind="key", revoke="none")
    await client.connector("keyed", variables=(KEY,))
    body = {"platform": "keyed", "apiKey": API_KEY}
    logged_in = await client.post("apiKeyLogin", body, who="anna")
    stage.watch.secrets.add(logged_in.json()["jwtToken"])
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


async def follow_letters(stage: Stage) -> None:
    """A forgotten password: the link is in the letter alone, and good once."""
    world, outbox = stage.world, stage.world.services.outbox
    async with world.http() as browser:
        visit = await go(browser, "forgot")
        await post(browser, form_of(visit, "email"), email="anna@example.org")
        links = []
        for org_id, letter_id in await outbox.find_due(20):
            letter = await outbox.claim(org_id, letter_id, 1)
            assert letter is not None
            opened = outbox.open_link(letter)
            render_letter(letter, opened)
            links += [opened.link] if opened.link and "/reset" in opened.link else []
        (link,) = links
        stage.watch.secrets.add(link.rpartition("=")[2])
        visit = await go(browser, link)
        form = form_of(visit, "password")
        form.fields |= {name: TYPED[1] for name in ("password", "again") if name in form.fields}
        done = await post(browser, form, password=TYPED[1])
        assert done.path[-1] == "reset/done", done.page.text[:300]
        await go(browser, link)


STORIES = (
    sign_in_and_buy,
    connect_accounts,
    make_secrets_and_keys,
    sign_in_with_two_steps,
    follow_letters,
)


@attack("DOT 1735")
async def test_no_secret_is_found_outside_its_place(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Plain, base64, hex or encoded for addresses: not logged, not stored, not shown again."""
    caplog.set_level(logging.DEBUG)
    # As the server does: its details hold whole header lines of other platforms.
    caplog.set_level(logging.INFO, logger="httpcore2")
    stage.watch.secrets |= {PASSWORD.reveal(), *TYPED}
    for story in STORIES:
        await story(stage)
    watch = stage.watch
    assert len(watch.secrets) > 40
    assert watch.found_in(_logged(caplog)) == []
    assert watch.found_in(await dump(stage.world)) == []
    # The handle of a flow is in the addresses of its pages, and worth nothing without the cookie.
    for secret in (each for each in watch.secrets if not each.startswith("dw_fl_")):
        places = watch.places_of(secret)
        pages = [place for place in places if not place.endswith(HANDED_OVER)]
        if secret.startswith("dw_al_"):
            # The page that a letter's link opens carries it on to its own form, and nowhere else.
            pages = [place for place in pages if not place.endswith("/reset")]
        assert all(place.endswith(SHOWN_ONCE) for place in pages), (secret[:8], places)
        assert len(pages) <= 1, (secret[:8], pages)


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """What our side logged, as it would be printed, with the arguments and traces."""
    return "\n".join(
        f"{each.getMessage()} {each.args!r} {each.exc_text or ''} {each.exc_info!r}"
        for each in caplog.records
        if each.name != "httpx2"
    )


def test_every_spelling_is_found() -> None:
    """The search itself can fail: each encoding of a secret gives it away."""
    secret = "dw_at_a secret/with+signs?of=all~kinds"
    watch = Watch({secret})
    for text in (
        secret,
        secret.encode().hex(),
        secret.encode().hex().upper(),
        quote(secret, safe=""),
        b64encode(secret.encode()).decode(),
        b64encode(f"client:{secret}".encode()).decode(),
        b64encode(f"c:{secret}x".encode()).decode(),
        b64encode(f"cl:{secret}xy".encode()).decode(),
        repr(secret.encode()),
    ):
        assert watch.found_in(f"before {text} after") != [], text
    assert watch.found_in("nothing of it") == []
    assert all(len(spelt) >= 30 for spelt in spellings(secret).values())


def test_every_table_is_searched() -> None:
    """What is dumped are all the tables that there are."""
    assert len(metadata.sorted_tables) > 40
