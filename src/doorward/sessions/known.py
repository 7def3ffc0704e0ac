"""Browsers that an account signed in with before: tries of a password there are counted apart.

The browser keeps the proof itself, sealed, for a year and also when it signs out: else whoever
guesses at an account from elsewhere would slow its owner down too.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Final

from doorward.accounts import Doorway
from doorward.crypto import KeyRing, Random, SealBroken
from doorward.http import (
    Call,
    known_cookie_name,
    parse_cookies,
    render_cookie,
    subscriber_of,
)
from doorward.orgs import tenant_of

__all__ = ["KnownBrowsers"]

_YEAR_S: Final = 365 * 24 * 3600
_NAME: Final = 12
_NUMBER: Final = 8
_MOST: Final = 8
_LONGEST: Final = 400


class KnownBrowsers:
    """What browsers prove of earlier sign-ins. The proof lets nobody in."""

    def __init__(self, *, ring: KeyRing, random: Random) -> None:
        """Seal with ``ring`` and name browsers by ``random``."""
        self._ring = ring
        self._random = random

    def doorway(self, call: Call) -> Doorway:
        """Where this call comes from, as the tries of a password are counted."""
        name, people = self._read(call)
        return Doorway(subscriber_of(call.client_address), name.hex(), frozenset(people))

    def cookie(self, call: Call, account_id: int) -> str:
        """The Set-Cookie value after ``account_id`` signed in, beside that of the session.

        A browser remembers eight people, those who came last.
        """
        tenant = tenant_of(call.scope)
        name, people = self._read(call)
        kept = [account_id, *(each for each in people if each != account_id)][:_MOST]
        body = (name or self._random(_NAME)) + b"".join(
            each.to_bytes(_NUMBER, "big") for each in kept
        )
        sealed = self._ring.seal(body, about=_about(tenant.org_id))
        value = urlsafe_b64encode(sealed).rstrip(b"=").decode()
        cookie = known_cookie_name(tenant.org_id, https=tenant.https)
        return render_cookie(cookie, value, https=tenant.https, max_age_s=_YEAR_S)

    def _read(self, call: Call) -> tuple[bytes, list[int]]:
        """The browser's name and its people, the last first; both empty without a proof."""
        tenant = tenant_of(call.scope)
        cookie = known_cookie_name(tenant.org_id, https=tenant.https)
        value = parse_cookies(call.header(b"cookie")).get(cookie, "")[:_LONGEST]
        try:
            sealed = urlsafe_b64decode(value + "=" * (-len(value) % 4))
            body = self._ring.open(sealed, about=_about(tenant.org_id))
        except (Error, ValueError, SealBroken):
            return b"", []
        numbers = range(_NAME, len(body), _NUMBER)
        return body[:_NAME], [int.from_bytes(body[at : at + _NUMBER], "big") for at in numbers]


def _about(org_id: str) -> bytes:
    return b"known browser:" + org_id.encode()
