"""What carries a parcel away, and how it says that it could not."""

from __future__ import annotations

from typing import Protocol

from doorward.mail.rendering import Parcel

__all__ = ["Carrier", "NotCarried"]


class NotCarried(Exception):
    """The parcel was not taken.

    ``reason`` is a word for the log: the class of the error and the server's number, never what
    the server wrote. A ``final`` refusal is the same at every other try.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Carrier(Protocol):
    """A way out."""

    async def carry(self, parcel: Parcel) -> None:
        """Hand ``parcel`` over; once it returns, somebody else answers for it.

        Raises ``NotCarried``.
        """

    def close(self) -> None:
        """Let go of threads; nothing is carried afterwards."""
