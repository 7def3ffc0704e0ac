"""What a plugin answered: believed only when it is whole and can be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from doorward.connectors.grants import Grant, Party
from doorward.connectors.model import Choice
from doorward.connectors.plugins import License, OAuthInfo, OverridingOption
from doorward.connectors.upstream import Outcome, Revoked, Verified
from doorward.crypto import Secret

__all__ = ["is_sound", "is_text", "is_token"]

Check: TypeAlias = Callable[[object], bool]

_LONGEST_NAME = 255
_LONGEST_TEXT = 16_384
_LARGEST = 2**53


def is_text(value: object, longest: int = _LONGEST_TEXT) -> bool:
    """Whether ``value`` is a text that every database keeps."""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_sound(kind: type[object], value: object) -> bool:
    """Whether ``value`` is a ``kind``, and every field of it is what it should be."""
    checks = _FIELDS[kind]
    if not isinstance(value, kind):
        return False
    return all(check(getattr(value, name)) for name, check in checks.items())


def _is_name(value: object) -> bool:
    return is_text(value, _LONGEST_NAME)


def _is_secret(value: object) -> bool:
    return isinstance(value, Secret) and is_text(value.reveal())


def is_token(value: object) -> bool:
    """Whether ``value`` is a secret with something in it that every database keeps."""
    return _is_secret(value) and isinstance(value, Secret) and bool(value.reveal())


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _is_header(value: object) -> bool:
    return isinstance(value, str) and is_text(value) and value.isprintable() and value.isascii()


def _is_title(value: object) -> bool:
    return _is_name(value) or _by_name(_is_name)(value)


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _each(check: Check) -> Check:
    return lambda value: isinstance(value, tuple) and all(map(check, value))


def _by_name(check: Check) -> Check:
    def holds(value: object) -> bool:
        if not isinstance(value, Mapping):
            return False
        return all(_is_name(name) and check(each) for name, each in value.items())

    return holds


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _is_a(kind: type[object]) -> Check:
    return lambda value: is_sound(kind, value)


_FIELDS: Mapping[type[object], Mapping[str, Check]] = {
    Grant: {
        "access_token": is_token,
        "refresh_token": _maybe(is_token),
        "token_type": _is_name,
        "expires_at": _maybe(_is_whole),
        "lifetime_s": _maybe(_is_whole),
        "never_expires": _is_flag,
        "refresh_expires_at": _maybe(_is_whole),
        "scopes": _maybe(_each(_is_name)),
        "id_token": _maybe(_is_secret),
        "named": _by_name(_is_secret),
        "captures": _by_name(is_text),
        "session_expires_at": _maybe(_is_whole),
        "party": _maybe(_is_a(Party)),
        "secret_used": _is_whole,
    },
    Party: {
        "account_id": _is_name,
        "account_name": _is_name,
        "email": _is_name,
        "organization": _is_name,
        "captures": _by_name(is_text),
    },
    Verified: {"checked": _is_flag, "limited": _is_flag},
    Revoked: {"outcomes": _each(_is_a(Outcome))},
    Outcome: {
        "token": _one_of("access", "refresh"),
        "result": _one_of("revoked", "already_gone", "unsupported", "failed"),
        "status": _maybe(_is_whole),
        "code": _is_name,
        "retry": _is_flag,
    },
    Choice: {"const": _is_name, "title": _is_title},
    License: {"is_valid": _is_flag, "status": _is_name, "description": _is_name},
    OAuthInfo: {
        "client_id": is_text,
        "client_secret": _maybe(is_token),
        "redirect_uri": is_text,
        "authorization_uri": is_text,
        "access_token_uri": is_text,
        "scopes": _each(_is_name),
    },
    OverridingOption: {"query": _by_name(is_text), "headers": _by_name(_is_header)},
}
