"""What platforms know of a person besides the account: tags, and a linked Patreon account."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from doorward.accounts.refusals import BadAccount
from doorward.audit import is_plain_line

__all__ = ["PatreonLink", "PlatformProfile", "verify_patreon", "verify_tags"]

_USER_ID = re.compile(r"[0-9]{1,20}\Z", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_FIRST_YEAR = 2013
"""Patreon opened in that year."""
_MAX_TIER, _MAX_NAME, _MAX_TAG, _MAX_TAGS = 100, 200, 50, 50
_MAX_CENTS = 100_000_000


class PatreonLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's account at Patreon, as a stored fact; nobody asks Patreon about it.

    ``since`` is a day (``2024-05-01``). It is ``verified`` when staff entered or confirmed it, and
    not when the person did.
    """

    user_id: str
    full_name: str | None = None
    tier: str | None = None
    pledge_cents: int = 0
    since: str | None = None
    active: bool = True
    verified: bool = False

    @property
    def mark(self) -> str:
        """A short text that another link, verified or not, does not have."""
        said = msgspec.structs.replace(self, verified=False)
        return sha256(msgspec.json.encode(said)).hexdigest()[:32]


class PlatformProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts of one account. ``tags`` are given by staff."""

    tags: tuple[str, ...] = ()
    patreon: PatreonLink | None = None


@dataclass(frozen=True, slots=True)
class _Text:
    field: str
    longest: int
    sentence: str


_TEXTS = (
    _Text("full_name", _MAX_NAME, "A name is one line of up to 200 characters."),
    _Text("tier", _MAX_TIER, "A tier is one line of up to 100 characters."),
)


def verify_patreon(link: PatreonLink, today: dt.date) -> PatreonLink:
    """``link``, when every field may be kept and shown on ``today``. Raises ``BadAccount``."""
    if not _USER_ID.match(link.user_id):
        raise BadAccount("A Patreon user id is a number.", field="user_id")
    for text in _TEXTS:
        value = getattr(link, text.field)
        if value is not None and not is_plain_line(value, text.longest):
            raise BadAccount(text.sentence, field=text.field)
    if not 0 <= link.pledge_cents <= _MAX_CENTS:
        raise BadAccount("A pledge is between 0 and 1,000,000.00.", field="pledge_cents")
    if link.since is not None and not _is_past_day(link.since, today):
        raise BadAccount("Write a day that has been, like 2024-05-01.", field="since")
    return link


def verify_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """``tags``, each once, when every one may be kept and shown. Raises ``BadAccount``."""
    once = tuple(dict.fromkeys(tags))
    if len(once) > _MAX_TAGS or not all(is_plain_line(tag, _MAX_TAG) for tag in once):
        raise BadAccount("There are up to 50 tags of up to 50 characters.", field="tags")
    return once


def _is_past_day(text: str, today: dt.date) -> bool:
    if not _DAY.match(text):
        return False
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return False
    # Where it is already tomorrow, that day has begun.
    return day.year >= _FIRST_YEAR and day <= today + dt.timedelta(days=1)
