"""An organization whose letters a test reads, as their recipients would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from doorward.mail import Inbox, Parcel, Postman
from tests.support.house import House
from tests.support.world import World

__all__ = ["Post", "code_in", "link_in"]

_CODE = re.compile(r"^(\d{4} \d{4})$", re.MULTILINE)


@dataclass
class Post:
    """The letters of one organization."""

    world: World
    inbox: Inbox
    _seen: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, house: House, world: World) -> Post:
        """The letters of ``world``, from now on."""
        inbox = house.services.carrier
        assert isinstance(inbox, Inbox)
        return cls(world, inbox)

    async def arrived(self) -> list[Parcel]:
        """What has arrived since the last look, the oldest first."""
        services = self.world.services

        async def always(_org_id: str) -> bool:
            return True

        postman = Postman(
            outbox=services.outbox, carrier=self.inbox, db=services.db, is_served=always
        )
        while await postman.take_turn():
            pass
        org_id = self.world.org.org_id
        fresh = [
            each
            for each in reversed(self.inbox.newest())
            if each.parcel.org_id == org_id and each.number not in self._seen
        ]
        self._seen |= {each.number for each in fresh}
        return [each.parcel for each in fresh]

    async def only(self) -> Parcel:
        """The one letter that has arrived since the last look."""
        (parcel,) = await self.arrived()
        return parcel


def link_in(parcel: Parcel) -> str:
    """Where the letter's action leads, below the organization's issuer."""
    parts = urlsplit(parcel.links[0])
    path = parts.path.split("/", 3)[3]
    return f"{path}?{parts.query}" if parts.query else path


def code_in(parcel: Parcel) -> str:
    """The code that can be typed."""
    found = _CODE.search(parcel.text)
    assert found is not None, parcel.text
    return found[1]
