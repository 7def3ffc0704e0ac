"""From the bytes of an input to what parsers take: texts, several texts, and awaited answers."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["PART", "at_once", "header", "pieces", "text"]

PART = "\x1f"
"""Stands between the texts of an input that holds several."""

T = TypeVar("T")


def text(data: bytes) -> str:
    """The text as a form or a JSON document would hand it on: any characters, but whole ones."""
    return data.decode("utf-8", "replace")


def header(data: bytes) -> str:
    """The text of a header, in which each byte is a character."""
    return data.decode("latin-1").replace("\r", " ").replace("\n", " ")


def pieces(data: bytes, count: int) -> list[str]:
    """Exactly ``count`` texts; those that are not there are empty."""
    found = text(data).split(PART, count - 1)
    return found + [""] * (count - len(found))


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` answers, which waits for nothing that is not there already."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    work.close()
    message = "the parser waits for something"
    raise RuntimeError(message)
