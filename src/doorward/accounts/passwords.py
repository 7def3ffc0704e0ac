"""Argon2id in a bounded pool: at most so many at once, so many waiting, and then ``Busy``."""

from __future__ import annotations

import asyncio
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from doorward.accounts.refusals import Busy
from doorward.accounts.strength import PasswordRules, verify_new_password
from doorward.crypto import Random, Secret

__all__ = ["OWASP", "PasswordProfile", "Passwords", "Verdict"]

T = TypeVar("T")
_SALT = 16
_QUIET_S = 10.0
_NICE = 10


@dataclass(frozen=True, slots=True)
class PasswordProfile:
    """Named parameters of argon2id (RFC 9106): memory in KiB, passes, lanes."""

    name: str
    memory_kib: int
    passes: int
    lanes: int


OWASP = PasswordProfile("owasp", 19_456, 2, 1)
"""OWASP's password storage recommendation for argon2id: 19 MiB, two passes, one lane."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and its hash made with parameters that have changed since."""

    right: bool
    is_outdated: bool = False


class Passwords:
    """Hashes and verifies passwords, off the event loop."""

    def __init__(
        self,
        *,
        profile: PasswordProfile = OWASP,
        random: Random = os.urandom,
        at_once: int = 2,
        waiting: int = 64,
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Hash by ``profile``, ``at_once`` in threads and ``waiting`` more in line.

        ``rest`` is called when nothing has been hashed for a while: memory may go back then.
        """
        self._hasher = PasswordHasher(
            time_cost=profile.passes, memory_cost=profile.memory_kib, parallelism=profile.lanes
        )
        self._random = random
        self._pool = ThreadPoolExecutor(
            at_once, thread_name_prefix="doorward-password", initializer=_step_back
        )
        self._rest = rest
        self._worked_at = 0.0
        self._resting: asyncio.TimerHandle | None = None
        self._places = BoundedSemaphore(at_once + waiting)
        self._dummy = self._hash("nobody's password")

    async def hash(self, password: Secret[str]) -> str:
        """The hash to keep. Raises ``Busy``."""
        return await self._perform(lambda: self._hash(password.reveal()))

    async def choose(self, password: Secret[str], rules: PasswordRules) -> str:
        """The hash of a new password that keeps to ``rules``. Raises ``WeakPassword``, ``Busy``."""
        return await self._perform(
            lambda: self._hash(verify_new_password(password, rules).reveal())
        )

    async def verify_new(self, password: Secret[str], rules: PasswordRules) -> Secret[str]:
        """``password``, when it keeps to ``rules``. Raises ``WeakPassword``, ``Busy``."""
        return await self._perform(lambda: verify_new_password(password, rules))

    async def verify(self, stored: str | None, password: Secret[str]) -> Verdict:
        """Whether ``stored`` is the hash of ``password``. Raises ``Busy``.

        Without a stored hash the same work is done, and the answer is no.
        """
        return await self._perform(lambda: self._verify(stored, password.reveal()))

    def close(self) -> None:
        """Let the threads go."""
        if self._resting is not None:
            self._resting.cancel()
        self._pool.shutdown(cancel_futures=True)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_prepared(password), salt=self._random(_SALT))

    def _verify(self, stored: str | None, password: str) -> Verdict:
        known = stored if stored is not None else self._dummy
        try:
            self._hasher.verify(known, _prepared(password))
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if stored is None:
            return Verdict(right=False)
        return Verdict(right=True, is_outdated=self._hasher.check_needs_rehash(stored))

    async def _perform(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy
        future = self._pool.submit(work)
        # The place is free when the work is done, also when nobody waits for it any more.
        future.add_done_callback(lambda _: self._places.release())
        loop = asyncio.get_running_loop()
        self._worked_at = loop.time()
        if self._resting is None:
            self._resting = loop.call_later(_QUIET_S, self._rest_or_wait, loop)
        return await asyncio.wrap_future(future)

    def _rest_or_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        left = self._worked_at + _QUIET_S - loop.time()
        if left > 0:
            self._resting = loop.call_later(left, self._rest_or_wait, loop)
        else:
            self._resting = None
            self._rest()


def _step_back() -> None:
    """Let the event loop go first, where both want the same core."""
    # The system knows threads by numbers of their own; where it refuses, all are alike.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _prepared(password: str) -> bytes:
    """One form for what people type alike on different keyboards (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
