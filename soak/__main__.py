"""The command line: ``python -m soak --seconds 1800``; how it ends says whether all lay flat."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import uvloop

from bench.subjects import LOAD_CORE, NotReady, pin, stop_all
from soak.errands import GRANTS, SHARES, SLOW, Errands
from soak.ground import FOLDER, Ground, prepare
from soak.judging import judge
from soak.load import Crew, Overwhelmed
from soak.telling import Outcome, tell, write
from soak.windows import Answers, Window

_WINDOWS = 120
_LEAST_WINDOW_S = 1.0
_SHARE_OF_PEAK = 0.7
_PEAK_ROUNDS = 3
_LOOK_S = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the peak, soak, judge; 1 where anything climbed or went wrong."""
    # Whoever ends it has its servers ended too, as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _read_options(arguments)
    pin(LOAD_CORE)
    try:
        outcome = uvloop.run(_soak(options))
    except (NotReady, Overwhelmed) as reason:
        print(f"soak: {reason}", file=sys.stderr)
        return 1
    finally:
        stop_all()
    write(outcome, FOLDER / f"{options.engine}.json")
    tell(outcome)
    return 0 if outcome.is_good else 1


async def _soak(options: argparse.Namespace) -> Outcome:
    chance = random.Random(options.seed)
    _say("soak: starting the server")
    ground = await prepare(options.engine)
    errands = Errands(ground, chance)
    await errands.prepare()
    answers = Answers(GRANTS)
    crew = Crew(ground.target.address, answers, chance)
    await crew.join(options.connections)
    peak = await _peak(crew, errands, ground, options.peak_seconds)
    rate = options.rate or _SHARE_OF_PEAK * peak
    _say(f"soak: peak {peak:.0f} operations/s; {options.seconds} s at {rate:.0f}/s")
    windows = await _run(crew, errands, ground, (rate, options.seconds))
    await crew.leave()
    return Outcome(
        engine=options.engine,
        peak=peak,
        rate=rate,
        seconds=options.seconds,
        windows=windows,
        findings=judge(windows, rate),
        kinds=answers.kinds,
        wrong=answers.wrong,
    )


async def _peak(crew: Crew, errands: Errands, ground: Ground, seconds: float) -> float:
    """Operations a second while no connection ever waits: the median of some rounds."""
    rates = []
    for _ in range(_PEAK_ROUNDS + 1):
        began = time.perf_counter()
        await crew.saturate(errands.draw, seconds / _PEAK_ROUNDS)
        spent = time.perf_counter() - began
        window = crew.answers.cut(0.0, spent, crew.behind, await ground.held())
        rates.append(window.finished / spent)
    # The first round fills caches.
    return sorted(rates[1:])[_PEAK_ROUNDS // 2]


async def _run(
    crew: Crew, errands: Errands, ground: Ground, wanted: tuple[float, float]
) -> list[Window]:
    rate, seconds = wanted
    began = time.perf_counter()
    end = began + seconds
    streams = [crew.keep(errands.draw, rate * sum(SHARES.values()) / 100, end)]
    streams += [crew.keep(errands.slow(name), each, end) for name, each in SLOW.items()]
    load = asyncio.gather(*streams)
    size = max(_LEAST_WINDOW_S, seconds / _WINDOWS)
    windows: list[Window] = []
    opened = began
    while not load.done():
        least = await _least_resident(ground, load, opened + size)
        held = replace(await ground.held(), resident_mb=least)
        now = time.perf_counter()
        windows.append(crew.answers.cut(opened - began, now - opened, crew.behind, held))
        opened = now
        _tell_progress(windows)
    await load
    return windows


async def _least_resident(ground: Ground, load: asyncio.Future[list[None]], until: float) -> float:
    """The least memory that the server had until then, in MB: a password takes 19 MB to hash."""
    found = ground.resident_mb()
    while not load.done() and (left := until - time.perf_counter()) > 0:
        await asyncio.wait([load], timeout=min(_LOOK_S, left))
        found = min(found, ground.resident_mb())
    return found


def _tell_progress(windows: Sequence[Window]) -> None:
    last = windows[-1]
    if len(windows) % 10 == 0:
        _say(
            f"soak: {last.at_s + last.seconds:.0f} s: {last.finished / last.seconds:.0f}/s,"
            f" p99 {last.p99_ms:.1f} ms, {last.held.resident_mb:.1f} MB,"
            f" {sum(each.failures for each in windows)} errors"
        )


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800, help="without the peak (1800)")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rate", type=float, help="operations a second (0.7 of the peak)")
    parser.add_argument("--peak-seconds", type=float, default=9.0, help="to find the peak (9)")
    parser.add_argument("--connections", type=int, default=32, help="kept open (32)")
    parser.add_argument("--seed", type=int, default=7, help="chooses the same order again (7)")
    options = parser.parse_args(arguments)
    if options.seconds < 3 * _LEAST_WINDOW_S or options.connections < 1:
        parser.error("--seconds must be 3 or more, --connections 1 or more")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
