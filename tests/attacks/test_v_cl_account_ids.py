"""V-CL: the account id that the Neon CRM dialect answers with is a name, and opens nothing."""

from __future__ import annotations

import base64

import pytest

from doorward.app.routes import page_routes, protocol_routes
from tests.support.old_site import register_site
from tests.support.programs import Program
from tests.support.world import World

pytestmark = pytest.mark.anyio


def presentations(subject: str, org_id: str) -> list[dict[str, str]]:
    """Every way in which a client may mistake the number for a credential."""
    basic = base64.b64encode(f"{org_id}:{subject}".encode()).decode()
    return [
        {"authorization": f"Bearer {subject}"},
        {"authorization": f"bearer {subject}"},
        {"authorization": f"Basic {basic}"},
        {"authorization": subject},
        {"x-api-key": subject},
        {"cookie": f"dw-{org_id}={subject}"},
    ]


async def test_v_cl_an_account_id_is_no_bearer_anywhere(world: World) -> None:
    """Presented to every address that we serve, it is as good as nothing."""
    site = await register_site(world)
    answer = await site.redeem(await site.get_code())
    subject = answer.json()["access_token"]
    async with world.http() as http:
        described = (await http.get("api/openapi.json")).json()["paths"]
        paths = sorted(served(world) | {path.lstrip("/") for path in described})
        assert len(paths) > 50
        for path in paths:
            nothing = {
                verb: (await http.request(verb, path)).status_code for verb in ("GET", "POST")
            }
            for headers in presentations(subject, world.org.org_id):
                for verb, plain in nothing.items():
                    tried = await http.request(verb, path, headers=headers)
                    assert tried.status_code in {plain, 400, 401, 403, 404, 405}, (path, headers)
                    assert "anna@example.org" not in tried.text, (path, headers)
            for name in ("access_token", "token", "userSessionId", "apiKey"):
                tried = await http.get(path, params={name: subject})
                assert "anna@example.org" not in tried.text, (path, name)


async def test_v_cl_an_account_id_is_not_an_active_token(world: World) -> None:
    """Not even its own client learns more of it, and there is nothing to revoke."""
    site = await register_site(world)
    subject = (await site.redeem(await site.get_code())).json()["access_token"]
    program = Program(world, site.known)
    assert await program.introspect(subject) == {"active": False}
    revoked = await program.post("oauth2/revoke", {"token": subject})
    assert revoked.status_code == 200
    userinfo = await program.userinfo(subject)
    assert userinfo.status_code == 401


def served(world: World) -> set[str]:
    """The paths of the tables of routes."""

    def as_it_is(endpoint: object) -> object:
        return endpoint

    pages = page_routes(world.services, None, as_it_is)  # type: ignore[arg-type]
    return {route.path.lstrip("/") for route in (*protocol_routes(world.services), *pages)}
