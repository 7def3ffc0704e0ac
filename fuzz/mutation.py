"""Inputs made of other inputs: how a target is run where there is no coverage to follow."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

__all__ = ["mutated"]

_SPECIAL = (b"\x00", b"\xff", b"\n", b"\r\n", b"%", b"%00", b"\\", b"//", b"..", b"@", b"#", b'"')


def mutated(random: Random, inputs: Sequence[bytes], words: Sequence[bytes], longest: int) -> bytes:
    """One of ``inputs`` with a few changes, in which ``words`` may turn up."""
    data = bytearray(random.choice(inputs) if inputs else b"")
    for _ in range(random.randint(1, 6)):
        place = random.randint(0, len(data))
        match random.randrange(6):
            case 0:
                data[place:place] = random.choice(words or _SPECIAL)
            case 1:
                data[place:place] = random.choice(_SPECIAL)
            case 2:
                data[place : place + random.randint(1, 8)] = b""
            case 3:
                data[place : place + 1] = random.randbytes(1)
            case 4:
                end = random.randint(place, len(data))
                data[place:place] = data[place:end] * random.randint(1, 3)
            case _:
                other = random.choice(inputs) if inputs else b""
                data[place:] = other[random.randint(0, len(other)) :]
    return bytes(data[:longest])
