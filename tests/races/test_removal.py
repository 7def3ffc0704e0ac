"""What a person removes at one server ends at the other with the application's next call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import httpx2
import pytest

from doorward.db import open_database, system_clock
from tests.support.clock import ManualClock
from tests.support.neon import EVERY_SCOPE, add_neon_api
from tests.support.places import Place
from tests.support.servers import ServerProcess
from tests.support.visits import authorize, go
from tests.support.world import CALLBACK, VERIFIER, Known, World, make_world

pytestmark = pytest.mark.anyio
_NUMBERS = count(1)


@dataclass(frozen=True)
class Removal:
    """A person at the first server, and an application that calls at the second."""

    world: World
    known: Known
    here: ServerProcess
    there: ServerProcess

    async def allow(self, browser: httpx2.AsyncClient) -> dict[str, str]:
        """Sign in, allow, and let the application have its tokens."""
        scope = " ".join(("offline_access", *EVERY_SCOPE))
        request = self.world.request(client_id=self.known.client_id, scope=scope)
        code = (await authorize(browser, request)).parameters["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        answer = await browser.post("oauth2/token", data=form, auth=self.known.basic)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens

    async def remove(self, browser: httpx2.AsyncClient) -> None:
        """Take the application out of the list of what was allowed."""
        page = (await go(browser, "account/apps")).page
        form = page.form_with_button("decision", "ask") or page.form_with_button("decision")
        assert form is not None
        fields = {**form.fields, "client_id": self.known.client_id, "decision": "remove"}
        answer = await browser.post(form.action, data=fields)
        assert "done=app_removed" in answer.headers["location"]

    async def call(
        self, http: httpx2.AsyncClient, credential: str, root: str = ""
    ) -> httpx2.Response:
        """One call of the API at that server, under the issuer or at the root."""
        headers = {"authorization": f"Bearer {credential}"}
        return await http.get(f"{root}/api/v2/projects", headers=headers)


@pytest.fixture
async def removal(place: Place) -> AsyncIterator[Removal]:
    """An organization with an application, at both servers."""
    clock = ManualClock(system_clock())
    db = await open_database(place.url, clock=clock)
    world = await make_world(db, clock, org_id=f"lake-{next(_NUMBERS)}")
    known = await add_neon_api(world)
    yield Removal(world, known, *place.servers)
    await asyncio.wait_for(db.close(), 10)


async def test_the_next_call_at_the_other_server_is_refused(removal: Removal) -> None:
    """A token and a key that worked there a moment ago: not one more call each succeeds."""
    org_id = removal.world.org.org_id
    here, there = removal.here.http(org_id), removal.there.http(org_id)
    async with here as browser, there as program:
        tokens = await removal.allow(browser)
        access = tokens["access_token"]
        made = await program.post(
            "api/v2/api_keys",
            json={"key_name": "spare"},
            headers={"authorization": f"Bearer {access}"},
        )
        key = made.json()["key"]
        for credential in (access, key):
            for root in ("", removal.there.url):
                assert (await removal.call(program, credential, root)).status_code == 200
        await removal.remove(browser)
        for credential in (access, key):
            for root in ("", removal.there.url):
                refused = await removal.call(program, credential, root)
                assert refused.status_code == 401
                assert set(refused.json()) == {"request_id", "code", "message"}
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        refused = await program.post("oauth2/token", data=form, auth=removal.known.basic)
        assert refused.json()["error"] == "invalid_grant"


async def test_no_call_that_begins_after_the_removal_succeeds(removal: Removal) -> None:
    """While an application calls without pause, the removal divides its calls in two."""
    org_id = removal.world.org.org_id
    here, there = removal.here.http(org_id), removal.there.http(org_id)
    removed = asyncio.Event()
    before: list[int] = []
    after: list[int] = []

    async def calling(program: httpx2.AsyncClient, access: str) -> None:
        while len(after) < 5:
            late = removed.is_set()
            answer = await removal.call(program, access)
            (after if late else before).append(answer.status_code)

    async with here as browser, there as program:
        access = (await removal.allow(browser))["access_token"]
        assert (await removal.call(program, access)).status_code == 200
        work = [asyncio.ensure_future(calling(program, access)) for _ in range(2)]
        await removal.remove(browser)
        removed.set()
        await asyncio.gather(*work)
    assert set(after) == {401}
    assert set(before) <= {200, 401, 429}
