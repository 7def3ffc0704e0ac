"""A platform that does not answer is left alone for a while, by everybody of this process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from doorward.db import SECOND

__all__ = ["Breaker"]

_OPENS_AFTER: Final = 5
_FIRST_WAIT: Final = 30 * SECOND
_LONGEST_WAIT: Final = 300 * SECOND
_HOSTS: Final = 2_000


@dataclass(slots=True)
class _Host:
    failures: int = 0
    closed_again_at: int = 0


class Breaker:
    """Counts failures in a row for each host.

    After five nothing is sent there for half a minute; then one attempt is let through, and each
    failure doubles the wait, up to five minutes. One that succeeds ends it.
    """

    def __init__(self) -> None:
        """Trust every host."""
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    def find_wait(self, host: str, now: int) -> int:
        """For how many microseconds nothing is sent to ``host``; 0 to go on.

        The one who is let through keeps the others waiting until it is known what came of it.
        """
        known = self._hosts.get(host)
        if known is None or known.failures < _OPENS_AFTER:
            return 0
        if now < known.closed_again_at:
            return known.closed_again_at - now
        known.closed_again_at = now + _FIRST_WAIT
        return 0

    def note_failure(self, host: str, now: int) -> None:
        """An attempt got no answer, or one that says that the platform is in trouble."""
        known = self._hosts.setdefault(host, _Host())
        self._hosts.move_to_end(host)
        known.failures += 1
        beyond = known.failures - _OPENS_AFTER
        if beyond >= 0:
            known.closed_again_at = now + min(_FIRST_WAIT << min(beyond, 8), _LONGEST_WAIT)
        if len(self._hosts) > _HOSTS:
            self._hosts.popitem(last=False)

    def note_success(self, host: str) -> None:
        """An attempt was answered, whatever the answer says of one connection."""
        self._hosts.pop(host, None)
