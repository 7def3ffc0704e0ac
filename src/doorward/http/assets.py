"""Static files by content hash, from memory, as a pure ASGI application."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.http.theme import adjust_accent, parse_colour, render_accent

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

ROOT = "/assets"
_FOREVER = b"public, max-age=31536000, immutable"
_A_DAY = b"public, max-age=86400"
_CHECK = b"no-cache"
_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".woff2": b"font/woff2",
}
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Asset:
    """One file in memory: bytes, the same compressed, and the first 16 digits of its SHA-256."""

    name: str
    kind: bytes
    body: bytes
    packed: bytes
    digest: str


def read_asset(name: str, body: bytes) -> Asset:
    """Build an asset from its bytes. KeyError when the file's suffix has no known media type."""
    return Asset(
        name=name,
        kind=_TYPES[Path(name).suffix],
        body=body,
        packed=gzip.compress(body, 9, mtime=0),
        digest=hashlib.sha256(body).hexdigest()[:16],
    )


@lru_cache(maxsize=1024)
def _accent_asset(colour: str) -> Asset:
    return read_asset(f"{colour}.css", render_accent(adjust_accent(colour)).encode())


class Assets:
    """Serves `/assets/{hash}/{name}` and `/assets/accent/{rrggbb}.css`; mount it at `/assets`.

    A known name under another hash (a page of the release before) gets today's file, but no
    permanent caching. Everything else is 404, so nothing outside the folder can be reached.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Read every file of `folder` (default: the package's own) once."""
        home = folder or Path(__file__).parent / "assets"
        found = sorted(path for path in home.iterdir() if path.suffix in _TYPES)
        self._assets = {path.name: read_asset(path.name, path.read_bytes()) for path in found}

    def address(self, name: str) -> str:
        """Return the permanent address of a file; KeyError when there is no such file."""
        return f"{ROOT}/{self._assets[name].digest}/{name}"

    def accent_address(self, colour: str) -> str:
        """Return the address of the stylesheet for `#rrggbb`; ValueError when it is not one."""
        return f"{ROOT}/accent/{parse_colour(colour)[1:]}.css"

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer GET and HEAD; pure ASGI, `root_path` is taken off the path when mounted."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        path: str = scope["path"]
        found = self._find(path.removeprefix(ROOT).lstrip("/"))
        if found is None:
            await _send(send, 404, [(b"content-type", b"text/plain; charset=utf-8")], b"Not found")
            return
        status, headers, body = answer_asset(*found, scope["headers"])
        await _send(send, status, headers, body, with_body=scope["method"] != "HEAD")

    def _find(self, rest: str) -> tuple[Asset, bytes] | None:
        folder, _, name = rest.partition("/")
        if folder == "accent":
            return _find_accent(name)
        asset = self._assets.get(name)
        if asset is None:
            return None
        return asset, (_FOREVER if folder == asset.digest else _CHECK)


def _find_accent(name: str) -> tuple[Asset, bytes] | None:
    colour, dot, suffix = name.partition(".")
    if len(colour) != 6 or dot + suffix != ".css" or colour != colour.lower():
        return None
    try:
        return _accent_asset(colour), _A_DAY
    except ValueError:
        return None


def answer_asset(
    asset: Asset, caching: bytes, asked: Iterable[tuple[bytes, bytes]]
) -> tuple[int, Headers, bytes]:
    """Status, headers and body for a browser that sent the headers ``asked``."""
    given = dict(asked)
    tag = b'W/"' + asset.digest.encode() + b'"'
    headers = [
        (b"content-type", asset.kind),
        (b"cache-control", caching),
        (b"etag", tag),
        (b"vary", b"Accept-Encoding"),
    ]
    if tag in given.get(b"if-none-match", b""):
        return 304, headers, b""
    if _accepts_gzip(given.get(b"accept-encoding", b"")) and len(asset.packed) < len(asset.body):
        return 200, [*headers, (b"content-encoding", b"gzip")], asset.packed
    return 200, headers, asset.body


def _accepts_gzip(header: bytes) -> bool:
    for item in header.lower().split(b","):
        coding, _, quality = item.partition(b";")
        if coding.strip() == b"gzip":
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


async def _send(
    send: Send, status: int, headers: Headers, body: bytes, *, with_body: bool = True
) -> None:
    fixed = [
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    if status != 304:
        fixed.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *fixed]})
    await send({"type": "http.response.body", "body": body if with_body else b""})
