"""Network addresses of callers: in one form, within networks, and by whose line they are."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

__all__ = ["is_within", "parse_network", "subscriber_of"]

# Only the usual form: in "192.0.2.0/0.0.0.0" a mask would quietly stand for everybody.
_NETWORK = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?\Z", re.ASCII)
_MAPPED = IPv6Network("::ffff:0:0/96")
_SUBSCRIBER_BITS = 64


def parse_network(text: str) -> str:
    """An IPv4 or IPv6 network in its canonical form, a lone address as the network of one.

    IPv4-mapped IPv6 becomes IPv4 (RFC 4291 2.5.5.2). Raises ``ValueError``.
    """
    if not _NETWORK.match(text):
        raise ValueError("not an address or a network")
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        start = int(network.network_address) & 0xFFFFFFFF
        network = IPv4Network((start, network.prefixlen - 96))
    return str(network)


def is_within(address: str | None, networks: tuple[str, ...]) -> bool:
    """Whether ``address`` lies in one of ``networks``, each as ``parse_network`` answered it.

    An unknown address, as of a local socket, lies in none.
    """
    parsed = _parse_address(address)
    return parsed is not None and any(parsed in each for each in _parsed(networks))


def subscriber_of(address: str | None) -> str:
    """What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 one (RFC 6177)."""
    parsed = _parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), _SUBSCRIBER_BITS), strict=False))
    return "" if parsed is None else str(parsed)


def _parse_address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=1024)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in networks)
