"""The two-week token that clients keep: HS256, bound to one grant of one connection. Pure."""

from __future__ import annotations

from typing import Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from doorward.crypto import Secret
from doorward.db import SECOND

__all__ = ["LIFETIME_S", "RENEW_S", "Claims", "Jwts"]

LIFETIME_S: Final = 14 * 86_400
"""How long a token is good."""

RENEW_S: Final = 7 * 86_400
"""With no more than this left, a new one goes along with the next answer."""

_LONGEST: Final = 32_768
_ALG: Final = "HS256"
_ROWS: Final = ("con", "gra", "cns")


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Times are seconds.

    ``id`` and ``platform`` are what clients of the platform know. ``con`` and ``gra`` name the
    connection and its grant, so that the token ends with it; ``org`` is the organization. ``cli``
    and ``cns`` name the application that it was issued to, and the consent: empty and 0 for none.
    """

    id: str
    platform: str
    org: str
    con: int
    gra: int
    iat: int
    exp: int
    nbf: int = 0
    cli: str = ""
    cns: int = 0

    def is_near_end(self, now: int) -> bool:
        """Whether a new one is due at ``now`` (microseconds)."""
        return self.exp - now // SECOND <= RENEW_S


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """The claims as they are written: numbers of rows are strings, which any client can hold."""

    id: str
    platform: str
    org: str
    con: str
    gra: str
    iat: int
    exp: int
    nbf: int = 0
    cli: str = ""
    cns: str = "0"


class Jwts:
    """Signs tokens, and reads back what it signed."""

    def __init__(self, key: Secret[bytes]) -> None:
        """Sign with ``key``."""
        self._key = OctKey.import_key(key.reveal())

    def sign(self, claims: Claims) -> str:
        """The token that says ``claims``."""
        said = msgspec.structs.asdict(claims)
        said |= {name: str(said[name]) for name in _ROWS}
        if not claims.nbf:
            del said["nbf"]
        return jwt.encode({"alg": _ALG, "typ": "JWT"}, said, self._key, algorithms=[_ALG])

    def find(self, text: str, org_id: str, now: int) -> Claims | None:
        """What ``text`` says at ``now`` (microseconds), if it is ours and ``org_id``'s.

        None for everything else: another key, another algorithm, changed, too long, without an
        end, ended, not begun, or no token at all. It never raises.
        """
        if not text or len(text) > _LONGEST:
            return None
        try:
            read = msgspec.convert(jwt.decode(text, self._key, algorithms=[_ALG]).claims, _Read)
            known = msgspec.structs.asdict(read)
            claims = Claims(**known | {name: int(known[name]) for name in _ROWS})
        except (JoseError, msgspec.ValidationError, ValueError):
            return None
        seconds = now // SECOND
        if claims.org != org_id or not claims.nbf <= seconds < claims.exp:
            return None
        return claims
