"""Where a manifest holds templates, and for which place each is written.

One table says it; the walk below finds every template with its dotted path. A field of templates
that is not in the table would never be checked, so a test compares the table with the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from doorward.connectors.templates import Encode

__all__ = ["PLACES", "Template", "templates_in"]

PLACES: Final[dict[tuple[str, str], Encode]] = {
    ("Authorize", "url"): "url",
    ("Authorize", "params"): "text",
    ("Authorize", "redirect_uri"): "text",
    ("ScopeRule", "default"): "text",
    ("ScopeRule", "optional"): "text",
    ("ScopeRule", "user"): "text",
    ("ScopeRule", "raw"): "query",
    ("Assertion", "audience"): "text",
    ("Assertion", "key_id"): "text",
    ("Assertion", "claims"): "text",
    ("TokenRequest", "url"): "url",
    ("TokenRequest", "xml_template"): "xml",
    ("TokenRequest", "basic_user"): "text",
    ("TokenRequest", "basic_password"): "text",
    ("TokenRequest", "auth_headers"): "header",
    ("TokenRequest", "params"): "text",
    ("TokenRequest", "headers"): "header",
    ("PostConnect", "url"): "url",
    ("PostConnect", "headers"): "header",
    ("PostConnect", "params"): "text",
    ("PostConnect", "body"): "text",
    ("Identity", "url"): "url",
    ("Identity", "headers"): "header",
    ("Identity", "body"): "text",
    ("Verify", "url"): "url",
    ("Verify", "headers"): "header",
    ("Verify", "body"): "text",
    ("Revocation", "url"): "url",
    ("Revocation", "auth_headers"): "header",
    ("Revocation", "params"): "text",
    ("Revocation", "headers"): "header",
    ("Delivery", "value"): "header",
    ("Delivery", "basic_user"): "text",
    ("Delivery", "basic_password"): "text",
    ("Delivery", "headers"): "header",
    ("Delivery", "user_agent"): "header",
    ("Signature", "key"): "text",
    ("Signature", "secret"): "text",
    ("Signature", "token"): "text",
    ("Signature", "token_secret"): "text",
    ("Signature", "realm"): "text",
    ("Signature", "region"): "text",
    ("Signature", "service"): "text",
    ("Proxy", "base_url"): "url",
    ("Proxy", "allow_hosts"): "host",
    ("OptionsRequest", "url"): "url",
    ("OptionsRequest", "headers"): "header",
    ("OptionsRequest", "body"): "text",
}
"""Each field that holds templates: the kind of section, the field, and the place."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was found, where, and what it is for."""

    path: str
    kind: str
    field: str
    text: str
    place: Encode


def templates_in(section: msgspec.Struct, path: str) -> Iterator[Template]:
    """Every template in ``section`` and below it, with its dotted path under ``path``."""
    kind = type(section).__name__
    for field in type(section).__struct_fields__:
        value = getattr(section, field)
        below = f"{path}.{field}" if path else field
        place = PLACES.get((kind, field))
        if place is not None:
            for where, text in _texts(value, below):
                yield Template(where, kind, field, text, place)
        elif isinstance(value, msgspec.Struct):
            yield from templates_in(value, below)
        elif isinstance(value, tuple):
            for i, each in enumerate(value):
                if isinstance(each, msgspec.Struct):
                    yield from templates_in(each, f"{below}.{i}")


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield f"{path}.{name}", each
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield f"{path}.{i}", each
