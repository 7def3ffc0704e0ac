"""What a client library answers: a plain dict, or that it was refused."""

from __future__ import annotations

from typing import Any

__all__ = ["EVERY_CHECK", "Answer", "Refused"]

Answer = dict[str, Any]

EVERY_CHECK = frozenset({"state", "nonce", "pkce"})
"""What a library adds to an authorization request, and checks when the answer comes."""


class Refused(Exception):
    """The library, or the server through it, said no."""

    def __init__(self, error: str | None, status: int | None, message: str) -> None:
        super().__init__(f"{error or 'no OAuth error'} ({status}): {message}")
        self.error = error
        self.status = status
        self.message = message
