"""What became of a connect session, as the application's page asks and as our page tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorward.audit import SYSTEM, Actor
from doorward.clients import Application
from doorward.vault import ConnectSession, NewConnectSession, SessionResult
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.visits import form_of, go, post
from tests.support.world import World
from tests.vault.samples import new_connection, plan

pytestmark = pytest.mark.anyio

SLUG = "hubspot"
ORIGIN = "https://tally.example"
BACK = f"{ORIGIN}/back"


@dataclass
class Begun:
    """A session of Anna's, its value, and who asks."""

    world: World
    application: Application
    session: ConnectSession
    value: str
    http: httpx2.AsyncClient

    async def ask(self, value: str | None = None, origin: str | None = ORIGIN) -> httpx2.Response:
        """Ask for the state, as a page of ``origin``."""
        headers = {} if origin is None else {"origin": origin}
        params = {"session": self.value if value is None else value}
        return await self.http.get(
            f"{self.world.issuer}/connect/session/state", params=params, headers=headers
        )

    async def end(self, result: SessionResult, connection_id: int | None = None) -> None:
        """It came to this."""
        whose = (self.session.org_id, self.session.id)
        sessions = self.world.services.connecting.sessions
        await sessions.end(whose, result, SYSTEM, connection_id=connection_id)

    async def enter(self) -> None:
        """Anna signs in, and opens the link."""
        asked = await go(self.http, f"{self.world.issuer}/connect/session?session={self.value}")
        form = form_of(asked, "password")
        await post(self.http, form, username="anna", password=PASSWORD.reveal())

    async def page(self, path: str, **query: Any) -> httpx2.Response:
        """A page of ours within the session."""
        params = {**query, "within": str(self.session.id)}
        return await self.http.get(f"{self.world.issuer}{path}", params=params)


@pytest.fixture
async def begun(world: World) -> AsyncIterator[Begun]:
    """A session that an application's server began."""
    use, org_id, person = world.services, world.org.org_id, world.person
    await use.connectors.enable(org_id, SLUG, SYSTEM)
    known = await world.register("Tally", redirect_uris=(BACK, f"{ORIGIN}:443/back"))
    by = Actor(kind="account", id=str(person.account_id))
    whose = (org_id, person.account_id, known.client_id)
    await use.db.unit(lambda tx: use.consents.allow(tx, whose, ("openid",), by))
    new = NewConnectSession(person.account_id, (SLUG,), BACK)
    session, value = await use.connecting.sessions.create(known.application, new, SYSTEM)
    async with world.http() as http:
        yield Begun(world, known.application, session, value.reveal(), http)


async def test_its_own_origin_reads_what_became_of_it_and_nothing_else(begun: Begun) -> None:
    """Open, then connected with the connection's id; shared with that origin, never stored."""
    answer = await begun.ask()
    assert answer.json() == {"state": "open"}
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Origin"
    assert "set-cookie" not in answer.headers
    await begun.end(SessionResult.CONNECTED, 4711)
    assert (await begun.ask()).json() == {"state": "connected", "connection": "4711"}


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "http://tally.example",
        "https://tally.example:8443",
        "https://tally.example.evil.example",
        "https://TALLY.example",
        "https://tall\xe9.example",
    ],
)
async def test_every_other_origin_has_the_answer_of_a_session_that_is_not_there(
    begun: Begun, origin: str | None
) -> None:
    """Without the header by which a browser would let a page read it."""
    await begun.end(SessionResult.CONNECTED, 4711)
    headers = {} if origin is None else {b"origin": origin.encode("latin-1")}
    address = f"{begun.world.issuer}/connect/session/state?session={begun.value}"
    answer = await begun.http.get(address, headers=headers)
    assert (answer.status_code, answer.json()) == (404, {"state": "over"})
    assert "access-control-allow-origin" not in answer.headers


async def test_unknown_values_are_over(begun: Begun) -> None:
    """Damaged, guessed, huge, or of another kind: one answer. A NUL byte is no value at all."""
    assert (await begun.ask("\x00")).status_code == 400
    for value in ("", "x" * 5000, begun.value[:-1], begun.value + "x", "é", "9" * 40):
        answer = await begun.ask(value)
        assert (answer.status_code, answer.json()) == (404, {"state": "over"}), value
        assert "access-control-allow-origin" not in answer.headers


async def test_a_session_of_one_organization_is_unknown_in_another(
    begun: Begun, house: House
) -> None:
    """The same value at the other's address is nothing."""
    other = await house.new_world()
    address = f"{other.issuer}/connect/session/state?session={begun.value}"
    answer = await begun.http.get(address, headers={"origin": ORIGIN})
    assert (answer.status_code, answer.json()) == (404, {"state": "over"})


async def test_it_is_over_when_its_time_is_unless_something_came_of_it(begun: Begun) -> None:
    """Whoever asks a little later still learns of the result."""
    begun.world.clock.advance(seconds=1800)
    assert (await begun.ask()).json() == {"state": "over"}
    await begun.end(SessionResult.FAILED)
    assert (await begun.ask()).json() == {"state": "failed"}


async def test_who_opens_the_link_again_begins_anew(begun: Begun) -> None:
    """What came of it before is not told of the next visit."""
    await begun.enter()
    await begun.end(SessionResult.DECLINED)
    assert (await begun.ask()).json() == {"state": "declined"}
    await go(begun.http, f"{begun.world.issuer}/connect/session?session={begun.value}")
    assert (await begun.ask()).json() == {"state": "open"}


async def test_an_origin_is_compared_as_browsers_write_it(begun: Begun) -> None:
    """Without the usual port."""
    use = begun.world.services
    new = NewConnectSession(begun.session.account_id, (SLUG,), f"{ORIGIN}:443/back")
    sessions = use.connecting.sessions
    _, value = await sessions.create(begun.application, new, SYSTEM)
    assert (await begun.ask(value.reveal())).json() == {"state": "open"}


async def test_the_last_page_tells_only_what_is_true(begun: Begun) -> None:
    """To exactly the origin of the session; an address that somebody wrote tells nothing."""
    await begun.enter()
    use, person = begun.world.services, begun.world.person
    new = new_connection(org_id=person.org_id, account_id=person.account_id, plan=plan(slug=SLUG))
    kept = await use.vault.connections.connect(new, SYSTEM)
    number = kept.connection.connection_id
    done = {"connection": str(number)}
    failed = {"reason": "declined", "connector": SLUG}
    assert "data-told-to" not in (await begun.page("/connect/failed", **failed)).text
    await begun.end(SessionResult.DECLINED)
    page = await begun.page("/connect/failed", **failed)
    assert f'data-told-to="{ORIGIN}"' in page.text
    assert 'data-result="declined"' in page.text
    wrong = await begun.page("/connect/failed", **{**failed, "reason": "connect_flow_over"})
    assert "data-told-to" not in wrong.text
    assert "data-told-to" not in (await begun.page("/connect/done", **done)).text
    await begun.end(SessionResult.CONNECTED, number)
    page = await begun.page("/connect/done", **done)
    assert f'data-told-to="{ORIGIN}"' in page.text
    assert f'data-connection="{number}"' in page.text
    await begun.end(SessionResult.CONNECTED, number + 1)
    assert "data-told-to" not in (await begun.page("/connect/done", **done)).text


async def test_only_pages_within_a_session_stay_tied_to_who_opened_them(begun: Begun) -> None:
    """All others are cut off from other sites' windows."""
    await begun.enter()
    policy = "cross-origin-opener-policy"
    tied = await begun.page("/connect/start", connector=SLUG)
    assert tied.headers[policy] == "unsafe-none"
    failed = await begun.page("/connect/failed", reason="declined", connector=SLUG)
    assert failed.headers[policy] == "unsafe-none"
    for path in ("/connect", f"/connect/start?connector={SLUG}", "/connect/start?within=1"):
        alone = await begun.http.get(f"{begun.world.issuer}{path}")
        assert alone.headers[policy] == "same-origin"
    link = f"{begun.world.issuer}/connect/failed?reason=declined&connector={SLUG}&within="
    for within in ("", "1", "x"):
        assert (await begun.http.get(link + within)).headers[policy] == "same-origin"
