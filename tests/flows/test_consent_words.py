"""What an application says of itself on the consent page: logo, reasons, what is optional."""

from __future__ import annotations

import re

import pytest

from doorward.audit import SYSTEM
from tests.support.pictures import picture
from tests.support.visits import arrive, form_of, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def consent_page(world: World, **fields: object) -> str:
    """The consent page of an application with these fields, as HTML."""
    app = await world.register("Gift Reports", **fields)
    async with world.http() as http:
        visit = await arrive(http, world.request(client_id=app.client_id))
        form = form_of(visit, "password")
        visit = await post(http, form, username="anna", password="correct horse battery")
        assert visit.path[-1] == "consent", visit.page.text[:300]
        return visit.response.text


async def test_the_logo_is_shown_from_our_own_host(world: World) -> None:
    """By its key, in the small size."""
    kept = await world.services.logos.keep(world.org.org_id, picture(), SYSTEM)
    page = await consent_page(world, logo=kept.key)
    assert f'src="/o/{world.org.org_id}/logos/{kept.key}-small.png"' in page


@pytest.mark.parametrize("logo", ["..", "x.svg", "a" * 200])
async def test_what_is_no_logo_is_the_first_letter(world: World, logo: str) -> None:
    """Nothing is loaded from an address that somebody made up."""
    page = await consent_page(world, logo=logo)
    assert "<img" not in page
    assert re.search(r'leaf-app">G<', page)


async def test_reasons_are_quoted_as_the_developer_s(world: World) -> None:
    """Each beside its scope, and as text."""
    purposes = {"email": "To send <b>receipts</b>.", "profile": "To greet you by name."}
    page = await consent_page(world, purposes=purposes)
    assert page.count("Developer&#39;s reason:") == 2
    assert "To send &lt;b&gt;receipts&lt;/b&gt;." in page


async def test_only_an_optional_scope_has_a_box(world: World) -> None:
    """It is ticked, and can be left out."""
    page = await consent_page(world, optional_scopes=("email",))
    boxes = re.findall(r"<input[^>]*checkbox[^>]*>", page)
    assert len(boxes) == 1
    assert 'name="scope" value="email" checked' in boxes[0]
