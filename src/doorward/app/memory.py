"""What the system gives: memory that goes back after use, and as many files as are needed."""

from __future__ import annotations

import ctypes
import gc
import resource

__all__ = ["bound_memory", "give_back", "make_room", "settle_memory"]

_M_ARENA_MAX = -8
"""The GNU C library's name and number (malloc.h)."""
_OTHER_FILES = 1200
"""Requests that are refused in words have connections too; databases and logs are few."""


def bound_memory() -> None:
    """Keep one pool of memory for all threads, so that what one gives back serves the others.

    Each password hash takes 19 MiB for some milliseconds. The C library learns to keep such blocks:
    having them from the system anew each time would take half as long as hashing does. By default
    it keeps them for every thread, and in pools from which ``give_back`` returns nothing. Where it
    is another library, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle_memory() -> None:
    """Call it once everything is loaded: what is alive now stays, and is not looked at again.

    Garbage is looked for from now on, also where that was put off until everything is there.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    give_back()


def make_room(connections: int) -> int:
    """Have the system allow so many connections, and what else is open; how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(connections, soft - _OTHER_FILES))
