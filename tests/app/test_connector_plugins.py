"""An installation with a connector in Python: the example, on a platform that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from doorward.app import Services, assemble
from doorward.audit import SYSTEM
from doorward.config import BadSettings, Settings
from doorward.connectors import (
    Category,
    ClientCredentials,
    License,
    Plan,
    SlugTaken,
    UpstreamFailure,
    write_manifest,
)
from doorward.crypto import Secret
from doorward.db import Database
from doorward.orgs import NewOrganization, OrgId
from tests.connectors.offering import Offering
from tests.support.clock import ManualClock
from tests.support.connected import connect
from tests.support.connected import running_platform as running
from tests.support.factories import make_account, sealing_ring
from tests.support.randomness import SeededRandom
from tests.support.upstream import CLIENT_ID, REDIRECT_URI, SECRET, UpstreamServer, Walk

pytestmark = pytest.mark.anyio

ORG, SLUG = "river", "template-crm"
RENEWS = """

class Renews(TemplateConnector):
    async def check_and_refresh_access_token(self, asked, grant):
        from doorward.connectors import Grant
        from doorward.crypto import Secret
        return Grant(Secret("renewed-by-the-plugin"), expires_at=asked.clock() + 3_600_000_000)
"""


Open: TypeAlias = Callable[..., Services]


@pytest.fixture
async def services(db: Database, clock: ManualClock, server: UpstreamServer) -> AsyncIterator[Open]:
    """Opens installations over one database, each of which names some plugins."""
    opened: list[Services] = []

    def open_one(*plugins: str) -> Services:
        settings = Settings(connector_plugins=plugins, outbound_allowed=(server.authority,))
        made = assemble(settings, db, sealing_ring(), clock=clock, random=SeededRandom(7))
        made.passwords.close()
        opened.append(made)
        return made

    yield open_one
    for each in opened:
        await each.outbound.close()


@pytest.fixture
def server(clock: ManualClock) -> UpstreamServer:
    return running(clock)


@pytest.fixture
def offering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offering:
    """A folder of packages."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return Offering(folder)


@pytest.fixture
async def use(
    services: Open, server: UpstreamServer, offering: Offering, request: pytest.FixtureRequest
) -> Services:
    """An organization, in an installation that names the example."""
    offering.offer_template(f"template_{request.node.name.replace('[', '_')[:-1]}", server.url)
    made = services(SLUG)
    await made.organizations.create(NewOrganization(org_id=OrgId(ORG), name="River"), SYSTEM)
    return made


async def plan_of_example(use: Services) -> Plan:
    """The platform's one client, by the manifest of the plugin."""
    connector = await use.connectors.get(ORG, SLUG)
    client = ClientCredentials(CLIENT_ID, (Secret(SECRET),), REDIRECT_URI)
    return Plan(connector.manifest, connector.manifest.auth_options[0], client)


async def test_the_example_connects_and_says_who_it_is(
    use: Services, server: UpstreamServer
) -> None:
    """The whole way on a platform that runs, with what its methods put together."""
    server.configure(scopes=("contacts.read",), client_auth="post")
    plan = await plan_of_example(use)
    grant = await Walk(use.upstream, server).connect(plan)
    party = await use.upstream.identify(plan, grant)
    assert (party.account_id, party.account_name) == ("acct-1", "ADA LOVELACE")
    assert party.email == "ada@platform.example"
    licensed = License(is_valid=True, status="Basic", description="Account acct-1")
    assert await use.upstream.license(plan, grant) == licensed
    revoked = await use.upstream.revoke(
        plan, access=grant.access_token, refresh=grant.refresh_token
    )
    assert revoked.outcomes[0].result == "revoked"
    with pytest.raises(UpstreamFailure) as failure:
        await use.upstream.identify(plan, grant)
    assert failure.value.category is Category.DEAD_GRANT


async def test_a_plugin_is_switched_on_like_an_entry_of_the_catalogue(
    use: Services, services: Open
) -> None:
    """Off at first; without its plugin it is nothing, and the switch is kept for its return."""
    (entry,) = [e for e in use.connectors.entries_for(ORG) if e.origin == "plugin"]
    assert (entry.slug, entry.enabled) == (SLUG, False)
    assert (await use.connectors.get(ORG, SLUG)).enabled is False
    assert await use.connectors.list_for(ORG) == []
    assert (await use.connectors.enable(ORG, SLUG, SYSTEM)).origin == "plugin"
    (listed,) = await use.connectors.list_for(ORG)
    assert (listed.slug, listed.origin, listed.enabled) == (SLUG, "plugin", True)
    without = services()
    assert await without.connectors.find(ORG, SLUG) is None
    assert await without.connectors.list_for(ORG) == []
    again = services(SLUG)
    assert (await again.connectors.get_enabled(ORG, SLUG)).origin == "plugin"
    assert (await use.connectors.disable(ORG, SLUG, SYSTEM)).enabled is False


async def test_nobody_registers_under_the_slug_of_a_plugin(
    use: Services, services: Open, server: UpstreamServer
) -> None:
    """What was registered before stays what it was, and no code answers for it."""
    manifest = (await use.connectors.get(ORG, SLUG)).manifest
    with pytest.raises(SlugTaken):
        await use.connectors.register(ORG, write_manifest(manifest), SYSTEM)
    server.configure(scopes=("contacts.read",), client_auth="none")
    without = services()
    await without.connectors.register(ORG, write_manifest(manifest), SYSTEM)
    again = services(SLUG)
    found = await again.connectors.get(ORG, SLUG)
    assert found.origin == "registered"
    grant = await Walk(again.upstream, server).connect(await _as_public(again))
    assert (await again.upstream.identify(await _as_public(again), grant)).account_name == ""


async def test_the_vault_renews_by_the_plugin(
    use: Services, services: Open, db: Database, clock: ManualClock, offering: Offering
) -> None:
    """A connection's token is the one that the plugin brought."""
    source = next(offering.folder.glob("template_*.py")).read_text(encoding="utf-8")
    module = f"renews_{db.next_id()}"
    offering.offer(module, source + RENEWS, renews="Renews")
    renewing = services("renews")
    person = await make_account(db, "anna", org_id=ORG)
    connector = await renewing.connectors.enable(ORG, SLUG, SYSTEM)
    row = await connect(renewing, connector, person.account_id)
    clock.advance(seconds=4_000)
    held = await renewing.vault.refresher.get_token(ORG, row.connection_id)
    assert held.tokens.access.reveal() == "renewed-by-the-plugin"
    assert (await use.vault.connections.get(ORG, row.connection_id)).status == "active"


async def test_an_installation_that_names_nothing_known_does_not_start(services: Open) -> None:
    """Whoever named a plugin does not want to run without it."""
    with pytest.raises(BadSettings, match="connector_plugins: 'nowhere': no installed package"):
        services("nowhere")


async def _as_public(use: Services) -> Plan:
    """The same plan for the platform that asks nothing of a client."""
    plan = await plan_of_example(use)
    return Plan(plan.manifest, plan.option, ClientCredentials(CLIENT_ID, (), REDIRECT_URI))
