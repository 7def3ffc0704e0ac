"""Bytes that look random and are the same in every run."""

from __future__ import annotations

from random import Random

__all__ = ["SeededRandom"]


class SeededRandom:
    """A ``doorward.crypto.Random`` from a seed."""

    def __init__(self, seed: int) -> None:
        """Start from ``seed``."""
        self._random = Random(seed)

    def __call__(self, count: int) -> bytes:
        return self._random.randbytes(count)
