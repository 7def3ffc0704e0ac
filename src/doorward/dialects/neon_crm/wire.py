"""Between our values and the platform's: names of fields, moments, and blank values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from doorward.accounts import (
    AccountDetails,
    Address,
    Coded,
    Consent,
    CustomField,
    DateOfBirth,
    Named,
    Origin,
)
from doorward.db import SECOND

__all__ = ["GENDERS", "Json", "as_plain", "camel", "instant", "local_instant", "settled"]

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

GENDERS: Final[Mapping[str, str]] = {"M": "Male", "F": "Female"}
"""The platform's codes and their names."""

_STRUCTS = (
    AccountDetails,
    Address,
    Coded,
    Consent,
    CustomField,
    DateOfBirth,
    Named,
    Origin,
)
_NUMBERS: Final = {"address_id", "day", "month", "year", "primary_contact_account_id"}


def camel(name: str) -> str:
    """``zip_code_suffix`` as the platform spells it, ``zipCodeSuffix``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_SPELLED: Final = {camel(name): name for struct in _STRUCTS for name in struct.__struct_fields__}


def as_plain(value: object) -> Json:
    """Details, or a part of them, with every field in the platform's spelling."""
    if isinstance(value, msgspec.Struct):
        return {camel(name): as_plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [as_plain(each) for each in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def settled(value: Json, name: str = "") -> Json:
    """What a client sent, in our spelling: unknown fields and blank ones left out.

    A number where text is kept becomes text, and the other way round: clients send both.
    """
    if isinstance(value, dict):
        found: dict[str, Json] = {}
        for key, each in value.items():
            ours = _SPELLED.get(key)
            inner = None if ours is None else settled(each, ours)
            if ours is not None and inner is not None:
                found[ours] = inner
        return found
    if isinstance(value, list):
        return [settled(each, name) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return value if name in _NUMBERS else str(value)
    if isinstance(value, str):
        text = value.strip()
        if name in _NUMBERS and text.isascii() and text.isdigit() and len(text) < 20:
            return int(text)
        return text or None
    return value


def instant(at: int) -> str:
    """Microseconds as API v2 writes a moment."""
    return f"{dt.datetime.fromtimestamp(at // SECOND, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def local_instant(at: int) -> str:
    """Microseconds as API v1 writes a moment: with milliseconds and an offset."""
    seconds, rest = divmod(at, SECOND)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:03}+00:00"
