"""Connect sessions over the API: an application's server begins them, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorward.accounts import Account
from doorward.audit import SYSTEM, Actor
from doorward.clients import Application, ApplicationStatus, NewApplication
from doorward.connectors import Connector
from doorward.db import Transaction
from doorward.tokens import AccessOrder
from tests.console.api.staff import Office
from tests.console.api.things import filled, things_of
from tests.support.connected import connect, install
from tests.support.factories import make_account

pytestmark = pytest.mark.anyio
BACK = "https://app.example/connected"


@dataclass
class Server:
    """An application, its person, and a connector."""

    office: Office
    application: Application
    person: Account
    connector: Connector

    async def token(self, *, account_id: int | None = None, audience: tuple[str, ...] = ()) -> str:
        """An access token of the application, its own or a person's."""
        minted = self.office.services.tokens.mint_access(
            AccessOrder(
                org_id="river",
                client_id=self.application.client_id,
                account_id=account_id,
                family_id=None,
                scopes=(),
                audience=audience,
                lifetime_s=600,
            )
        )
        await self.office.services.tokens.store_access("river", minted)
        return minted.text.reveal()

    def body(self, **more: Any) -> dict[str, Any]:
        """What it asks for."""
        asked = {
            "account_id": self.person.subject,
            "connectors": [self.connector.slug],
            "return_url": BACK,
        }
        return {**asked, **more}


@pytest.fixture
async def server(office: Office) -> Server:
    """An application that somebody lets act for them."""
    use = office.services
    person = await make_account(use.db, "dora", org_id="river")
    new = NewApplication(
        org_id="river", name="App", redirect_uris=(BACK,), status=ApplicationStatus.APPROVED
    )
    application, _ = await use.applications.create(new, SYSTEM)
    actor = Actor(kind="account", id=person.subject)
    wanted = ("river", person.account_id, application.client_id)

    async def allow(tx: Transaction) -> int:
        return await use.consents.allow(tx, wanted, ("openid",), actor)

    await use.db.unit(allow)
    return Server(office, application, person, await install(use, "river"))


async def test_an_applications_server_begins_a_session_for_its_person(server: Server) -> None:
    """With its own token; the link opens for that person in one sign-in."""
    client = server.office.holding(await server.token())
    answer = await client("POST", "/connect-sessions", json=server.body())
    assert answer.status_code == 201, answer.text
    told = answer.json()
    page = "http://127.0.0.1:8400/o/river/connect/session"
    assert told["url"] == f"{page}?session={told['token']}"
    transport = httpx2.ASGITransport(app=server.office.app)
    async with httpx2.AsyncClient(transport=transport) as browser:
        arrived = await browser.get(told["url"])
    assert arrived.headers["location"].startswith("/o/river/signin?flow=")
    sessions = server.office.services.connecting.sessions
    opened = await sessions.open(
        "river", told["token"], account_id=server.person.account_id, session_id=5
    )
    assert (opened.client_id, opened.return_url) == (server.application.client_id, BACK)
    events = await server.office.services.audit.list("river", None, 1)
    event = events[0].event
    assert (event.action, event.actor_kind) == ("connect_session.created", "client")
    assert told["token"] not in str(event)


async def test_an_application_asks_for_itself_and_its_own_people(server: Server) -> None:
    """Not for another application, for somebody who did not allow it, or back to elsewhere."""
    client = server.office.holding(await server.token())
    stranger = server.office.people["river"].subject
    other = server.office.applications["river"].client_id
    for body, status, code in (
        (server.body(client_id=other), 403, "other_application"),
        (server.body(account_id=stranger), 422, "bad_connect_session"),
        (server.body(account_id="999999"), 422, "bad_connect_session"),
        (server.body(return_url="https://evil.example/"), 422, "bad_connect_session"),
        (server.body(return_url=f"{BACK}?x"), 422, "bad_connect_session"),
        (server.body(connectors=["nobody"]), 422, "bad_connect_session"),
        (server.body(connectors=["\x00"]), 422, "bad_connect_session"),
        (server.body(connectors=[]), 422, "invalid_fields"),
        (server.body(reconnect_of="0"), 422, "invalid_fields"),
    ):
        answer = await client("POST", "/connect-sessions", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    mine = server.body(client_id=server.application.client_id)
    assert (await client("POST", "/connect-sessions", json=mine)).status_code == 201


async def test_no_other_token_begins_a_session(server: Server) -> None:
    """A person's is not the server's; one that is shown to another API is anybody's there."""
    office = server.office
    person = await server.token(account_id=server.person.account_id)
    elsewhere = await server.token(audience=("https://api.example",))
    for text, status, code in (
        (person, 403, "not_staff"),
        (elsewhere, 403, "not_for_us"),
        ("dw_at_nonsense", 401, "invalid_token"),
        (None, 401, "no_credentials"),
    ):
        answer = await office.holding(text)("POST", "/connect-sessions", json=server.body())
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    own = await server.token()
    at_lake = await office.holding(own, org_id="lake")(
        "POST", "/connect-sessions", json=server.body()
    )
    assert at_lake.status_code == 401
    both = office.holding(own)
    answer = await both("POST", "/connect-sessions", json=server.body(), headers={"X-API-Key": "x"})
    assert answer.json()["code"] == "ambiguous_credentials"


async def test_an_application_that_is_stopped_begins_nothing(server: Server) -> None:
    """Its tokens are no use from that moment."""
    client = server.office.holding(await server.token())
    await server.office.services.applications.set_status(
        "river", server.application.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )
    answer = await client("POST", "/connect-sessions", json=server.body())
    assert answer.status_code == 401


async def test_an_application_may_nothing_else(server: Server) -> None:
    """Neither connections nor anything: not even those of the people who allow it."""
    office = server.office
    own = await connect(office.services, server.connector, server.person.account_id)
    things = await things_of(office, "river") | {"connection_id": str(own.connection_id)}
    tokens = (await server.token(), await server.token(account_id=server.person.account_id))
    for operation in office.operations:
        if operation.applications:
            continue
        for text in tokens:
            answer = await office.holding(text)(operation.method, filled(operation, things))
            assert answer.status_code == 403, operation
            if operation.method != "HEAD":  # its answers have no body
                assert answer.json()["code"] == "not_staff"


async def test_staff_name_the_application(server: Server) -> None:
    """And need the permission."""
    chief = await server.office.client()
    answer = await chief("POST", "/connect-sessions", json=server.body())
    assert (answer.status_code, answer.json()["code"]) == (422, "client_needed")
    body = server.body(client_id=server.application.client_id)
    assert (await chief("POST", "/connect-sessions", json=body)).status_code == 201
    unknown = await chief("POST", "/connect-sessions", json=server.body(client_id="\x00"))
    assert unknown.status_code in {400, 404}
