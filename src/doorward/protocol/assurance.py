"""How well a sign-in is proved: methods (RFC 8176), and the two classes made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["ACR_VALUES", "ONE_FACTOR", "TWO_FACTORS", "acr_of", "amr_of", "asks_for_two"]

ONE_FACTOR: Final = "urn:doorward:acr:1"
"""A password alone, or whatever else is one factor."""

TWO_FACTORS: Final = "urn:doorward:acr:2"
"""Two factors, or a passkey that verified its user."""

ACR_VALUES: Final = (ONE_FACTOR, TWO_FACTORS)
"""What ``acr`` may be, the weaker first."""

_POSSESSED = frozenset({"otp", "hwk", "swk"})
_KEYS = frozenset({"hwk", "swk"})


def acr_of(methods: Iterable[str]) -> str:
    """The class of a sign-in that was proved by ``methods`` (OpenID Connect Core 2, ``acr``)."""
    proved = frozenset(methods)
    verified_by_key = "user" in proved and bool(proved & _KEYS)
    is_two = verified_by_key or ("pwd" in proved and bool(proved & _POSSESSED))
    return TWO_FACTORS if is_two else ONE_FACTOR


def amr_of(methods: Iterable[str]) -> list[str]:
    """``methods`` as the claim ``amr`` has them, with ``mfa`` where they are several factors."""
    proved = set(methods)
    if acr_of(proved) == TWO_FACTORS:
        proved.add("mfa")
    return sorted(proved)


def asks_for_two(acr_values: Iterable[str]) -> bool:
    """Whether only two factors meet a request for one of ``acr_values``.

    Any class that is listed will do (RFC 9470 3). Classes that are not known here are passed over:
    ``acr_values`` is a voluntary request (OpenID Connect Core 3.1.2.1).
    """
    known = [each for each in acr_values if each in ACR_VALUES]
    return bool(known) and ONE_FACTOR not in known
