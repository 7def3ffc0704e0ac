"""Scripts that other sites embed: versioned, pinned by their hash, and the same for everybody."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha384
from pathlib import Path

from doorward.http.assets import Asset, answer_asset, read_asset
from doorward.http.exchange import Call, Reply

__all__ = ["CONNECT_SCRIPT", "SIGN_IN_WIDGET", "Widget"]

_FOLDER = Path(__file__).parent / "widgets"
_FOREVER = b"public, max-age=31536000, immutable"
_SHARED = (
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
)


class Widget:
    """A released script under ``/w/{version}/{name}`` of every organization.

    Its bytes never change under a version: sites name their hash (Subresource Integrity), and a
    browser then refuses everything else.
    """

    def __init__(self, version: int, name: str) -> None:
        """Read the file once."""
        body = (_FOLDER / str(version) / name).read_bytes()
        self._asset: Asset = read_asset(name, body)
        self.path = f"/w/{version}/{name}"
        self.integrity = f"sha384-{b64encode(sha384(body).digest()).decode()}"

    async def answer(self, call: Call) -> Reply:
        """``GET``: the script, for pages of any origin. No cookie is read, none is set."""
        status, headers, body = answer_asset(self._asset, _FOREVER, call.scope["headers"])
        return Reply(status, body, (*headers, *_SHARED))


CONNECT_SCRIPT = Widget(1, "connect.js")
"""Opens a connect session in a window of its own, and tells the page what became of it."""

SIGN_IN_WIDGET = Widget(1, "signin.js")
"""Turns a plain sign-in link into a button."""
