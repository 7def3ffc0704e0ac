"""An installation reached by TLS, with somebody of each kind signed in, who walk over it all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from doorward.accounts import Account, AccountKind
from doorward.app import Services, build_app
from doorward.audit import SYSTEM
from doorward.clients import NewApplication
from doorward.connectors import ConnectorAuthor
from doorward.crypto import Secret
from doorward.db import open_database
from doorward.http import ASGIApp, Csrf, session_cookie_name
from doorward.mail import Inbox
from doorward.orgs import DIALECTS, OrganizationChange, Permission, Policy, Registration
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD, make_account
from tests.support.routes import Served, everything_served
from tests.support.visits import form_of, go, post
from tests.support.world import World, make_services, make_world

__all__ = ["ORIGIN", "WALKERS", "Side", "Walker", "side"]

ORIGIN = "https://id.example.org"
BASE = f"{ORIGIN}/o/river"
WALKERS = ("nobody", "anna", "staff")
MANIFEST = {
    "doorward": 1,
    "slug": "tally",
    "name": "Tally",
    "auth_options": [
        {
            "name": "key",
            "type": "api_key",
            "variables": [{"name": "api_key", "secret": True}],
            "delivery": {"place": "header", "name": "X-Key", "value": "{api_key}"},
        }
    ],
}


@dataclass
class Walker:
    """A browser, and the token of the forms that belong to who is signed in there.

    ``browser_csrf`` is the one of forms that belong to the browser itself, ``flow`` one of its
    flows, ``received`` every Set-Cookie on the way to here.
    """

    http: httpx2.AsyncClient
    csrf: str = ""
    browser_csrf: str = ""
    flow: str = ""
    received: list[str] = field(default_factory=list)


@dataclass
class Side:
    """Everything that is served, and who walks over it."""

    services: Services
    app: ASGIApp
    world: World
    served: Served
    walkers: dict[str, Walker]
    api_key: str
    client_id: str = ""
    connector: str = ""
    """An application and a connector of Anna's own."""

    def browser(self, received: list[str] | None = None) -> httpx2.AsyncClient:
        """A browser without cookies; what it is given to keep is noted in ``received``."""

        async def note(response: httpx2.Response) -> None:
            if received is not None:
                received.extend(response.headers.get_list("set-cookie"))

        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url=BASE,
            event_hooks={"response": [note]},
        )


async def _sign_in(side: Side, account: Account, page: str) -> Walker:
    received: list[str] = []
    http = side.browser(received)
    visit = await go(http, f"{BASE}/{page}")
    form = form_of(visit, "password")
    await post(http, form, username=account.username, password=PASSWORD.reveal())
    cookie = http.cookies[session_cookie_name("river", https=True)]
    browser = await side.services.sessions.find_browser(side.world.org, cookie)
    assert browser is not None
    assert browser.sessions
    tokens = Csrf(Secret(side.services.ring.subkey("csrf")))
    query = httpx2.QueryParams(side.world.request(prompt="login"))
    shown = await go(http, f"{BASE}/oauth2/auth?{query}")
    return Walker(
        http,
        csrf=tokens.token("river", browser.sessions[0].session_id),
        browser_csrf=tokens.token("river", browser.browser_id),
        flow=form_of(shown, "password").fields["flow"],
        received=received,
    )


async def _own(side: Side) -> None:
    """An application and a connector that Anna registered."""
    use, anna = side.services, side.world.person.account_id
    new = NewApplication(
        org_id="river",
        name="Tally",
        redirect_uris=("https://tally.example/cb",),
        owner_account_id=anna,
    )
    application, _ = await use.applications.create(new, SYSTEM)
    by = ConnectorAuthor(SYSTEM, anna, "constituent")
    connector = await use.connectors.register("river", json.dumps(MANIFEST), by)
    side.client_id, side.connector = application.client_id, connector.slug


@pytest.fixture(scope="module")
async def side(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Side]:
    """One organization that speaks every dialect, where everybody may register."""
    clock = ManualClock()
    url = sqlite_template.copy_to(tmp_path_factory.mktemp("side") / "doorward.sqlite")
    db = await open_database(url, clock=clock)
    services = make_services(db, clock, base_url=ORIGIN, carrier=Inbox(clock=clock))
    app = build_app(services)
    world = await make_world(db, clock, running=(services, app))
    change = OrganizationChange(
        dialects=DIALECTS, registration=Registration(mode="open"), policy=Policy(sign_up=True)
    )
    await services.organizations.update("river", change, SYSTEM)
    every = tuple(str(each) for each in Permission)
    staff = await make_account(db, "staff", kind=AccountKind.SYSTEM, permissions=every)
    await services.api_keys.switch_access_on("river", staff.account_id, SYSTEM)
    _, key = await services.api_keys.create("river", staff.account_id, "walk", SYSTEM)
    made = Side(services, app, world, everything_served(services), {}, key.reveal())
    made.walkers["nobody"] = Walker(made.browser())
    await _own(made)
    made.walkers["anna"] = await _sign_in(made, world.person, "account")
    made.walkers["staff"] = await _sign_in(made, staff, "admin")
    yield made
    for walker in made.walkers.values():
        await walker.http.aclose()
    await services.outbound.close()
    await db.close()
