"""Serves the logos of an organization's applications, each at an address that never changes."""

from __future__ import annotations

import re

from doorward.clients import Logos, UnknownLogo
from doorward.http import Call, Reply
from doorward.orgs import tenant_of

__all__ = ["LogoPictures"]

_NAME = re.compile(r"/([0-9a-f]{64})(-small)?\.png\Z")
_SHARED = (
    (b"x-content-type-options", b"nosniff"),
    # Opened by itself it is a picture and nothing else, whatever a browser makes of its bytes.
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PICTURE = (
    (b"content-type", b"image/png"),
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"content-disposition", b"inline"),
    *_SHARED,
)
_MISSING = Reply(
    404,
    b"Not found\n",
    ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *_SHARED),
)
_WRONG_METHOD = Reply(405, b"", ((b"allow", b"GET, HEAD"), *_SHARED))


class LogoPictures:
    """``GET /logos/{key}.png`` and ``/logos/{key}-small.png``, for everybody."""

    def __init__(self, logos: Logos) -> None:
        """Serve ``logos``."""
        self._logos = logos

    async def answer(self, call: Call) -> Reply:
        """The picture as PNG; it was drawn by ourselves, and no cookie is read or set."""
        if call.method not in {"GET", "HEAD"}:
            return _WRONG_METHOD
        named = _NAME.match(str(call.scope["path"]))
        if named is None:
            return _MISSING
        key, small = named.groups()
        try:
            logo = await self._logos.get(tenant_of(call.scope).org_id, key)
        except UnknownLogo:
            return _MISSING
        return Reply(200, logo.small if small else logo.large, _PICTURE)
