"""The demo's inbox: what arrived can be read, by this machine alone, and only in the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorward.app import Services, build_app
from doorward.crypto import Secret
from doorward.db import Database
from doorward.mail import Inbox, Recipient, Sender
from tests.mail.letters import LINK, make_letter, send, work_off
from tests.support.clock import ManualClock
from tests.support.world import BASE_URL, make_services

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Demo:
    """Services whose letters arrive in memory, and a browser."""

    services: Services
    inbox: Inbox
    http: httpx2.AsyncClient

    async def deliver(self, **fields: Any) -> None:
        """Write a letter and let it arrive."""
        await send(self.services.outbox, self.services.db, make_letter(**fields))
        await work_off(self.services.outbox, self.inbox, self.services.db)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Open a page of the inbox."""
        return await self.http.get(path, headers=headers)


def browser(services: Services) -> httpx2.AsyncClient:
    """Somebody on this machine."""
    transport = httpx2.ASGITransport(app=build_app(services))
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL)


@pytest.fixture
async def demo(db: Database, clock: ManualClock) -> AsyncIterator[Demo]:
    """A Doorward with an inbox."""
    inbox = Inbox(clock=clock)
    services = make_services(db, clock, carrier=inbox)
    async with browser(services) as http:
        yield Demo(services, inbox, http)


async def test_letters_are_listed_the_newest_first(demo: Demo, clock: ManualClock) -> None:
    """As a page, and for scripts with everything in them."""
    assert "No letter has arrived yet" in (await demo.get("/dev/mail")).text
    await demo.deliver()
    clock.advance(seconds=60)
    recipient = Recipient("haruto@mail.example", "ja", name="佐藤 陽翔")
    await demo.deliver(sender=Sender("川の財団"), recipient=recipient)
    items = (await demo.get("/dev/mail.json")).json()["items"]
    assert [each["to"] for each in items] == ["haruto@mail.example", "bo@example.org"]
    newest = items[0]
    assert (newest["subject"], newest["links"]) == ("川の財団への招待", [LINK])
    assert LINK in newest["text"]
    assert LINK in newest["html"]
    assert newest["organization"] == "river"
    page = (await demo.get("/dev/mail")).text
    assert page.index("川の財団への招待") < page.index("Your invitation to River Trust")


async def test_a_letter_can_be_read_and_its_link_followed(demo: Demo) -> None:
    """The text with its link; the HTML alone under a policy that lets it do nothing."""
    await demo.deliver()
    number = (await demo.get("/dev/mail.json")).json()["items"][0]["id"]
    page = await demo.get(f"/dev/mail?id={number}")
    assert f'<a href="{LINK}">' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    written = await demo.get(f"/dev/mail/html?id={number}")
    policy = written.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups; default-src 'none'")
    assert "script" not in policy
    assert "allow-same-origin" not in policy
    assert written.headers["cache-control"] == "no-store"
    assert f'href="{LINK}"' in written.text


async def test_a_letter_cannot_bring_markup_or_script_into_the_page(demo: Demo) -> None:
    """Names are text there as well, and only web addresses are links."""
    evil = "<script>alert(1)</script>"
    await demo.deliver(
        sender=Sender(f"{evil} javascript:alert(1)"), link=Secret("https://x/?a=1&b='\"<i>")
    )
    for path in ("/dev/mail", "/dev/mail?id=1", "/dev/mail/html?id=1"):
        text = (await demo.get(path)).text
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "<i>" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/dev/mail?id=2",
        "/dev/mail?id=1&id=1",
        "/dev/mail?id=-1",
        "/dev/mail?id=%00",
        "/dev/mail?id=99999999999999999999",
        "/dev/mail?id=%EF%BC%91",
        "/dev/mail/html",
        "/dev/mail/html?id=2",
        "/dev/mail/1",
    ],
)
async def test_what_is_not_there_is_not_found(demo: Demo, path: str) -> None:
    """Whatever is asked for."""
    await demo.deliver()
    assert (await demo.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/dev/mail", "/dev/mail.json", "/dev/mail/html?id=1"])
async def test_a_name_that_others_made_lead_here_shows_nothing(demo: Demo, path: str) -> None:
    """Their page could otherwise read the letters as its own (DNS rebinding)."""
    await demo.deliver()
    assert (await demo.get(path)).status_code == 200
    assert (await demo.get(path, host="evil.example:8400")).status_code == 404


@pytest.mark.parametrize("path", ["/dev/mail", "/dev/mail.json", "/dev/mail/html?id=1"])
async def test_an_installation_has_no_inbox(db: Database, clock: ManualClock, path: str) -> None:
    """The pages exist in the demo only."""
    async with browser(make_services(db, clock)) as http:
        assert (await http.get(path)).status_code == 404


async def test_the_inbox_forgets_what_is_old(demo: Demo) -> None:
    """It has a bound, and numbers are never used again."""
    for number in range(205):
        await demo.deliver(recipient=Recipient(f"p{number}@example.org", "en"))
    items = (await demo.get("/dev/mail.json")).json()["items"]
    assert [each["id"] for each in items] == [str(number) for number in range(205, 5, -1)]
