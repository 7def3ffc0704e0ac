"""Which application a path belongs to, where mounted prefixes lie within each other."""

from __future__ import annotations

import pytest

from doorward.app.dispatch import Dispatcher, Route
from doorward.http import ASGIApp, Call, Reply, as_asgi
from tests.support.raw import raw_request

pytestmark = pytest.mark.anyio


def telling(name: str) -> ASGIApp:
    """An application that answers its name, the path that it sees, and what stands before it."""

    async def tell(call: Call) -> Reply:
        text = f"{name} {call.scope['path']} {call.scope.get('root_path', '')}"
        return Reply(200, text.encode())

    return as_asgi(tell)


async def exactly(_call: Call) -> Reply:
    return Reply(200, b"route")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api", "api / /api"),
        ("/api/", "api / /api"),
        ("/api/accounts", "api /accounts /api"),
        ("/api/v2", "v2 / /api/v2"),
        ("/api/v2/", "v2 / /api/v2"),
        ("/api/v2/projects", "v2 /projects /api/v2"),
        ("/api/v2//projects", "v2 //projects /api/v2"),
        ("/api/v22", "api /v22 /api"),
        ("/api/v2x/projects", "api /v2x/projects /api"),
        ("/api//v2/projects", "api //v2/projects /api"),
        ("/api/user/profile", "route"),
        ("/v2/accounts", "crm /accounts /v2"),
        ("/v2.1", "missing /v2.1 "),
        ("/apis", "missing /apis "),
        ("/", "missing / "),
        ("", "missing  "),
    ],
)
async def test_the_longest_prefix_that_is_whole_segments_wins(
    path: str, expected: str, order: int
) -> None:
    """In whatever order they were mounted; an exact address comes before all of them."""
    named = [("/api", "api"), ("/api/v2", "v2"), ("/v2", "crm")]
    mounts = {prefix: telling(name) for prefix, name in named[::order]}
    routes = (Route("/api/user/profile", {"GET": exactly}),)
    dispatcher = Dispatcher(routes, mounts=mounts, missing=telling("missing"))
    answer = await raw_request(dispatcher, "GET", path)
    assert answer.text == expected
