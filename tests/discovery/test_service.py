"""The documents are kept as bytes until something changes."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.orgs import NewOrganization
from tests.support.programs import add_api
from tests.support.world import World

pytestmark = pytest.mark.anyio

CONFIGURATION = ".well-known/openid-configuration"


async def test_a_new_scope_is_in_the_next_answer(world: World) -> None:
    """Although the document is cached."""
    async with world.http() as http:
        before = (await http.get(CONFIGURATION)).json()
        await add_api(world, "urn:gifts", "gifts.read")
        after = (await http.get(CONFIGURATION)).json()
    assert "gifts.read" not in before["scopes_supported"]
    assert "gifts.read" in after["scopes_supported"]


async def test_a_document_in_memory_costs_no_look_up(world: World) -> None:
    """At most the one look at the version of caches."""
    async with world.http() as http:
        for path in (CONFIGURATION, ".well-known/jwks.json"):
            await http.get(path)
            before = world.services.db.statements_run
            answer = await http.get(path)
            assert world.services.db.statements_run - before <= 1
            assert answer.headers["cache-control"] == "public, max-age=300"


async def test_head_and_options_are_answered(world: World) -> None:
    """HEAD without a body, but with its length."""
    async with world.http() as http:
        whole = await http.get(CONFIGURATION)
        head = await http.head(CONFIGURATION)
        options = await http.options(CONFIGURATION)
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert options.status_code == 204


async def test_issuers_that_offer_the_same_differ_in_their_names_alone(world: World) -> None:
    """What one document says of addresses is of its own issuer, whoever was asked before."""
    new = NewOrganization(org_id="meadow", name="Meadow", dialects=())
    await world.services.organizations.create(new, SYSTEM)
    other = f"{world.issuer.rpartition('/')[0]}/meadow"
    async with world.http() as http:
        first = await http.get(CONFIGURATION)
        second = await http.get(f"{other}/{CONFIGURATION}")
        again = await http.get(CONFIGURATION)
    assert second.json()["issuer"] == other
    assert again.content == first.content
    assert first.text.replace(first.json()["issuer"], second.json()["issuer"]) == second.text
