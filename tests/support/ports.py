"""Ports of the loopback for servers under test, and for those that are measured."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import count
from random import SystemRandom

__all__ = ["free_port"]

# Below what systems give to connections that ask for no port: one of those could be handed out
# between the look and the start. Each worker of a run has a thousand of its own, and other
# programs have another.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw19").removeprefix("gw")) % 20
_PORTS = range(10_000 + _worker * 1_000, 11_000 + _worker * 1_000, 2)
_drawn = count(SystemRandom().randrange(len(_PORTS)))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def free_port() -> int:
    """A port that nobody listens on, nor on the next: a demo has its sample application there.

    Whatever was drawn before comes last.
    """
    for _ in _PORTS:
        port = _PORTS[next(_drawn) % len(_PORTS)]
        if _is_free(port) and _is_free(port + 1):
            return port
    message = "no port of the loopback is free"
    raise AssertionError(message)
