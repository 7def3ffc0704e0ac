"""``python -m failover``: what came back how soon, and what was lost."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from failover.balancer import Missing, find_program
from failover.round import BACK_S, Outcome, perform

__all__ = ["main"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m failover", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="about how long to run")
    parser.add_argument("--seed", type=int, default=int(time.time()) & 0xFFFF)
    return parser.parse_args()


def _tell(outcome: Outcome) -> None:
    journal = outcome.journal
    print(f"\n{'':24}{'answered':>9}{'503':>7}{'other':>7}{'slowest':>9}{'writes again':>14}")
    for each in outcome.phases:
        busy = each.answers["503"]
        failed = sum(
            count for told, count in each.answers.items() if told[:1] == "5" or told == "no answer"
        )
        answered = sum(each.answers.values()) - failed
        back = "" if each.back_s is None else f"{each.back_s:.1f} s"
        print(
            f"{each.name:24}{answered:>9,}{busy:>7,}{failed - busy:>7,}"
            f"{each.slowest_s:>7.1f} s{back:>14}"
        )
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(journal.kinds.items()))
    print(f"\nacknowledged {sum(journal.kinds.values()):,}: {told}")
    print(f"compared {outcome.compared:,}, lost {len(journal.lost):,}")
    for sentence in journal.lost[:20]:
        print(f"  lost: {sentence}")
    for sentence, count in journal.faults.most_common(20):
        print(f"  wrong, {count} times: {sentence}")


def main() -> int:
    """Run it; the exit status is 1 when anything was lost, late or wrong, 2 without nginx."""
    asked = _arguments()
    try:
        find_program("nginx", "nginx-light")
    except Missing as error:
        print(error, file=sys.stderr)
        return 2
    print(f"about {asked.seconds} s; ARGS='--seed {asked.seed}' chooses the same work", flush=True)
    # Whoever ends it has its servers ended too, as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A folder of its own: PostgreSQL may run as another account.
    with tempfile.TemporaryDirectory(prefix="doorward-failover-", ignore_cleanup_errors=True) as at:
        outcome = asyncio.run(perform(Path(at), asked.seconds, Random(asked.seed)))
    _tell(outcome)
    if outcome.is_clean:
        print(f"\nnothing was lost, and each time both servers wrote again within {BACK_S:.0f} s")
    else:
        print("\nsomething was lost, late or wrong")
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
