"""The log that people read of their own account."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM, Actor, record
from doorward.console.account.activity_words import SENTENCES
from doorward.db import Transaction
from tests.support.factories import make_account
from tests.support.visits import authorize, go
from tests.support.world import World

pytestmark = pytest.mark.anyio
STAFF = Actor(kind="account", id="999", address="198.51.100.9")


async def happen(
    world: World, action: str, by: Actor, target: tuple[str, str], **detail: str
) -> None:
    """Record an event as rooms do."""
    use = world.services

    async def work(tx: Transaction) -> None:
        event = by.did(action, world.org.org_id, target, **detail)
        await record(tx, event, event_id=use.db.next_id(), now=world.clock())

    await use.db.unit(work)


async def test_a_person_reads_what_they_did_and_what_was_done(world: World) -> None:
    """In words, with who did it; the address of somebody else is not told."""
    anna = ("account", world.person.subject)
    await happen(world, "account.disabled", STAFF, anna)
    await happen(world, "account.enabled", STAFF, anna)
    await happen(world, "not.for_people", STAFF, anna)
    async with world.http() as browser:
        await authorize(browser, world.request())
        text = (await go(browser, "account/activity")).page.text
        narrow = (await go(browser, "account/activity?kind=apps")).page.text
        japanese = (await go(browser, "account/activity?lang=ja")).response
    for words in (
        "A device signed in",
        "An application was allowed access",
        "Donor Portal",
        "The account was suspended",
    ):
        assert words in text
    assert "Staff of the organization" in text
    assert "198.51.100.9" not in text
    assert "for_people" not in text
    assert "Donor Portal" in narrow
    assert "The account was suspended" not in narrow
    assert japanese.status_code == 200


async def test_nothing_of_others_is_in_it(world: World) -> None:
    """Neither of another person, nor of a key or client that has the same number."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    await world.services.accounts.update(
        world.org.org_id, ben.account_id, AccountChange(name="Ben Secret"), SYSTEM
    )
    anna = world.person.subject
    await happen(world, "api_key.created", STAFF, ("api_key", anna))
    await happen(world, "consent.granted", Actor(kind="client", id=anna), ("application", "x"))
    async with world.http() as browser:
        await authorize(browser, world.request())
        told = (await browser.get("account/activity/download?format=json")).json()
    assert {each["action"] for each in told} <= {
        "session.started",
        "consent.granted",
        "account.created",
    }
    assert all(each["by"] != "An application" for each in told)


async def test_a_long_log_comes_in_pages_and_as_a_whole(world: World) -> None:
    """Each event once, the newest first, whichever way."""
    for number in range(65):
        await happen(
            world, "connection.created", Actor(kind="account", id=world.person.subject),
            ("connection", "1"), connector=f"acme-{number}",
        )  # fmt: skip
    async with world.http() as browser:
        await authorize(browser, world.request())
        seen: list[str] = []
        address = "account/activity?kind=accounts"
        for _ in range(4):
            visit = await go(browser, address)
            seen += re.findall(r"acme-\d+", visit.page.text)
            following = [each for each in visit.page.links if re.search(r"before=\d+\Z", each)]
            if not following:
                break
            address = following[0]
        answer = await browser.get("account/activity/download?format=csv")
        rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
        whole = (await browser.get("account/activity/download")).json()
    assert seen == [f"acme-{number}" for number in reversed(range(65))]
    assert answer.headers["content-disposition"] == 'attachment; filename="activity.csv"'
    assert [row[2] for row in rows if row[2].startswith("acme-")] == seen
    assert [each["about"] for each in whole if each["action"] == "connection.created"] == seen


async def test_no_cell_of_the_table_begins_a_formula(world: World) -> None:
    """A name that somebody chose is text in a spreadsheet."""
    by = Actor(kind="account", id=world.person.subject)
    await happen(world, "connection.created", by, ("connection", "1"), connector="=1+1")
    async with world.http() as browser:
        await authorize(browser, world.request())
        answer = await browser.get("account/activity/download?format=csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert "'=1+1" in cells
    assert "=1+1" not in cells


async def test_odd_addresses_show_the_log(world: World) -> None:
    """Kinds and places that are none."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        for query in (
            "kind=x",
            "before=x",
            "before=-1",
            "before=99999999999999999999",
            "before=%00",
        ):
            answer = await browser.get(f"account/activity?{query}")
            assert answer.status_code in {200, 400}, query
        assert json.loads((await browser.get("account/activity/download?format=x")).text)


async def test_the_log_is_for_who_is_signed_in(world: World) -> None:
    """Anybody else is led to the sign-in."""
    async with world.http() as browser:
        for path in ("account/activity", "account/activity/download"):
            assert (await browser.get(path)).status_code == 303


def test_every_action_has_the_form_of_one() -> None:
    """``noun.past_participle``, as the record has it."""
    assert all(action.count(".") == 1 for action in SENTENCES)
