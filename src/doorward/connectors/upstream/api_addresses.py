"""Where a call to a platform's API goes: a path below its base, or an address on a named host."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

from doorward.connectors.grants import Category, Grant, Plan, UpstreamFailure
from doorward.connectors.upstream.known import Known, know
from doorward.http import Forbidden, parse_target

__all__ = ["api_address"]

_LONGEST: Final = 8192
_DOTS: Final = frozenset({".", ".."})
_DECODINGS: Final = 8
"""More than any server decodes; what is not plain by then is not meant to be read."""
_UNSEEN: Final = re.compile(rb"[\x00-\x1f\x7f]")
# RFC 3629 10: a longer spelling of a character, which some decoders take for the short one.
_OVERLONG: Final = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]")
_HTTPS: Final = 443


def api_address(plan: Plan, grant: Grant | None, wanted: str) -> str:
    """The address of ``wanted``: a path with its query, or ``https://`` on an allowed host.

    A path never leaves what the manifest's ``base_url`` names, whatever is written in it. Raises
    ``UpstreamFailure``: ``FORBIDDEN_ADDRESS`` for a place that is not the platform's API,
    ``MANIFEST`` where the connector names none.
    """
    known = know(plan, grant)
    if not plan.manifest.proxy.base_url:
        raise UpstreamFailure(Category.MANIFEST, "no_base_url", sent=False)
    base = known.fill(plan.manifest.proxy.base_url, "url")
    if "?" in base:
        # What comes after it would not be a path.
        raise UpstreamFailure(Category.MANIFEST, "bad_base_url", sent=False)
    if len(wanted) > _LONGEST or "#" in wanted or "\\" in wanted:
        raise _forbidden("url")
    if wanted.startswith(("https://", "http://")):
        return _verify_absolute(plan, known, base, wanted)
    path = wanted.partition("?")[0]
    if path.startswith("//") or _climbs(path):
        raise _forbidden("path")
    if not wanted or wanted.startswith("?"):
        return base + wanted
    return f"{base.rstrip('/')}/{wanted.removeprefix('/')}"


def _verify_absolute(plan: Plan, known: Known, base: str, wanted: str) -> str:
    """An address as it stands: below the base, or on a host that the manifest allows."""
    try:
        ours = parse_target(base, _trusting(base))
        target = parse_target(wanted, frozenset({ours.authority}))
    except Forbidden as error:
        raise _forbidden(error.reason) from None
    path = target.path.partition("?")[0]
    if _climbs(path):
        raise _forbidden("path")
    root = ours.path.partition("?")[0].rstrip("/")
    same = (target.scheme, target.authority) == (ours.scheme, ours.authority)
    if same and (path == root or path.startswith(root + "/")):
        return wanted
    hosts = {known.fill(each, "host").lower() for each in plan.manifest.proxy.allow_hosts}
    # A name alone is its usual port: another port may be another service's.
    named = {target.authority} | ({target.host} if target.port == _HTTPS else set())
    if target.scheme != "https" or not named & hosts:
        raise _forbidden("host")
    return wanted


def _trusting(url: str) -> frozenset[str]:
    """The authority of an address of ours: whether it may be reached is for the outbound client."""
    authority = url.partition("://")[2].partition("/")[0]
    return frozenset({authority.lower()})


def _climbs(path: str) -> bool:
    """Whether a segment is a step up, however it is spelt, and however often it is encoded."""
    seen = path.encode("utf-8", "replace")
    for _ in range(_DECODINGS):
        if _UNSEEN.search(seen) or _OVERLONG.search(seen):
            return True
        text = unicodedata.normalize("NFKC", seen.decode("utf-8", "replace"))
        segments = text.replace("\\", "/").split("/")
        if any(each.partition(";")[0].strip() in _DOTS for each in segments):
            return True
        plain = unquote_to_bytes(seen)
        if plain == seen:
            return False
        seen = plain
    return True


def _forbidden(reason: str) -> UpstreamFailure:
    return UpstreamFailure(Category.FORBIDDEN_ADDRESS, f"forbidden_{reason}", sent=False)
