"""Several processes on one database, and processes that die in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doorward.db import open_database
from tests.db.scratch import IDS, ORG, READ_INCREMENT, add
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]
Start = Callable[[int, int, int], "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str) -> Iterator[Start]:
    """Start writers; whoever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(first: int, count: int, callers: int) -> subprocess.Popen[str]:
        arguments = (database_url, str(first), str(count), str(callers))
        process = subprocess.Popen(
            (sys.executable, "-m", "tests.db.writer", *arguments),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


async def committed(url: str, clock: ManualClock) -> set[int]:
    database = await open_database(url, clock=clock)
    found = {each[0] for each in await database.scan(IDS, org_id=ORG)}
    await database.close()
    return found


async def test_two_processes_that_write_at_once_lose_nothing(
    database_url: str, clock: ManualClock, start: Start
) -> None:
    """Each writes 2,000 units from 16 callers; neither is told that the database is locked."""
    processes = [start(1, 2000, 16), start(1_000_001, 2000, 16)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    expected = {*range(1, 2001), *range(1_000_001, 1_002_001)}
    assert await committed(database_url, clock) == expected


async def test_a_quiet_process_gets_its_turn_beside_a_busy_one(
    database_url: str, clock: ManualClock, start: Start
) -> None:
    """One process writes without a pause; the other's single writes are all answered."""
    busy = start(1, 0, 32)
    assert busy.stdout is not None
    assert busy.stdout.readline() == "ready\n"
    quiet = await open_database(database_url, clock=clock)
    for number in range(50):
        await add(quiet, 1_000_000_000 + number)
    assert busy.poll() is None
    await quiet.close()


async def test_every_answered_write_survives_a_kill(
    database_url: str, clock: ManualClock, start: Start
) -> None:
    """Three times: write from 16 callers, kill -9 in the middle, look for what was answered."""
    answered: set[int] = set()
    for number in range(3):
        process = start(number * 1_000_000 + 1, 0, 16)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(200):
            answered.add(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        answered |= {int(line) for line in rest.splitlines()}
        assert answered <= await committed(database_url, clock)
    database = await open_database(database_url, clock=clock)
    # A unit is there whole or not at all: the second statement of each was kept as well.
    for row_id in sorted(await committed(database_url, clock))[::7]:
        assert await database.write_one(READ_INCREMENT, org_id=ORG, id=row_id) == (2,)
    await database.close()


async def test_a_killed_writer_does_not_hold_others_up(
    database_url: str, clock: ManualClock, start: Start
) -> None:
    """The survivor was open all the time, and reads and writes on."""
    survivor = await open_database(database_url, clock=clock)
    process = start(1, 0, 16)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert await survivor.scan(IDS, org_id=ORG)
    await add(survivor, 5_000_000)
    await survivor.close()
