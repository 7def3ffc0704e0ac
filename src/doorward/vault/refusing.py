"""Platforms that refuse a call whatever the credential: what renewing again would not help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.db import SECOND, Clock
from doorward.vault.model import Connection

__all__ = ["Refusing"]

_FIRST: Final = 60 * SECOND
_LONGEST: Final = 3600 * SECOND
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """The version that was refused although it was new, and until when it is left alone."""

    version: int
    wait: int
    until: int


class Refusing:
    """Remembers, in this process, for which tokens a renewal did not help.

    Some platforms answer 401 where they mean that the account may not do this: each renewal would
    use up a refresh token, and none would help. After one that did not help the next may be tried
    in a minute, then in twice as long each time, up to an hour.
    """

    def __init__(self, *, clock: Clock) -> None:
        """Count time by ``clock``."""
        self._clock = clock
        self._seen: dict[tuple[str, int], _Seen] = {}

    def is_left_alone(self, row: Connection) -> bool:
        """Whether renewing the token of ``row`` was of no use a short time ago."""
        seen = self._seen.get(row.key)
        return seen is not None and seen.version == row.token_version and self._clock() < seen.until

    def note_useless(self, row: Connection) -> None:
        """The token of ``row`` is new, and was refused like the one before."""
        before = self._seen.pop(row.key, None)
        wait = _FIRST if before is None else min(_LONGEST, 2 * before.wait)
        if len(self._seen) >= _MOST:
            del self._seen[next(iter(self._seen))]
        self._seen[row.key] = _Seen(row.token_version, wait, self._clock() + wait)

    def note_useful(self, row: Connection) -> None:
        """A renewal helped: the next refusal may mean that this token has ended."""
        self._seen.pop(row.key, None)
