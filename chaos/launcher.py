"""``doorward serve`` with a clock that steps back by half a minute at each SIGUSR1."""

from __future__ import annotations

import signal
from functools import partial

from doorward.app import serving
from doorward.app.assembly import open_services
from doorward.config import load_settings
from doorward.db import SECOND, system_clock

STEP = 30 * SECOND


class SteppingClock:
    """The machine's clock, some steps behind."""

    def __init__(self) -> None:
        """Start at the machine's time."""
        self._behind = 0

    def step_back(self, *_: object) -> None:
        """Be half a minute earlier from now on."""
        self._behind += STEP

    def __call__(self) -> int:
        """The present moment in microseconds, as this clock has it."""
        return system_clock() - self._behind


def main() -> None:
    """Serve until SIGTERM."""
    clock = SteppingClock()
    signal.signal(signal.SIGUSR1, clock.step_back)
    # The server opens its services by this name, with the machine's clock.
    vars(serving)["open_services"] = partial(open_services, clock=clock)
    serving.serve_forever(load_settings())


if __name__ == "__main__":
    main()
