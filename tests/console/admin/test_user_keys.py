"""API Access: the switch, and keys that are shown once, replaced, limited and revoked."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from doorward.accounts import Account
from doorward.apikeys import BadApiKey
from doorward.audit import SYSTEM
from tests.console.admin.desk import Desk, at_desk, hire
from tests.support.browser_forms import Form
from tests.support.visits import Visit
from tests.support.world import World

pytestmark = pytest.mark.anyio

SHOWN = re.compile(r'id="made-key">(dw_ak_[^<]+)<')


async def robot(world: World) -> Account:
    """A user for an integration, with API access."""
    account = await hire(world, {"accounts.read"})
    await world.services.api_keys.switch_access_on(world.org.org_id, account.account_id, SYSTEM)
    return account


async def opens(world: World, key: str, address: str = "203.0.113.7") -> bool:
    """Whether the key opens anything from this address."""
    try:
        await world.services.api_keys.authenticate(world.org.org_id, key, address)
    except BadApiKey:
        return False
    return True


def key_in(visit: Visit) -> str:
    """The key that the page shows, in an answer that nobody may store."""
    found = SHOWN.search(visit.response.text)
    assert found is not None, visit.page.text[:400]
    assert visit.response.headers["cache-control"] == "no-store"
    assert found[1] not in str(visit.response.url)
    return found[1]


async def create(desk: Desk, account: Account, **typed: str) -> Visit:
    """Fill in the form for a key."""
    page = f"users/user?id={account.account_id}"
    return await desk.send(page, "users/keys", **{"label": "Mailing list", **typed})


async def key_form(desk: Desk, account: Account, action: str, place: int = 0) -> Form:
    """A form on the page of a live key, the newest first."""
    visit = await desk.open(f"users/user?id={account.account_id}")
    pages = list(dict.fromkeys(link for link in visit.page.links if "users/key?" in link))
    path = pages[place].partition("/admin/")[2]
    return await desk.form(path, f"users/key/{action}")


async def test_the_switch_comes_before_the_key(world: World) -> None:
    """As the platform's documentation says: enable API Access, and copy the API key."""
    account = await hire(world, {"accounts.read"})
    page = f"users/user?id={account.account_id}"
    async with at_desk(world) as desk:
        before = await desk.open(page)
        assert not any(form.action.endswith("users/keys") for form in before.page.forms)
        on = await desk.send(page, "users/access", access="on")
        assert on.response.status_code == 200
        assert await world.services.api_keys.has_access(world.org.org_id, account.account_id)
        key = key_in(await create(desk, account))
        assert await opens(world, key)
        again = await desk.open(page)
        assert key not in again.response.text
        assert key[-4:] in again.page.text


async def test_switching_off_asks_and_ends_every_key(world: World) -> None:
    """Switching on again brings none of them back."""
    account = await robot(world)
    page = f"users/user?id={account.account_id}"
    async with at_desk(world) as desk:
        key = key_in(await create(desk, account))
        asked = await desk.send(page, "users/access", access="off")
        assert await opens(world, key)
        form = next(each for each in asked.page.forms if each.action.endswith("users/access"))
        await desk.http.post(form.action, data={**form.fields, "decision": "confirm"})
        assert not await opens(world, key)
        await desk.send(page, "users/access", access="on")
        assert not await opens(world, key)


async def test_a_key_keeps_to_its_addresses_and_its_days(world: World) -> None:
    """Both are typed when it is made."""
    account = await robot(world)
    async with at_desk(world) as desk:
        typed = {"networks": "192.0.2.0/24\r\n 203.0.113.9 \r\n", "days": "２"}
        key = key_in(await create(desk, account, **typed))
        assert await opens(world, key, "192.0.2.77")
        assert await opens(world, key, "203.0.113.9")
        assert not await opens(world, key, "198.51.100.1")
        world.clock.advance(seconds=2 * 86_400 + 1)
        assert not await opens(world, key, "192.0.2.77")


async def test_addresses_are_changed_later(world: World) -> None:
    """And a line that is none is said to be wrong, with what was typed."""
    account = await robot(world)
    async with at_desk(world) as desk:
        key = key_in(await create(desk, account))
        form = await key_form(desk, account, "networks")
        saved = await desk.http.post(form.action, data={**form.fields, "networks": "192.0.2.7"})
        assert saved.status_code == 303
        assert not await opens(world, key)
        assert await opens(world, key, "192.0.2.7")
        wrong = await desk.http.post(form.action, data={**form.fields, "networks": "10.0.0.0/99"})
        assert wrong.status_code == 422
        assert "10.0.0.0/99</textarea>" in wrong.text


@pytest.mark.parametrize(
    ("grace", "lasts"), [("0", 0), ("1", 3600), ("24", 86_400), ("168", 7 * 86_400), ("999", 0)]
)
async def test_a_replaced_key_lives_on_as_long_as_was_chosen(
    world: World, grace: str, lasts: int
) -> None:
    """The new one has its name and its addresses, and works from the first moment."""
    account = await robot(world)
    async with at_desk(world) as desk:
        old = key_in(await create(desk, account, networks="203.0.113.0/24"))
        form = await key_form(desk, account, "replace")
        answer = await desk.http.post(form.action, data={**form.fields, "grace": grace})
        new = key_in(Visit(answer, []))
        assert new != old
        assert await opens(world, new)
        assert not await opens(world, new, "198.51.100.1")
        assert await opens(world, old) == bool(lasts)
        if lasts:
            world.clock.advance(seconds=lasts - 2)
            assert await opens(world, old)
            world.clock.advance(seconds=2)
        assert not await opens(world, old)
        assert await opens(world, new)


async def test_revoking_a_key_asks_first(world: World) -> None:
    """The others go on working."""
    account = await robot(world)
    async with at_desk(world) as desk:
        kept = key_in(await create(desk, account, label="kept"))
        gone = key_in(await create(desk, account, label="gone"))
        form = await key_form(desk, account, "revoke")
        asked = await desk.http.post(form.action, data=form.fields)
        assert asked.status_code == 200
        assert await opens(world, gone)
        data = {**form.fields, "decision": "confirm"}
        assert (await desk.http.post(form.action, data=data)).status_code == 303
        assert not await opens(world, gone)
        assert await opens(world, kept)
        assert (await desk.http.post(form.action, data=data)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", ""),
        ("label", "x" * 81),
        ("days", "0"),
        ("days", "soon"),
        ("days", "999999"),
        ("networks", "everywhere"),
        ("networks", "\n".join(f"192.0.2.{n}" for n in range(40))),
    ],
)
async def test_a_key_that_cannot_be_made_is_said_beside_its_field(
    world: World, field: str, value: str
) -> None:
    """No key is made."""
    account = await robot(world)
    async with at_desk(world) as desk:
        shown = await create(desk, account, **{field: value})
        assert shown.response.status_code == 422
        assert f'href="#{field}"' in shown.response.text
        assert SHOWN.search(shown.response.text) is None
    keys = await world.services.api_keys.list(world.org.org_id, account.account_id, None, 10)
    assert keys == []


async def test_a_key_is_found_only_at_its_own_user(world: World) -> None:
    """V-MT: not beside another user's number, and not by anything that is no number."""
    account, other = await robot(world), await robot(world)
    async with at_desk(world) as desk:
        await create(desk, account)
        form = await key_form(desk, account, "revoke")
        for whose, which in (
            (other.subject, form.fields["key"]),
            (account.subject, "1"),
            (account.subject, "x"),
            (account.subject, "９"),
            (account.subject, str(1 << 63)),
            ("0", form.fields["key"]),
        ):
            query = f"users/key?id={whose}&key={which}"
            assert (await desk.open(query)).response.status_code == 404
            data = {"csrf": form.fields["csrf"], "id": whose, "key": which, "decision": "confirm"}
            for action in ("networks", "replace", "revoke"):
                url = f"{world.issuer}/admin/users/key/{action}"
                assert (await desk.http.post(url, data=data)).status_code == 404
    keys = await world.services.api_keys.list(world.org.org_id, account.account_id, None, 10)
    assert [key.revoked_at for key in keys] == [None]


async def test_the_page_says_when_and_from_where_a_key_was_used(world: World) -> None:
    """So that nobody revokes one that is in use."""
    account = await robot(world)
    async with at_desk(world) as desk:
        key = key_in(await create(desk, account))
        page = f"users/user?id={account.account_id}"
        assert "Not used yet" in (await desk.open(page)).page.text
        await opens(world, key, "203.0.113.7")
        used = (await desk.open(page)).page.text
        assert "Not used yet" not in used
        assert "203.0.113.7" in used


async def test_a_key_leaves_no_trace_but_its_page(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log, however talkative, nor the record of what was done holds it."""
    account = await robot(world)
    with caplog.at_level(logging.DEBUG):
        async with at_desk(world) as desk:
            key = key_in(await create(desk, account))
            form = await key_form(desk, account, "replace")
            answer = await desk.http.post(form.action, data={**form.fields, "grace": "24"})
            other = key_in(Visit(answer, []))
    recorded = repr(await world.services.audit.list(world.org.org_id, None, 500))
    for secret in (key, other):
        assert secret not in caplog.text
        assert secret not in recorded


async def test_a_key_that_ends_soon_is_not_prolonged_by_its_grace(world: World) -> None:
    """Seven days of grace do not outlive a key of one day."""
    account = await robot(world)
    async with at_desk(world) as desk:
        old = key_in(await create(desk, account, days="1"))
        form = await key_form(desk, account, "replace")
        await desk.http.post(form.action, data={**form.fields, "grace": "168"})
        world.clock.advance(seconds=int(timedelta(days=1).total_seconds()))
        assert not await opens(world, old)
