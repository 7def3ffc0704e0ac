"""The pop-up's script as other sites load it. What browsers make of it: tests/browser."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest

from doorward.http import CONNECT_SCRIPT
from tests.support.world import World

pytestmark = pytest.mark.anyio

RELEASED = "sha384-j0kJ7bkS6IJAYDn9IJyalLpcsR0ILJrEoDSc/1DDRRiYCQNDLepl4EZvrzC8C04r"
"""What sites have pinned. A change needs another version beside this one."""


async def test_the_bytes_of_the_released_version_never_change(world: World) -> None:
    """Or every page that pins them would have no pop-up. The documentation says the same hash."""
    async with world.http(headers={"origin": "https://site.example"}) as http:
        answer = await http.get(f"{world.issuer}/w/1/connect.js")
    assert f"sha384-{b64encode(sha384(answer.content).digest()).decode()}" == RELEASED
    assert CONNECT_SCRIPT.integrity == RELEASED
    assert RELEASED in Path("docs/connect.md").read_text(encoding="utf-8")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in answer.headers


async def test_it_is_small_and_cannot_run_text(world: World) -> None:
    """Under 3 kB as it is, half of it compressed; no way from text to markup or code."""
    async with world.http(headers={"accept-encoding": "identity"}) as http:
        answer = await http.get(f"{world.issuer}/w/1/connect.js")
    assert len(answer.content) < 3000
    assert len(gzip.compress(answer.content, 9)) < 1300
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|cookie|Storage",
        answer.text,
    )
