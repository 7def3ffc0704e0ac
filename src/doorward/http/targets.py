"""Where a request of ours may go: which URLs, which ports, which addresses.

Everything here is decided from text and numbers; ``outbound`` resolves and connects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

__all__ = ["Forbidden", "Target", "is_public", "parse_target"]

_LONGEST = 16_384
_PRINTABLE = re.compile(r"[!-~]+\Z")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
# The WHATWG's URL standard reads a host whose last label is such a number as an IPv4 address.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\Z")
_DOTTED = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})\Z")
_HTTPS = 443
_FIRST_FREE_PORT = 1024
"""Under it are the ports of mail, files and other protocols that a request might be taken for."""

# RFC 6890 and IANA's registries of special-purpose addresses.
_IPV4_FORBIDDEN = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's own service, on an address that looks public
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_IPV6_GLOBAL = IPv6Network("2000::/3")
"""All that was ever given out. Outside are loopback, local, mapped, NAT64 and multicast."""
_IPV6_FORBIDDEN = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols of the IETF, Teredo among them, which holds an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which holds an IPv4 address
            "3fff::/20",
        ),
    )
)


class Forbidden(Exception):
    """A request that must not be sent; nothing was. ``reason`` is a word for staff."""

    def __init__(self, reason: str) -> None:
        """Say which rule: ``url``, ``scheme``, ``host``, ``port``, ``address`` or ``header``."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was read once, so that what is verified is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str
    """Path and query, as they stand."""

    @property
    def authority(self) -> str:
        """Host and port, as the list of allowed addresses has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_target(url: str, allowed: frozenset[str] = frozenset()) -> Target:
    """Where ``url`` leads; with ``http`` or to a low port only if ``host:port`` is ``allowed``.

    Raises ``Forbidden``. The addresses behind a name are for whoever connects to verify.
    """
    if len(url) > _LONGEST or not _PRINTABLE.match(url) or "\\" in url or "#" in url:
        raise Forbidden("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("url") from None
    if parts.scheme not in {"https", "http"}:
        raise Forbidden("scheme")
    if "@" in parts.netloc:
        raise Forbidden("url")
    host = _verify_host((parts.hostname or "").lower())
    if port == 0 or parts.netloc.endswith(":"):
        raise Forbidden("port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)
    return target if target.authority in allowed else _verify_outside(target)


def _verify_outside(target: Target) -> Target:
    if target.scheme != "https":
        raise Forbidden("scheme")
    # RFC 6761 6.3: such names are this machine, without asking anybody.
    if target.host == "localhost" or target.host.endswith(".localhost"):
        raise Forbidden("address")
    if _is_address(target.host) and not is_public(target.host):
        raise Forbidden("address")
    if target.port != _HTTPS and target.port < _FIRST_FREE_PORT:
        raise Forbidden("port")
    return target


def _verify_host(host: str) -> str:
    if ":" in host:
        try:
            return str(IPv6Address(host)) if "%" not in host else _refuse_host()
        except ValueError:
            return _refuse_host()
    if _DOTTED.match(host):
        try:
            return str(IPv4Address(host))
        except ValueError:
            return _refuse_host()
    if not _NAME.match(host) or _NUMBER.match(host):
        return _refuse_host()
    return host


def _is_address(host: str) -> bool:
    return ":" in host or _DOTTED.match(host) is not None


def _refuse_host() -> str:
    raise Forbidden("host")


def is_public(address: str) -> bool:
    """Whether ``address`` is one of the public internet, and holds no other address within."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _IPV4_FORBIDDEN)
    return parsed in _IPV6_GLOBAL and not any(parsed in network for network in _IPV6_FORBIDDEN)
