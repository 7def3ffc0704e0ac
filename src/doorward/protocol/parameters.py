"""Request parameters: each at most once, bounded, and free of characters that break things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar, overload
from urllib.parse import parse_qsl, unquote_to_bytes

from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = ["MAX_FORM_BYTES", "Parameters", "parse_form", "parse_parameters"]

T = TypeVar("T")

MAX_FORM_BYTES = 64 * 1024
"""More than any honest request needs."""
_MAX_FIELDS = 64
_MAX_WIDE = 512
_MAX_NAME = 64
_MAX_WIDE_NAME = 160
_MAX_VALUE = 8 * 1024
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PLAIN = re.compile(rb"[A-Za-z0-9_.~*:/=&-]*\Z")
"""A body without escapes and without anything forbidden: most that programs send is."""


_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Parameters(Mapping[str, str]):
    """The parameters of one request. An empty value counts as absent (RFC 6749 3.1)."""

    __slots__ = ("_resources", "_several", "_values")

    def __init__(
        self,
        values: Mapping[str, str],
        resources: tuple[str, ...] = (),
        several: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Hold ``values``, and every ``resource`` in order (RFC 8707 allows several).

        ``several`` holds the fields of our own forms that may be there more than once.
        """
        self._values = dict(values)
        self._resources = resources
        self._several = several or _NONE

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...

    def get(self, name: str, /, default: str | T | None = None) -> str | T | None:
        """The value of ``name``, or ``default``."""
        return self._values.get(name, default)

    @property
    def resources(self) -> tuple[str, ...]:
        """Every value of ``resource``, in order."""
        return self._resources

    def every(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be there more than once, such as a check box."""
        return self._several.get(name, ())

    def require(self, name: str) -> str:
        """The value of ``name``. Raises ``invalid_request`` when it is missing."""
        value = self._values.get(name)
        if value is None:
            raise OAuthError(ErrorCode.INVALID_REQUEST, f"The parameter {name} is missing.")
        return value


def parse_parameters(
    pairs: Iterable[tuple[str, str]],
    *,
    several: frozenset[str] = frozenset(),
    wide: bool = False,
    plain: bool = False,
) -> Parameters:
    """Parameters from decoded ``pairs``; those named by ``several`` may repeat.

    A ``wide`` form of our own pages has more of them, with longer names. ``plain`` pairs are known
    to hold no control character.
    Raises ``invalid_request`` for a repeated parameter (RFC 6749 3.1; ``resource`` may repeat,
    RFC 8707 2), for control characters, and for values beyond the limits.
    """
    kept: dict[str, str] = {}
    seen: set[str] = set()
    resources: list[str] = []
    lists: dict[str, list[str]] = {}
    most, longest = (_MAX_WIDE, _MAX_WIDE_NAME) if wide else (_MAX_FIELDS, _MAX_NAME)
    for count, (name, value) in enumerate(pairs, start=1):
        if count > most or len(value) > _MAX_VALUE or len(name) > longest:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "The request is too large.")
        if not plain and (_BAD.search(value) or _BAD.search(name)):
            raise OAuthError(
                ErrorCode.INVALID_REQUEST, "A parameter contains characters that are not allowed."
            )
        if name == "resource":
            if value:
                resources.append(value)
            continue
        if name in several:
            lists.setdefault(name, []).append(value)
            continue
        if name in seen:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "A parameter is given more than once.")
        seen.add(name)
        if value:
            kept[name] = value
    found = {name: tuple(each) for name, each in lists.items()} if lists else None
    return Parameters(kept, tuple(resources), found)


def parse_form(
    body: bytes, *, several: frozenset[str] = frozenset(), wide: bool = False
) -> Parameters:
    """Parameters from a form body or a query string in bytes; ``several`` may repeat.

    Raises ``invalid_request`` as ``parse_parameters`` does, and for bytes that are not UTF-8.
    """
    if len(body) > MAX_FORM_BYTES:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "The request is too large.")
    plain = _PLAIN.match(body) is not None
    most = _MAX_WIDE if wide else _MAX_FIELDS
    try:
        text = body.decode("utf-8")
        if text.isascii() and text.count("&") < most:
            pairs = [_split(pair) for pair in text.split("&") if pair]
        else:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise OAuthError(
            ErrorCode.INVALID_REQUEST, "The request is not a valid form.", detail=str(error)
        ) from error
    return parse_parameters(pairs, several=several, wide=wide, plain=plain)


def _split(pair: str) -> tuple[str, str]:
    """What ``parse_qsl`` makes of a pair in ASCII; raises ``UnicodeDecodeError`` as it does."""
    name, _, value = pair.partition("=")
    if "%" in pair or "+" in pair:
        return _decoded(name), _decoded(value)
    return name, value


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
