"""What the system gives: memory that goes back after use, and as many files as are needed."""

from __future__ import annotations

import ctypes
import gc
import resource

__all__ = ["bound_memory", "make_room", "settle_memory"]

# The GNU C library's names and numbers (malloc.h).
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 512 * 1024
_ARENAS = 2
_OTHER_FILES = 1200
"""Requests that are refused in words have connections too; databases and logs are few."""


def bound_memory() -> None:
    """Return large blocks to the system when they are freed.

    Each password hash takes 19 MiB for some milliseconds. By default the C library learns from
    that to keep such blocks, once for every thread. Where it is another library, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_ARENA_MAX, _ARENAS)


def settle_memory() -> None:
    """Call it once everything is loaded: what is alive now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def make_room(connections: int) -> int:
    """Have the system allow so many connections, and what else is open; how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(connections, soft - _OTHER_FILES))
