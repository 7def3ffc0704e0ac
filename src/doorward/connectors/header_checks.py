"""What headers and parameters may be called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from doorward.connectors.model import AuthOption
from doorward.connectors.refusals import Fault

__all__ = ["header_faults"]

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
_OURS: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_PARAMETERS: Final = frozenset({"body", "param_names", "params"})
_HEADERS: Final = frozenset({"auth_headers", "headers"})


def header_faults(option: AuthOption) -> Iterator[Fault]:
    """Names that no header has, or that only the connection itself decides."""
    yield from _walk(option, "")
    delivery = option.delivery
    if delivery.place in {"header", "cookie"} and not _TOKEN.match(delivery.name):
        yield Fault("delivery.name", "This is not a name that can be sent.")
    if delivery.place == "header" and delivery.name.lower() in _OURS:
        yield Fault("delivery.name", "The connection itself decides about this header.")
    if not _TOKEN.match(delivery.basic_scheme):
        yield Fault("delivery.basic_scheme", "This is not a name that can be sent.")
    if delivery.place == "query" and not delivery.name:
        yield Fault("delivery.name", "A parameter needs a name.")


def _walk(section: msgspec.Struct, path: str) -> Iterator[Fault]:
    for field in type(section).__struct_fields__:
        value = getattr(section, field)
        below = f"{path}.{field}" if path else field
        if field in _HEADERS:
            yield from _names(value, below)
        elif field in _PARAMETERS and isinstance(value, dict):
            for name in value:
                if not name or len(name) > 100:
                    yield Fault(below, "A parameter's name has 1 to 100 characters.")
        elif isinstance(value, msgspec.Struct):
            yield from _walk(value, below)
        elif isinstance(value, tuple):
            for i, each in enumerate(value):
                if isinstance(each, msgspec.Struct):
                    yield from _walk(each, f"{below}.{i}")


def _names(headers: dict[str, str], path: str) -> Iterator[Fault]:
    for name in headers:
        if not _TOKEN.match(name):
            yield Fault(f"{path}.{name[:100]}", "This is not the name of a header.")
        elif name.lower() in _OURS:
            yield Fault(f"{path}.{name}", "The connection itself decides about this header.")
