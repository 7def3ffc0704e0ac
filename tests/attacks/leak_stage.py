"""An organization with a platform beside it, and what is noted of both while secrets are minted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from doorward.mail import Inbox, Parcel
from tests.attacks.leak_table import row_of
from tests.dialects.app_connect.client import Client
from tests.support.factories import PASSWORD
from tests.support.post import Post
from tests.support.visits import form_of, go, post
from tests.support.watch import Watch
from tests.support.world import World

__all__ = ["TYPED", "Stage"]

TYPED = ("a wrong password that was typed", "seven tall ships came by")


@dataclass
class Stage:
    """A world with a platform beside it. ``known`` are secrets by what they are."""

    client: Client
    watch: Watch
    known: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    challenges: set[bytes] = field(default_factory=set)
    """As their bytes: programs are told the text of each."""
    letters: list[Parcel] = field(default_factory=list)
    _post: list[Post] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The organization."""
        return self.client.world

    def note(self, what: str, *secrets: str) -> None:
        """Look for these, too; ``what`` is the row of the table that says where they may be."""
        assert all(secrets), what
        self.known[what] |= set(secrets)
        self.watch.secrets |= set(secrets)

    def keep_cookies(self, browser: httpx2.AsyncClient) -> None:
        """Look for what a browser was given to keep."""
        for cookie in browser.cookies.jar:
            value = cookie.value or ""
            if row_of(value) is None:
                self.note("proof of a known browser", value)
            self.watch.secrets.add(value)

    @asynccontextmanager
    async def signed_in(self, username: str = "anna") -> AsyncIterator[httpx2.AsyncClient]:
        """A browser of somebody, whose cookies are noted at the end."""
        async with self.world.http() as browser:
            form = form_of(await go(browser, "signin"), "password")
            await post(browser, form, username=username, password=PASSWORD.reveal())
            yield browser
            self.keep_cookies(browser)

    async def post_arrives(self) -> list[Parcel]:
        """The letters since the last look, the oldest first."""
        if not self._post:
            inbox = self.world.services.carrier
            assert isinstance(inbox, Inbox)
            self._post.append(Post(self.world, inbox))
        arrived = await self._post[0].arrived()
        self.letters += arrived
        return arrived

    async def letter(self, template: str) -> Parcel:
        """The letter of this kind that has just arrived."""
        return [each for each in await self.post_arrives() if each.template == template][-1]
