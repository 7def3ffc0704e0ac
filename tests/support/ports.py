"""Ports of the loopback for servers under test."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import count
from random import SystemRandom

__all__ = ["free_pair", "free_port"]

# Below what systems give to connections that ask for no port: one of those could be handed out
# between the look and the start. Each worker of a run draws from its own thousand.
_FIRST, _PER_WORKER, _WORKERS = 10_000, 1_000, 20
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_drawn = count(SystemRandom().randrange(_PER_WORKER))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _draw(width: int) -> int:
    """The first of ``width`` neighbours that nobody listens on; what was drawn comes last again."""
    number = int(_worker.removeprefix("gw")) if _worker else _WORKERS - 1
    start = _FIRST + number % _WORKERS * _PER_WORKER
    for _ in range(_PER_WORKER):
        offsets = [next(_drawn) % _PER_WORKER for _ in range(width)]
        ports = [start + offset for offset in offsets]
        if ports[-1] - ports[0] == width - 1 and all(map(_is_free, ports)):
            return ports[0]
    message = "no port of the loopback is free"
    raise AssertionError(message)


def free_port() -> int:
    """A port that nobody listens on."""
    return _draw(1)


def free_pair() -> int:
    """A port that nobody listens on, nor on the next: a demo's sample application takes that."""
    return _draw(2)
