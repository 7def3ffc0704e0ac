"""``doorward serve`` with a clock that steps back by half a minute at SIGUSR1, or forward again."""

from __future__ import annotations

import signal
import sys
from functools import partial

from doorward.app import serving
from doorward.app.assembly import open_services
from doorward.config import load_settings
from doorward.db import SECOND, DatabaseError, system_clock

STEP = 30 * SECOND


class SteppingClock:
    """The machine's clock, or one that is half a minute behind it.

    No more: a rotated refresh token may be asked for again within its grace, which the servers
    of one database tell by the same time.
    """

    def __init__(self) -> None:
        """Start at the machine's time."""
        self._behind = 0

    def step(self, *_: object) -> None:
        """Be half a minute earlier from now on, or right again."""
        self._behind = STEP - self._behind

    def __call__(self) -> int:
        """The present moment in microseconds, as this clock has it."""
        return system_clock() - self._behind


def main() -> None:
    """Serve until SIGTERM."""
    clock = SteppingClock()
    signal.signal(signal.SIGUSR1, clock.step)
    # The server opens its services by this name, with the machine's clock.
    vars(serving)["open_services"] = partial(open_services, clock=clock)
    try:
        serving.serve_forever(load_settings())
    except DatabaseError as error:
        # As the command line has it: a line, not a trace. Who started it tries again.
        sys.exit(f"doorward: {error}")


if __name__ == "__main__":
    main()
