"""Whose account it is, as an answer tells."""

from __future__ import annotations

from doorward.connectors.grants import Party
from doorward.connectors.requests import Identity
from doorward.connectors.upstream.answers import capture, find_at, text_at

__all__ = ["read_party"]

_LONGEST = 255


def read_party(rule: Identity, content: object) -> Party:
    """The party in ``content``; what it does not tell is empty."""
    inside = find_at(content, rule.root)
    captures, _ = capture(inside, rule.captures)
    return Party(
        account_id=_text(inside, rule.account_id),
        account_name=_text(inside, rule.account_name),
        email=_text(inside, rule.email),
        organization=_text(inside, rule.organization),
        captures=captures,
    )


def _text(content: object, path: str) -> str:
    return text_at(content, path)[:_LONGEST] if path else ""
