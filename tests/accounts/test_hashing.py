"""Hashing passwords beside everything else: who goes first, and what happens afterwards."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from doorward.accounts import Passwords, passwords
from doorward.crypto import Secret
from tests.support.factories import CHEAP

pytestmark = pytest.mark.anyio


async def test_the_event_loop_goes_before_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both may want the same core."""
    seen: list[int] = []

    def note(_self: Passwords, _password: str) -> str:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return ""

    hashing = Passwords(profile=CHEAP, at_once=1)
    monkeypatch.setattr(Passwords, "_hash", note)
    await hashing.hash(Secret("correct horse battery"))
    hashing.close()
    assert seen[0] >= 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < seen[0]


async def test_memory_may_go_back_once_nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once after a while of quiet, however many came before."""
    monkeypatch.setattr(passwords, "_QUIET_S", 0.01)
    rested = asyncio.Event()
    times = 0

    def rest() -> None:
        nonlocal times
        times += 1
        rested.set()

    hashing = Passwords(profile=CHEAP, at_once=2, rest=rest)
    await asyncio.gather(*(hashing.hash(Secret("correct horse battery")) for _ in range(3)))
    await asyncio.wait_for(rested.wait(), 10)
    assert times == 1
    await hashing.hash(Secret("correct horse battery"))
    hashing.close()
