"""Password sign-ins at full load: how near they come to the hashing alone, and who waits for them.

Run as ``python -m bench.sign_in_load``. One server process has one core, the load the other. In
turns: argon2id alone on the server's core, without anything around it; then as many browsers as
there are connections signing in one after the other, while a few connections introspect at a slow
pace and note how long each answer takes. It prints each round and the medians, and ends with 1
where sign-ins reach less than nine tenths of the hashing, an introspection in a hundred takes
50 ms or longer, or an answer was wrong. Rates are per second of processor time, which other
programs do not take away; the waiting is on the wall, and needs a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import uvloop

from bench.load import Lane, Operation, Round, Wrong, run_round
from bench.subjects import LOAD_CORE, SERVER_CORE, Running
from bench.subjects.doorward import start_doorward
from bench.subjects.process import pin, stop_all
from bench.target import Person, Target
from bench.wire import Answer, Reader, get, post
from bench.works.prepared import endpoint, expect, mint_token

__all__ = ["Found", "measure"]

_SHARE = 0.9
_LATE_MS = 50.0
_PROBES = 4
_PAUSE_S = 0.05
_WARM_UP_S = 1.0
_FIELD = re.compile(rb'name="([a-z_]+)" value="([^"]*)"')
_COOKIE = re.compile(rb"\r\nset-cookie: ([^=;]+=[^;]+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)
_ALONE = """
import sys, time
from doorward.accounts.passwords import OWASP
from argon2 import PasswordHasher
hasher = PasswordHasher(time_cost=OWASP.passes, memory_cost=OWASP.memory_kib,
                        parallelism=OWASP.lanes)
stored = hasher.hash(b"correct horse battery")
hasher.verify(stored, b"correct horse battery")
began, worked, done = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - began < float(sys.argv[1]):
    hasher.verify(stored, b"correct horse battery")
    done += 1
print(done / (time.process_time() - worked))
"""


@dataclass
class Found:
    """One round: rates per second of the processor, times in milliseconds."""

    alone: float
    sign_ins: float
    busy: float
    """Which share of its core the server used: near 1, or the rest did not count."""
    quiet_ms: list[float]
    """Introspection while nobody signs in."""
    loaded_ms: list[float]
    """And while everybody does."""
    failures: int
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Sign-ins as a share of what the hashing alone allows."""
        return self.sign_ins / self.alone


def _p99(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def _alone(seconds: float) -> float:
    """Hashes per second of the server's core, by one thread and nothing else."""
    command = ["taskset", "--cpu-list", str(SERVER_CORE), sys.executable, "-c", _ALONE]
    done = subprocess.run([*command, str(seconds)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _lane(target: Target, person: Person) -> Lane:
    """A browser without cookies: the page, the form, and the way in."""
    page = f"{target.issuer}/signin"
    origin = {"Origin": "/".join(page.split("/")[:3])}

    def operation() -> Operation[None]:
        answer = yield get(page)
        cookies = _cookies(answer)
        while answer.status in {302, 303}:
            answer = yield get(_onward(page, answer), {"Cookie": cookies})
            cookies = "; ".join(filter(None, (cookies, _cookies(answer))))
        expect(answer, 200, "the sign-in page")
        form = {name.decode(): value.decode() for name, value in _FIELD.findall(answer.body)}
        form |= {"username": person.username, "password": person.password}
        answer = yield post(page, form, {"Cookie": cookies, **origin})
        if answer.status != 303 or b"set-cookie" not in answer.head.lower():
            raise Wrong(f"nobody was signed in: {answer.status}")

    return operation


def _cookies(answer: Answer) -> str:
    return "; ".join(each.decode() for each in _COOKIE.findall(answer.head))


def _onward(page: str, answer: Answer) -> str:
    found = _LOCATION.search(answer.head)
    if found is None:
        raise Wrong("a redirect that leads nowhere")
    where = found[1].decode()
    return where if where.startswith("http") else "/".join(page.split("/")[:3]) + where


async def _probe(target: Target, request: bytes, until: float) -> list[float]:
    """Introspect now and then; how long each took."""
    reader, writer = await asyncio.open_connection(*target.address)
    times, parser = [], Reader()
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        answer = None
        while answer is None:
            answer = parser.feed(await reader.read(65_536))
        times.append((time.perf_counter() - began) * 1000)
        if b'"active":true' not in answer.body:
            raise Wrong(f"introspection: {answer.status}")
        await asyncio.sleep(_PAUSE_S)
    writer.close()
    return times


async def _probes(target: Target, seconds: float) -> list[float]:
    token = await mint_token(target)
    url = endpoint(target, "introspection_endpoint")
    request = post(url, {"token": token}, target.service.authorization)
    until = time.perf_counter() + seconds
    every = await asyncio.gather(*(_probe(target, request, until) for _ in range(_PROBES)))
    return [each for times in every for each in times]


async def measure(running: Running, seconds: float, connections: int) -> Found:
    """One round."""
    target = running.target
    alone = _alone(seconds / 2)
    quiet = await _probes(target, seconds / 2)
    people = cycle(target.people)
    lanes = [_lane(target, next(people)) for _ in range(connections)]
    load = asyncio.create_task(
        run_round(target.addresses, lanes, warm_up_s=_WARM_UP_S, seconds=seconds)
    )
    await asyncio.sleep(_WARM_UP_S)
    began, worked = time.perf_counter(), running.server.cpu_seconds()
    loaded = await _probes(target, seconds)
    worked = (running.server.cpu_seconds() - worked) / (time.perf_counter() - began)
    taken: Round = await load
    again = _alone(seconds / 2)
    rates = ((alone + again) / 2, taken.per_second / worked, worked)
    return Found(*rates, quiet, loaded, taken.failures, taken.wrong)


async def _run(rounds: int, seconds: float, connections: int) -> list[Found]:
    running = await start_doorward()
    try:
        found = []
        for number in range(rounds):
            found.append(await measure(running, seconds, connections))
            print(f"round {number + 1}: {_said(found[-1])}", flush=True)
        return found
    finally:
        stop_all()


def _said(found: Found) -> str:
    return (
        f"argon2id alone {found.alone:6.1f}/s, sign-ins {found.sign_ins:6.1f}/s, "
        f"{found.share:.1%}, core {found.busy:.0%}; "
        f"introspection p99 {_p99(found.quiet_ms):.1f} ms alone, "
        f"p50 {statistics.median(found.loaded_ms):.1f} ms and p99 {_p99(found.loaded_ms):.1f} ms "
        f"beside them; {found.failures} failed {found.wrong or ''}"
    )


def _main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.sign_in_load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--connections", type=int, default=8, help="browsers at the same time (8)")
    options = parser.parse_args(arguments)
    pin(LOAD_CORE)
    found = uvloop.run(_run(options.rounds, options.seconds, options.connections))
    share = statistics.median(each.share for each in found)
    late = statistics.median(_p99(each.loaded_ms) for each in found)
    print(f"median: {share:.1%} of the hashing alone; introspection p99 {late:.1f} ms")
    failures = sum(each.failures for each in found)
    return 0 if share >= _SHARE and late < _LATE_MS and not failures else 1


if __name__ == "__main__":
    sys.exit(_main())
