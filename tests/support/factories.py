"""Short builders of organizations, people, applications and keys, through the real services."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache

from doorward.crypto import KeyRing, Secret
from doorward.keys import SigningAlg, generate_private_jwk

__all__ = ["premade_keys", "sealing_ring"]

_POOL = 6
"""Keys of an algorithm in one run: more than any organization of a test has at once."""


@cache
def _premade(alg: SigningAlg, number: int) -> bytes:
    return generate_private_jwk(alg)


def premade_keys() -> Callable[[SigningAlg], bytes]:
    """A ``generate`` for ``Keys`` that makes each key once in a run and then hands it out again."""
    numbers = {"RS256": itertools.count(), "ES256": itertools.count()}
    return lambda alg: _premade(alg, next(numbers[alg]) % _POOL)


def sealing_ring() -> KeyRing:
    """A ring with one fixed master key."""
    return KeyRing((Secret(bytes(range(32))),))
