"""A server at a name, where browsers keep passkeys, and a device in the browser that keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import CDPSession, Page

from doorward.db import open_database, system_clock
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD, make_account
from tests.support.ports import free_port
from tests.support.server import DemoServer
from tests.support.servers import start_server
from tests.support.world import make_world

__all__ = ["Device", "running_at_a_name"]

ORG = "riverbend"
PEOPLE = ("anna", "ben", "cleo", "dara", "emil", "fay")
_NOT_BESIDE_THE_NAME = """
if (location.protocol === "http:" && !sessionStorage.besideTheName) {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false;
}
"""


@contextmanager
def running_at_a_name(template: SqliteTemplate, directory: Path) -> Iterator[DemoServer]:
    """Serve one organization with ``PEOPLE`` in it at ``http://localhost``."""
    database_url = template.copy_to(directory / "doorward.sqlite")
    port = free_port()
    base_url = f"http://localhost:{port}"
    # The browser's driver has this thread's loop.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, _seed(database_url)).result(60)
    server = start_server(database_url, directory, port=str(port), base_url=base_url)
    people = [
        {
            "account_id": str(number),
            "username": name,
            "password": PASSWORD.reveal(),
            "email": f"{name}@example.org",
        }
        for number, name in enumerate(PEOPLE, 1)
    ]
    org = {
        "issuer": f"{base_url}/o/{ORG}",
        "applications": [],
        "staff": [],
        "constituents": people,
    }
    yield DemoServer(
        process=cast("Any", None),
        log=server.log,
        base_url=base_url,
        sample_url=base_url,
        facts={"organizations": {ORG: org}},
    )
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


async def _seed(database_url: str) -> None:
    clock = ManualClock(system_clock())
    db = await open_database(database_url, clock=clock)
    world = await make_world(db, clock, org_id=ORG)
    for name in PEOPLE[1:]:
        await make_account(db, name, org_id=world.org.org_id)
    await db.close()


class Device:
    """Chromium's own authenticator in software, in the browser of ``page``."""

    def __init__(self, page: Page) -> None:
        """Put it in; its user is there, and does what it asks."""
        self._page = page
        page.add_init_script(_NOT_BESIDE_THE_NAME)
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": made["authenticatorId"]}

    def offer_beside_the_name(self) -> None:
        """Let the browser offer passkeys where a name is typed; its user takes the first at once.

        Until then the browser cannot, as older ones: only the button leads to a passkey.
        """
        self._page.evaluate("sessionStorage.besideTheName = 'yes'")

    def offer_by_the_button_only(self) -> None:
        """As at first."""
        self._page.evaluate("sessionStorage.clear()")

    def refuse(self, *, always: bool) -> None:
        """Whether its user is not known to it."""
        self._cdp.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": not always})

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        """What it keeps."""
        found = self._cdp.send("WebAuthn.getCredentials", self._id)
        return list(found["credentials"])
