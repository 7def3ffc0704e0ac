"""The sentences that make up one letter."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Wording"]


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences (msgids) of one letter.

    ``action`` names what its link does, ``until`` says how long the link is good, and ``why`` what
    to do for somebody who did not ask for the letter. ``unnamed`` stands in for what it ``says``
    where that would name a ``{person}`` and nobody is to be named.
    """

    subject: str
    says: str
    why: str
    unnamed: str | None = None
    action: str | None = None
    until: str | None = None
