"""The widget's script as other sites load it. What browsers make of it: tests/browser."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode
from hashlib import sha384

import pytest

from doorward.dialects.neon_crm import AUTHORIZE_PATH
from doorward.http import SIGN_IN_WIDGET
from tests.support.world import World

pytestmark = pytest.mark.anyio

RELEASED = {
    "/w/1/signin.js": "sha384-AEJmUoxiobqdPjTFViR4cQwlmcJWDELhYFSi8/Oa7tXRkaSaOOxK/IbNzbIsjxv4",
}
"""What sites have pasted. A change needs another version beside this one."""


async def test_the_bytes_of_a_released_version_never_change(world: World) -> None:
    """Or every page that pins them would lose its button."""
    async with world.http() as http:
        for path, integrity in RELEASED.items():
            answer = await http.get(world.issuer + path)
            assert answer.status_code == 200
            assert SIGN_IN_WIDGET.integrity == integrity
            assert sha384(answer.content).hexdigest() == _digest(integrity)


async def test_any_page_may_load_it_and_keep_it(world: World) -> None:
    """By CORS, across origins, for a year, as a script and nothing else, without a cookie."""
    async with world.http(headers={"origin": "https://site.example"}) as http:
        answer = await http.get(world.issuer + SIGN_IN_WIDGET.path)
        headers = answer.headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        again = await http.get(
            world.issuer + SIGN_IN_WIDGET.path, headers={"if-none-match": headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert (await http.get(f"{world.issuer}/w/2/signin.js")).status_code == 404
        assert (await http.get(f"{world.issuer}/w/1/../1/other.js")).status_code == 404


async def test_it_is_small_and_cannot_run_text(world: World) -> None:
    """Under 5 kB as it is, half of it compressed; no way from text to markup or code."""
    async with world.http(headers={"accept-encoding": "identity"}) as http:
        answer = await http.get(world.issuer + SIGN_IN_WIDGET.path)
    text = answer.text
    assert len(answer.content) < 5000
    assert len(gzip.compress(answer.content, 9)) < 2600
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(", text
    )
    assert not re.search(r"cookie|Storage|fetch\(|XMLHttp|sendBeacon|location", text)
    assert f'"../..{AUTHORIZE_PATH}"' in text


def _digest(integrity: str) -> str:
    return b64decode(integrity.removeprefix("sha384-")).hex()
