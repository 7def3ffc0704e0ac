"""Where a call to a platform's API goes: a path below its base, or an address on a named host."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from doorward.connectors.grants import Category, Grant, Plan, UpstreamFailure
from doorward.connectors.upstream.known import Known, know
from doorward.http import Forbidden, parse_target

__all__ = ["api_address"]

_LONGEST: Final = 8192
_DOTS: Final = frozenset({".", ".."})


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
    if len(wanted) > _LONGEST or "#" in wanted or "\\" in unquote(wanted):
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
    """An address as it stands, on the host of the base or on one that the manifest allows."""
    hosts = {known.fill(each, "host") for each in plan.manifest.proxy.allow_hosts}
    try:
        ours = parse_target(base, _trusting(base))
        target = parse_target(wanted, frozenset({ours.authority}))
    except Forbidden as error:
        raise _forbidden(error.reason) from None
    same = (target.scheme, target.authority) == (ours.scheme, ours.authority)
    if same and target.path.startswith(ours.path.rstrip("/") + "/") and not _climbs(target.path):
        return wanted
    if target.scheme != "https" or not {target.host, target.authority} & hosts:
        raise _forbidden("host")
    return wanted


def _trusting(url: str) -> frozenset[str]:
    """The authority of an address of ours: whether it may be reached is for the outbound client."""
    authority = url.partition("://")[2].partition("/")[0]
    return frozenset({authority.lower()})


def _climbs(path: str) -> bool:
    """Whether a segment is a step up, however it is spelt, once or twice encoded."""
    for _ in range(3):
        if any(each.partition(";")[0] in _DOTS for each in path.split("/")):
            return True
        path = unquote(path)
    return False


def _forbidden(reason: str) -> UpstreamFailure:
    return UpstreamFailure(Category.FORBIDDEN_ADDRESS, f"forbidden_{reason}", sent=False)
