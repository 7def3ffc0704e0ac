"""The beginning of a flow: what the platform needs, and what will prove who comes back. Pure."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from typing import Final

from doorward.connectors import AuthOption
from doorward.crypto import Random
from doorward.vault.credentials_rules import Place, callback_of
from doorward.vault.flows_model import StartElsewhere
from doorward.vault.refusals import BadConnection

__all__ = [
    "VISIT_TYPES",
    "is_recognised_by_cookie",
    "mint_state",
    "mint_text",
    "verify_return_path",
    "verify_starts_here",
]

VISIT_TYPES: Final = frozenset({"oauth2_code", "identity_only"})
"""Ways to connect that lead over the platform's own page."""

_STATE_BYTES: Final = 32
_LEAST_STATE: Final = 22
_PATH: Final = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*\Z")
_LONGEST_PATH: Final = 2_000


def mint_text(random: Random, count: int = _STATE_BYTES) -> str:
    """That many unpredictable bytes in characters that every platform takes."""
    return urlsafe_b64encode(random(count)).rstrip(b"=").decode()


def mint_state(option: AuthOption, random: Random) -> str:
    """256 unpredictable bits, as long as the platform wants it, but never less than 128 bits."""
    rule = option.authorize.state if option.authorize is not None else None
    text = mint_text(random)
    if rule is None:
        return text
    while len(text) < rule.min_length:
        text += mint_text(random)
    longest = max(rule.max_length, _LEAST_STATE)
    return text[: max(longest, 0)]


def is_recognised_by_cookie(option: AuthOption) -> bool:
    """Whether the platform brings no state of ours back, so that only cookie and PKCE bind it."""
    rule = option.authorize.state if option.authorize is not None else None
    return rule is not None and (not rule.send or rule.custom is not None)


def verify_starts_here(place: Place, redirect_uri: str) -> bool:
    """True unless the person would come back to another of the organization's addresses.

    Raises ``StartElsewhere`` with that one.
    """
    for issuer in place.issuers[1:]:
        if redirect_uri == callback_of(issuer, place.connector.slug):
            raise StartElsewhere(issuer)
    return True


def verify_return_path(path: str) -> str:
    """``path``, a place within the organization's own pages. Raises ``BadConnection``.

    An address elsewhere would make the callback lead wherever a link says.
    """
    if path and (len(path) > _LONGEST_PATH or not _PATH.match(path)):
        raise BadConnection("The page to return to is not one of ours.", field="return_to")
    return path
