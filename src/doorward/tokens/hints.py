"""ID tokens that come back as hints: whose they are, however old."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from doorward.keys import Keys

__all__ = ["IdTokenHint", "find_id_token_hint"]

_ALGORITHMS = ["RS256", "ES256"]
_MAX = 8 * 1024


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    aud: str
    sid: str | None = None


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """What one of our ID tokens says: the account, the application, the session."""

    subject: str
    client_id: str
    session: str | None


_decode = msgspec.json.Decoder(_Claims).decode


async def find_id_token_hint(
    keys: Keys, org_id: str, issuer: str, text: str | None
) -> IdTokenHint | None:
    """The hint, if ``text`` is an ID token that this issuer signed, else None.

    Its age does not matter (OpenID Connect RP-Initiated Logout 4): only the signature does.
    """
    if not text or len(text) > _MAX:
        return None
    published = await keys.public_keys(org_id)
    try:
        verified = jws.deserialize_compact(text, published, algorithms=_ALGORITHMS)
        claims = _decode(verified.payload)
    except (JoseError, ValueError, msgspec.MsgspecError):
        return None
    if claims.iss != issuer or verified.headers().get("typ") != "JWT":
        return None
    return IdTokenHint(claims.sub, claims.aud, claims.sid)
