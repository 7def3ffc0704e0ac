"""Values of variables: what a person typed, or a platform sent, as it may be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from doorward.connectors.model import Variable
from doorward.connectors.patterns import parse_pattern
from doorward.connectors.places import is_host
from doorward.connectors.refusals import ConnectorsRefusal
from doorward.connectors.urls import is_base_url

__all__ = ["BadVariable", "is_visible", "verify_value"]

_LONGEST = 4_096
_LONGEST_TEXT = 32_768


class BadVariable(ConnectorsRefusal):
    """A value is not one that this variable can have. The field is the variable's name."""

    code = "bad_variable"
    status = 422
    sentence = "This value cannot be used here."


def verify_value(variable: Variable, value: str) -> str:
    """``value`` as it is kept: without the spaces around it, a host in lower case.

    A key may have several lines. Raises ``BadVariable``, whose sentence never repeats the value.
    """
    kept = value.strip()
    if not kept:
        raise BadVariable("This is empty.", field=variable.name)
    is_long = variable.secret and "\n" in kept
    if len(kept) > (_LONGEST_TEXT if is_long else _LONGEST):
        raise BadVariable("This is too long.", field=variable.name)
    if not _is_clean(kept, lines=is_long):
        raise BadVariable("This has characters that cannot be used.", field=variable.name)
    kept = _as_host(variable, kept)
    if variable.options and kept not in {each.const for each in variable.options}:
        raise BadVariable("This is none of the choices.", field=variable.name)
    if variable.pattern is not None and not parse_pattern(variable.pattern).matches(kept):
        example = f" It looks like {variable.example}." if variable.example else ""
        raise BadVariable(f"This does not have the right form.{example}", field=variable.name)
    return kept


def is_visible(variable: Variable, values: Mapping[str, str]) -> bool:
    """Whether a form asks for ``variable`` when ``values`` are chosen already."""
    if variable.hidden or variable.source != "form":
        return False
    return all(values.get(name) == wanted for name, wanted in variable.visible_when.items())


def _as_host(variable: Variable, value: str) -> str:
    if variable.type == "hostname":
        host = value.lower().removeprefix("https://").rstrip("/")
        if not is_host(host):
            raise BadVariable(
                "This is not a host name, such as app.example.com.", field=variable.name
            )
        return host
    if variable.type == "url":
        address = value.rstrip("/")
        if not is_base_url(address):
            sentence = "This is not the address of a site, such as https://example.com."
            raise BadVariable(sentence, field=variable.name)
        return address
    return value


def _is_clean(text: str, *, lines: bool) -> bool:
    allowed: Iterable[str] = "\n\r" if lines else ""
    return all(c.isprintable() or c in allowed for c in text)
