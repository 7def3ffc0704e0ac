"""Some answers of a round, kept while it runs and verified in full when it is over."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Samples"]

_EVERY = 61
_RECENT = 32
_MOST = 500


class Samples:
    """Keeps every 61st body, and the last 32, for a check that takes longer than a round may."""

    __slots__ = ("_seen", "kept", "recent")

    def __init__(self) -> None:
        """Begin with none."""
        self.kept: list[tuple[bytes, Any]] = []
        self.recent: deque[bytes] = deque(maxlen=_RECENT)
        self._seen = 0

    def offer(self, body: bytes, about: object = None) -> None:
        """Consider ``body``; ``about`` is what its check must know besides."""
        self.recent.append(body)
        self._seen += 1
        if self._seen % _EVERY == 1 and len(self.kept) < _MOST:
            self.kept.append((body, about))

    def judge(self, check: Callable[[dict[str, Any], Any], str | None]) -> list[str]:
        """What ``check`` finds wrong with the kept bodies, which are then let go.

        It receives the JSON object and what was said about it; None means that all is right.
        """
        found = []
        for body, about in self.kept:
            text = _verdict(check, body, about)
            if text is not None:
                found.append(text)
        self.kept.clear()
        return found


def _verdict(
    check: Callable[[dict[str, Any], Any], str | None], body: bytes, about: object
) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return f"not JSON: {body[:80]!r}"
    if not isinstance(document, dict):
        return f"not a JSON object: {body[:80]!r}"
    return check(document, about)
