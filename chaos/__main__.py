"""``python -m chaos``: half the time on each database, and what was lost."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from chaos.grounds import Grounds, PostgresGrounds, SqliteGrounds
from chaos.round import Outcome, perform


def _postgres(_folder: Path) -> Grounds:
    return PostgresGrounds()


_ENGINES: dict[str, Callable[[Path], Grounds]] = {"sqlite": SqliteGrounds, "postgresql": _postgres}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="for both databases together")
    parser.add_argument("--seed", type=int, default=int(time.time()) & 0xFFFF)
    parser.add_argument("--engine", choices=[*_ENGINES, "both"], default="both")
    return parser.parse_args()


def _run(engine: str, seconds: float, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="doorward-chaos-") as name:
        folder = Path(name)
        grounds = _ENGINES[engine](folder)
        try:
            return asyncio.run(perform(grounds, seconds, Random(f"{engine}{seed}"), folder))
        finally:
            grounds.close()


def _tell(outcome: Outcome) -> None:
    journal = outcome.journal
    print(f"\n{outcome.name}")
    rows = {
        "disturbances": outcome.disturbances,
        "acknowledged": journal.kinds,
        "answers": journal.answers,
    }
    for title, counts in rows.items():
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
        print(f"  {title:13} {sum(counts.values()):>8,}: {told}")
    print(f"  {'starts':13} {outcome.starts:>8,}")
    print(f"  {'compared':13} {outcome.compared:>8,}")
    print(f"  {'lost':13} {len(journal.lost):>8,}")
    for sentence in journal.lost[:20]:
        print(f"    lost: {sentence}")
    for sentence, count in journal.faults.most_common(20):
        print(f"    wrong, {count} times: {sentence}")


def main() -> int:
    """Run what was asked for; the exit status is 1 when anything was lost or wrong."""
    # Whoever ends it has its servers ended too, as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked = _arguments()
    engines = list(_ENGINES) if asked.engine == "both" else [asked.engine]
    print(f"{asked.seconds} s; ARGS='--seed {asked.seed}' chooses the same again", flush=True)
    outcomes = []
    for engine in engines:
        outcomes.append(_run(engine, asked.seconds / len(engines), asked.seed))
        _tell(outcomes[-1])
    is_clean = all(each.is_clean for each in outcomes)
    print("\nnothing was lost" if is_clean else "\nsomething was lost, or went wrong")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
