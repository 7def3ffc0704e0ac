"""People of the demo connect to the platforms that the same demo speaks as: nothing is faked.

The vault of these tests is that of a second process of the installation, beside the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import pytest

from doorward.app.assembly import Services, open_services
from doorward.audit import Actor
from doorward.config import load_settings
from doorward.connectors import ConnectorAuthor
from doorward.crypto import Secret
from doorward.orgs import Permission
from doorward.vault import (
    ApiCall,
    AskAdmin,
    CallForbidden,
    Cause,
    Connected,
    Connection,
    Declined,
    Disconnected,
    NotConnected,
    Outcome,
    Place,
    Returned,
    Status,
    Submission,
    Typed,
    Wanted,
    flow_cookie_name,
)
from tests.demo.conftest import Demo
from tests.support.browser_forms import PlainBrowser, authorize
from tests.support.server import Person

pytestmark = pytest.mark.anyio

HOME = "riverbend"
AMARA = ConnectorAuthor(Actor(kind="account", id="1001"), 1001, "constituent")
SESSION = 7


@dataclass(frozen=True)
class Desk:
    """The vault beside a running demo, as Amara of Riverbend uses it."""

    use: Services
    demo: Demo

    async def place(self, slug: str) -> Place:
        """The connector, at the organization's own address."""
        issuer = self.demo.server.organization(HOME).issuer
        return Place(await self.use.connectors.get_enabled(HOME, slug), "", (issuer,))

    async def visit(
        self, slug: str, person: Person, *, decision: str = "allow", account_id: int = 1001
    ) -> Outcome:
        """Go to the platform as ``person`` there, and come back with what it answers."""
        place = await self.place(slug)
        begun = await self.use.connecting.flows.begin(Wanted(place, account_id, SESSION))
        callback = f"{place.issuers[0]}/connect/callback/{slug}"
        with PlainBrowser(stop_at=callback) as browser:
            journey = await asyncio.to_thread(
                authorize, browser, begun.url, person, decision=decision
            )
        return await self.use.connecting.flows.finish(
            Returned(
                place,
                journey.arrival.parameters,
                {flow_cookie_name(begun.flow_id, https=False): begun.cookie.reveal()},
                account_id,
                SESSION,
            )
        )

    async def connect(self, slug: str, person: Person) -> Connection:
        """The same, where nothing goes wrong."""
        outcome = await self.visit(slug, person)
        assert isinstance(outcome, Connected), outcome
        return outcome.kept.connection

    def projects_status(self, token: str) -> int:
        """What Neon answers whoever asks it with ``token``, without any vault."""
        return httpx2.get(
            f"{self.demo.server.organization('neon').issuer}/api/v2/projects",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        ).status_code

    async def call(self, row: Connection, path: str) -> tuple[int, bytes]:
        """What the platform's API answers, called with the connection's credential."""
        reply = await self.use.api_proxy.call(*row.key, ApiCall("GET", path))
        return reply.status, reply.body


@pytest.fixture
async def desk(demo: Demo) -> AsyncIterator[Desk]:
    """Another process of the demo's installation: the same folder, database and keys."""
    settings = load_settings(
        environment={},
        overrides={
            "base_url": demo.server.base_url,
            "database_url": f"sqlite:///{demo.data / 'demo.sqlite'}",
            "master_key_file": demo.data / "master.keys",
            "spill_folder": demo.data / "spills",
            "outbound_allowed": (urlsplit(demo.server.base_url).netloc,),
        },
    )
    use = await open_services(settings)
    yield Desk(use, demo)
    await use.close()


def test_the_facts_name_the_connectors(demo: Demo) -> None:
    """One of each kind at least, all of Riverbend."""
    connectors = demo.server.facts["connectors"]
    assert {each["organization"] for each in connectors} == {HOME}
    assert {each["name"]: each["type"] for each in connectors} == {
        "neon-crm": "api_key",
        "neon-crm-constituent": "oauth",
        "neos": "oauth",
        "neon-postgres": "oauth",
        "lantern-crm": "admin_managed",
    }


async def test_a_person_connects_to_neon_crm_by_the_key_of_staff(desk: Desk) -> None:
    """The form asks for organization and key alone; calls go out with both as HTTP Basic."""
    place = await desk.place("neon-crm")
    shown = await desk.use.connecting.forms.fields(place, "", AMARA.account_id)
    assert [each.name for each in shown] == ["org_id", "api_key"]
    key = desk.demo.server.organization(HOME).staff[0].api_key or ""
    made = await desk.use.connecting.forms.connect(
        Typed(place, {"org_id": HOME, "api_key": key}), AMARA
    )
    status, body = await desk.call(made.kept.connection, "/v2/accounts/1001")
    assert status == 200
    assert b"Amara" in body


async def test_a_wrong_key_is_refused_by_the_platform_itself(desk: Desk) -> None:
    """And nothing is kept."""
    place = await desk.place("neon-crm")
    before = await desk.use.vault.connections.list_of_account(HOME, 1002)
    haruto = ConnectorAuthor(Actor(kind="account", id="1002"), 1002, "constituent")
    with pytest.raises(NotConnected) as refused:
        await desk.use.connecting.forms.connect(
            Typed(place, {"org_id": HOME, "api_key": "dw_ak_" + "x" * 48}), haruto
        )
    assert refused.value.cause is Cause.WRONG_KEY
    assert await desk.use.vault.connections.list_of_account(HOME, 1002) == before


async def test_a_constituent_signs_in_and_only_who_they_are_is_kept(desk: Desk) -> None:
    """The answer of Neon CRM is an account's number: it opens no API, and nothing calls one."""
    amara = desk.demo.server.organization(HOME).constituents[0]
    row = await desk.connect("neon-crm-constituent", amara)
    assert row.party_id == amara.account_id
    with pytest.raises(CallForbidden):
        await desk.call(row, "/v2/accounts/1001")


async def test_a_person_connects_to_neos_and_reads_their_profile(desk: Desk) -> None:
    """Through the proxy, which shows nobody the token."""
    lumen = desk.demo.server.organization("neos").constituents[0]
    row = await desk.connect("neos", lumen)
    assert row.party_name == lumen.username
    status, body = await desk.call(row, "/api/user/profiles")
    assert status == 200
    assert lumen.email.encode() in body


async def test_a_connection_to_neon_is_used_renewed_and_ended_at_both_ends(desk: Desk) -> None:
    """The pair of tokens rotates, the former one is dead; after the end the platform knows none."""
    priya = desk.demo.server.organization("neon").constituents[0]
    row = await desk.connect("neon-postgres", priya)
    assert row.party_name == "Priya"
    status, body = await desk.call(row, "/projects")
    assert status == 200
    assert b"quiet-river-204816" in body
    before = (await desk.use.vault.refresher.get_token(*row.key)).tokens
    renewed = await desk.use.vault.refresher.get_token(*row.key, seen_version=row.token_version)
    assert renewed.connection.token_version == row.token_version + 1
    assert renewed.tokens.access != before.access
    assert renewed.tokens.refresh != before.refresh
    token = renewed.tokens.access.reveal()
    assert desk.projects_status(token) == 200
    report = await desk.use.vault.deauthorizer.disconnect(*row.key, AMARA.actor)
    assert {each.result for each in report.outcomes} == {"revoked"}
    assert report.connection.status is Status.DISCONNECTED
    assert desk.projects_status(token) == 401
    with pytest.raises(Disconnected):
        await desk.call(row, "/projects")


async def test_whoever_declines_at_the_platform_connects_nothing(desk: Desk) -> None:
    """Declining is an answer, and no mishap."""
    aoi = desk.demo.server.organization("neon").constituents[1]
    outcome = await desk.visit("neon-postgres", aoi, decision="deny")
    assert isinstance(outcome, Declined)


async def test_the_last_connector_waits_for_an_administrator(desk: Desk) -> None:
    """What is left to set up works once somebody of the staff has typed the client of the facts."""
    place = await desk.place("lantern-crm")
    with pytest.raises(AskAdmin):
        await desk.use.connecting.flows.begin(Wanted(place, AMARA.account_id, SESSION))
    client = next(
        each
        for each in desk.demo.server.organization("neon").applications
        if each.client_id == "lantern-client"
    )
    mina = ConnectorAuthor(
        Actor(kind="account", id="1"), 1, "system", frozenset({Permission.CONNECTORS_WRITE})
    )
    given = Submission(client.client_id, Secret(client.client_secret or ""))
    await desk.use.connecting.credentials.submit(place, given, mina)
    priya, aoi = desk.demo.server.organization("neon").constituents
    outcome = await desk.visit("lantern-crm", priya, account_id=1)
    assert isinstance(outcome, Connected)
    assert await desk.use.connecting.credentials.find_active(place) is not None
    row = await desk.connect("lantern-crm", aoi)
    assert (await desk.call(row, "/projects"))[0] == 200


async def test_the_server_waits_for_itself_without_standing_in_its_own_way(desk: Desk) -> None:
    """Twenty calls at once through its proxy, each of which asks the same process again."""
    priya = desk.demo.server.organization("neon").constituents[0]
    row = await desk.connect("neon-postgres", priya)
    home = desk.demo.server.organization(HOME)
    here = f"{home.issuer}/api/connections/{row.connection_id}"
    headers = {"Authorization": f"Bearer {home.staff[0].api_key}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as api:
        answers = await asyncio.gather(*(api.get(f"{here}/proxy/projects") for _ in range(20)))
        assert {each.status_code for each in answers} == {200}
        assert {each.headers["doorward-answer-from"] for each in answers} == {"platform"}
        assert "quiet-river-204816" in {each["id"] for each in answers[0].json()["projects"]}
        before = (await api.get(f"{here}/token")).json()["access_token"]
        renewed = (await api.post(f"{here}/refresh")).json()
        assert renewed["token_version"] == row.token_version + 1
        after = (await api.get(f"{here}/token")).json()["access_token"]
        assert after != before
        assert desk.projects_status(after) == 200
        ended = (await api.delete(here)).json()
        assert {each["result"] for each in ended["outcomes"]} == {"revoked"}
        assert desk.projects_status(after) == 401
        assert (await api.get(f"{here}/proxy/projects")).status_code == 409
