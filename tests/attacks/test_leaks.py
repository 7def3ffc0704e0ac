"""Every flow at DEBUG: then logs, database, answers and letters are searched for each secret."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from doorward.app import build_app
from doorward.crypto import ValueKind
from doorward.db import metadata, open_database
from doorward.mail import Inbox
from doorward.orgs import Policy
from tests.attacks import leaks_of_people, leaks_of_programs
from tests.attacks.leak_stage import TYPED, Stage
from tests.attacks.leak_table import OTHERS, TABLE, Minted, row_of
from tests.dialects.app_connect.client import make_client
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD
from tests.support.leaks import dump
from tests.support.upstream import UpstreamServer, running_upstream
from tests.support.watch import Watch, keys_in, places_of, spellings, watching
from tests.support.world import make_services, make_world

pytestmark = pytest.mark.anyio

STORIES = (*leaks_of_programs.STORIES, *leaks_of_people.STORIES)


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def stage(database_url: str, platform: UpstreamServer) -> AsyncIterator[Stage]:
    """A Doorward that may call the platform and write letters, on each engine."""
    clock = ManualClock()
    platform.configure()
    platform.clock.now, platform.platform.clock = clock.now, clock
    db = await open_database(database_url, clock=clock, pool_size=4)
    with watching() as watch:
        services = make_services(
            db, clock, carrier=Inbox(clock=clock), allowed=(platform.authority,)
        )
        running = services, watch.over(build_app(services))
        world = await make_world(db, clock, policy=Policy(sign_up=True), running=running)
        yield Stage(await make_client(world, platform), watch)
    await services.vault.refresher.close()
    await services.outbound.close()
    await asyncio.wait_for(db.close(), 10)


@attack("DOT 1735")
async def test_no_secret_is_found_outside_its_place(
    stage: Stage, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Plain, base64, hex or encoded for addresses: not logged, not stored, not shown again."""
    caplog.set_level(logging.DEBUG)
    # As the server does: its details hold whole header lines of other platforms.
    caplog.set_level(logging.INFO, logger="httpcore2")
    stage.watch.secrets |= {PASSWORD.reveal(), *TYPED}
    for story in STORIES:
        await story(stage)
    await stage.post_arrives()
    watch, kinds = stage.watch, _kinds_of(stage)
    assert {row.what for row in TABLE} == {row.what for row in kinds.values()} - {OTHERS.what}
    keys = watch.real_keys()
    assert len(keys) >= 5
    for text in (_logged(caplog), await dump(stage.world), _files_of(database_url)):
        assert watch.found_in(text) == []
        assert keys_in(text, keys | stage.challenges) == []
    assert keys_in("\n".join(each.text for each in watch.shown), keys) == []
    misplaced = [each for pair in kinds.items() for each in _misplaced(stage, *pair)]
    assert not misplaced, "\n".join(sorted(misplaced))


def _kinds_of(stage: Stage) -> dict[str, Minted]:
    """Each secret that there was, with its row of the table."""
    named = {row.what: row for row in TABLE}
    noted = {each: named[what] for what, found in stage.known.items() for each in found}
    return {each: row_of(each) or noted.get(each) or OTHERS for each in stage.watch.secrets}


def _misplaced(stage: Stage, secret: str, row: Minted) -> Iterator[str]:
    """Where a secret of this kind was seen, and should not have been."""
    watch, name = stage.watch, f"{row.what} {secret[:8]}…"
    places = places_of(secret, watch.shown)
    pages = [each for each in places if not each.endswith(row.programs)]
    yield from (f"{name}: {each}" for each in pages if not each.endswith(row.pages))
    if row.once and len(pages) > 1:
        yield f"{name}: on {pages}"
    for each in places_of(secret, watch.handed["location"]):
        if not each.endswith(row.redirects):
            yield f"{name}: in the redirect of {each}"
    if not row.is_cookie:
        yield from (f"{name}: cookie of {e}" for e in places_of(secret, watch.handed["set-cookie"]))
    for letter in stage.letters:
        text = "\n".join((letter.subject, letter.text, letter.html, *letter.links))
        if letter.template not in row.letters and secret in text:
            yield f"{name}: in the letter {letter.template}"


def _files_of(database_url: str) -> str:
    """The bytes of an SQLite database, and what was not yet written into it."""
    if not database_url.startswith("sqlite"):
        return ""
    path = Path(urlsplit(database_url).path)
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert files
    return "\n".join(each.read_bytes().decode("latin-1") for each in files)


def test_every_kind_of_value_is_in_the_table() -> None:
    """What the product mints under a prefix has a row that says where it may be."""
    assert {row.kind for row in TABLE if row.kind} == set(ValueKind)
    assert len({row.what for row in TABLE}) == len(TABLE)


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """What our side logged, as it would be printed, with the arguments and traces."""
    return "\n".join(
        f"{each.getMessage()} {each.args!r} {each.exc_text or ''} {each.exc_info!r}"
        for each in caplog.records
        if each.name != "httpx2"
    )


def test_every_spelling_is_found() -> None:
    """The search itself can fail: each encoding of a secret gives it away."""
    secret = "dw_at_a secret/with+signs?of=all~kinds"
    watch = Watch({secret})
    for text in (
        secret,
        secret.encode().hex(),
        secret.encode().hex().upper(),
        quote(secret, safe=""),
        b64encode(secret.encode()).decode(),
        b64encode(f"client:{secret}".encode()).decode(),
        b64encode(f"c:{secret}x".encode()).decode(),
        b64encode(f"cl:{secret}xy".encode()).decode(),
        repr(secret.encode()),
    ):
        assert watch.found_in(f"before {text} after") != [], text
    assert watch.found_in("nothing of it") == []
    assert all(len(spelt) >= 30 for spelt in spellings(secret).values())


def test_every_table_is_searched() -> None:
    """What is dumped are all the tables that there are."""
    assert len(metadata.sorted_tables) > 40
