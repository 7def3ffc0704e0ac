"""Forms that only our own pages can post: a token, and where the browser says it comes from."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from doorward.crypto import Secret
from doorward.protocol import Refusal

__all__ = ["Csrf", "ForgedRequest"]


class ForgedRequest(Refusal):
    """A form was posted from somewhere else, or its token is not this browser's."""

    code = "forged_request"
    status = 403
    sentence = "This form was not sent from our own page. Please try again from the page itself."


class Csrf:
    """Tokens bound to a browser or to one session in it, under a key of this installation."""

    def __init__(self, key: Secret[bytes]) -> None:
        """Sign with ``key`` (32 bytes)."""
        self._key = key

    def token(self, org_id: str, owner_id: int) -> str:
        """The token of forms that belong to ``owner_id``, the row of a browser or of a session."""
        text = f"csrf\x00{org_id}\x00{owner_id}".encode()
        mac = hmac.new(self._key.reveal(), text, sha256).digest()
        return urlsafe_b64encode(mac).rstrip(b"=").decode()

    def verify(self, presented: str | None, *, org_id: str, owner_id: int) -> bool:
        """True, or raises ``ForgedRequest``."""
        expected = self.token(org_id, owner_id)
        if presented is None or not hmac.compare_digest(presented.encode(), expected.encode()):
            raise ForgedRequest
        return True

    @staticmethod
    def verify_origin(*, fetch_site: str | None, origin: str | None, own_origin: str) -> bool:
        """True when the browser itself says that the form came from our page.

        ``Sec-Fetch-Site`` decides where it is sent. Without it ``Origin`` must be ``own_origin``;
        it is ``null`` under ``Referrer-Policy: no-referrer``, and then the token alone decides.
        Raises ``ForgedRequest``.
        """
        if fetch_site is not None:
            if fetch_site not in {"same-origin", "none"}:
                raise ForgedRequest
            return True
        if origin is not None and origin not in {"null", own_origin}:
            raise ForgedRequest
        return True
