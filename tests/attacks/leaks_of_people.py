"""Stories in which people are given secrets: on pages, in letters, by their browsers."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, urlencode, urlsplit

from doorward.orgs import Tenant
from tests.attacks.leak_stage import TYPED, Stage
from tests.console.admin.desk import at_desk
from tests.support.factories import PASSWORD
from tests.support.passkey_pages import keyring_of
from tests.support.post import code_in, link_in
from tests.support.second_steps import Phone, codes_of, read_key
from tests.support.upstream import CLIENT_ID
from tests.support.visits import form_of, go, post
from tests.support.world import make_world

__all__ = ["STORIES"]

_CHALLENGE = re.compile(r'"challenge": ?"([^"]+)"')
_CODE = "code of a letter"


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
        stage.note("key of an app", phone.key)
        stage.note("recovery code", *codes)
        await go(browser, "account/two-step")
    async with world.http() as browser:
        visit = await go(browser, "account")
        form = form_of(visit, "password")
        visit = await post(browser, form, username="anna", password=PASSWORD.reveal())
        await post(browser, form_of(visit, "code"), code="000000")
        visit = await post(browser, form_of(visit, "code"), code=phone.next_code())
        assert visit.response.status_code == 200


async def forget_a_password(stage: Stage) -> None:
    """The link is in the letter alone, and good once."""
    async with stage.world.http() as browser:
        await post(browser, form_of(await go(browser, "forgot"), "email"), email="anna@example.org")
        link = link_in(await stage.letter("password_reset"))
        form = form_of(await go(browser, link), "password")
        form.fields |= {name: TYPED[1] for name in ("password", "again") if name in form.fields}
        done = await post(browser, form, password=TYPED[1])
        assert done.path[-1] == "reset/done", done.page.text[:300]
        await go(browser, link)


async def sign_up_and_move(stage: Stage) -> None:
    """A new account by a letter, then another address by one, and back by a third."""
    typed = {"email": "bo@example.net", "name": "Bo Lindqvist", "password": TYPED[1]}
    async with stage.world.http() as browser:
        form = form_of(await go(browser, "signup"), "email")
        await post(browser, form, headers=None, **typed)
        letter = await stage.letter("sign_up_confirm")
        stage.note(_CODE, code_in(letter))
        opened = await go(browser, link_in(letter))
        entered = await post(browser, form_of(opened, "code"))
        assert entered.path[-1] == "account", entered.path
        await post(
            browser, form_of(await go(browser, "account/email"), "email"), email="b@new.example"
        )
        letter = await stage.letter("email_confirm")
        stage.note(_CODE, code_in(letter))
        opened = await go(browser, link_in(letter))
        done = await post(browser, form_of(opened, "code"))
        assert "confirmed" in done.page.text
        back = await go(browser, link_in(await stage.letter("email_changed")))
        await post(browser, form_of(back, "code"))
        stage.keep_cookies(browser)


async def follow_an_invitation(stage: Stage) -> None:
    """Staff are shown the link as well: they may have to send it themselves."""
    person = {"given_name": "Cy", "family_name": "Li", "email": "cy@example.org", "locale": "en"}
    async with at_desk(stage.world) as desk:
        await desk.send("constituents/invite", "constituents/invite", **person)
        await desk.open("constituents")
    letter = await stage.letter("invitation")
    async with stage.world.http() as theirs:
        form = form_of(await go(theirs, link_in(letter)), "again")
        arrived = await post(theirs, form, password=TYPED[1], again=TYPED[1])
        assert arrived.path[-1] == "account"
        await go(theirs, link_in(letter))


async def use_a_passkey(stage: Stage) -> None:
    """Each challenge is told to one browser; a passkey has no secret of ours besides."""
    world = stage.world
    running = world.services, world.app
    lake = await make_world(world.services.db, world.clock, org_id="lake", running=running)
    keyring = await keyring_of(lake)
    assert isinstance(keyring.tenant, Tenant)
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        stage.note("recovery code", *codes_of(await keyring.enrol(http)))
    async with keyring.browser() as http:
        arrived = await keyring.use(http)
        assert arrived.response.status_code == 200
        stage.keep_cookies(http)
    for shown in stage.watch.shown:
        for challenge in _CHALLENGE.findall(shown.text):
            stage.note("challenge of a passkey", challenge)
            stage.challenges.add(urlsafe_b64decode(f"{challenge}=="))


async def connect_in_a_browser(stage: Stage) -> None:
    """The state and the challenge go to the platform; its code comes back once, and is let go."""
    client = stage.client
    platform = client.server.configure(client_auth="none")
    await client.connector("harbor", redirect=None, admin_managed=False, client_id=CLIENT_ID)
    async with stage.signed_in() as browser:
        form = form_of(await go(browser, "connect/start?connector=harbor"), "action")
        leaving = await post(browser, form, action="connect")
        there = leaving.page.refresh
        assert there is not None, leaving.page.text[:400]
        asked = parse_qs(urlsplit(there).query)
        stage.note("state of a connect flow", asked["state"][0])
        back = client.server.visit(there)
        stage.note("a platform's code", back["code"])
        home = urlsplit(asked["redirect_uri"][0]).path
        done = await go(browser, f"{home}?{urlencode(back)}")
        assert done.path[-1] == "connect/done", done.page.text[:300]
        await go(browser, f"{home}?{urlencode(back)}")
        await go(browser, "account/connections")
        stage.keep_cookies(browser)
    stage.note("PKCE verifier of a connect flow", platform.token_requests[-1]["code_verifier"])
    tokens = [token for each in platform.families for token in (*each.access, each.refresh)]
    stage.note("a platform's token", *(token for token in tokens if token))


STORIES = (
    sign_up_and_move,
    follow_an_invitation,
    use_a_passkey,
    connect_in_a_browser,
    sign_in_with_two_steps,
    forget_a_password,
)
