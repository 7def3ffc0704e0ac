"""An organization with mail where people may sign up, for each test on each engine."""

from __future__ import annotations

import pytest

from doorward.orgs import Policy
from tests.support.house import House, mail_house
from tests.support.post import Post
from tests.support.world import World

__all__ = ["mail_house", "post_of", "world"]


@pytest.fixture
async def world(mail_house: House) -> World:
    """An organization with Anna and the Donor Portal, where people may sign up."""
    return await mail_house.new_world(Policy(sign_up=True))


@pytest.fixture
def post_of(mail_house: House, world: World) -> Post:
    """The organization's letters."""
    return Post.of(mail_house, world)
