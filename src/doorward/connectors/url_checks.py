"""Whether addresses lead where the manifest says, whatever values people give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from doorward.connectors.model import AuthOption, Variable
from doorward.connectors.names import TOKEN_TYPES, Names
from doorward.connectors.patterns import BadPattern, parse_pattern
from doorward.connectors.places import BadValue, is_host
from doorward.connectors.refusals import Fault
from doorward.connectors.slots import Template
from doorward.connectors.templates import (
    BadTemplate,
    MissingValue,
    Slot,
    parse_template,
    render,
)
from doorward.connectors.urls import is_loopback

__all__ = ["deciding_names", "url_faults"]

_AUTHORITY_ENDS: Final = re.compile(r"[/?#]")
_SAMPLE_HOST = "x"
_SAMPLE_BASE = "https://x.example"
_GETS_SECRET: Final = frozenset({("TokenRequest", "url"), ("Revocation", "url")})


def url_faults(templates: Iterable[Template], names: Names, option: AuthOption) -> Iterator[Fault]:
    """Faults of addresses and hosts among ``templates``."""
    for each in templates:
        if each.place not in {"url", "host"} or not each.text:
            continue
        try:
            deciding = deciding_names(each)
        except BadTemplate:
            continue
        yield from _shape_faults(each)
        for name in deciding:
            yield from _decider_faults(each, name, names, option)


def deciding_names(template: Template) -> tuple[str, ...]:
    """The names whose values decide which host an address leads to. Raises ``BadTemplate``."""
    parts = parse_template(template.text)
    found: list[str] = []
    behind_scheme = template.place == "host"
    for i, part in enumerate(parts):
        if isinstance(part, Slot):
            if behind_scheme or i == 0:
                found.append(part.name)
            if i == 0 and not behind_scheme:
                break
        else:
            _, scheme, host = ("", "", part) if behind_scheme else part.partition("://")
            behind_scheme = behind_scheme or bool(scheme)
            if behind_scheme and _AUTHORITY_ENDS.search(host):
                break
    return tuple(dict.fromkeys(found))


def _shape_faults(template: Template) -> Iterator[Fault]:
    """Faults that show with any values at all."""
    parts = parse_template(template.text)
    values = {part.name: _SAMPLE_HOST for part in parts if isinstance(part, Slot)}
    if template.place == "url" and isinstance(parts[0], Slot):
        values[parts[0].name] = _SAMPLE_BASE
    plain = "".join(part if isinstance(part, str) else "{" + part.name + "}" for part in parts)
    try:
        url = render(plain, values, encode=template.place)
    except (BadValue, BadTemplate, MissingValue) as error:
        sentence = error.sentence if isinstance(error, BadValue) else str(error)
        yield Fault(template.path, sentence)
        return
    if template.place == "host" and not is_host(url):
        yield Fault(template.path, "This is not a host name, such as api.example.com.")
    if template.place == "url" and not url.startswith("https://") and not is_loopback(url):
        yield Fault(template.path, "An address starts with https://.")


def _decider_faults(
    template: Template, name: str, names: Names, option: AuthOption
) -> Iterator[Fault]:
    """Who decides about a host must be told which hosts there are."""
    variable = names.declared.get(name)
    if variable is None:
        if name in names.from_callback:
            sentence = (
                f"{name} comes back with the browser and decides where this leads: "
                "declare it as a variable with a pattern."
            )
            yield Fault(template.path, sentence)
        return
    if variable.source not in {"form", "callback"}:
        return
    if variable.pattern is None:
        if not variable.options or variable.source == "callback":
            yield Fault(template.path, f"{name} decides where this leads: give it a pattern.")
        return
    if _is_open(template, variable, option):
        sentence = (
            f"{name} can be any host, and this sends the client's secret there: "
            "end its pattern in the platform's domain, or let the organization set it "
            "(scope account)."
        )
        yield Fault(template.path, sentence)


def _is_open(template: Template, variable: Variable, option: AuthOption) -> bool:
    """Whether somebody could have the client's secret sent to a host of their own."""
    gets_secret = (template.kind, template.field) in _GETS_SECRET
    if not gets_secret or option.type not in TOKEN_TYPES or variable.scope != "user":
        return False
    if variable.options and variable.source == "form":
        return False
    try:
        pattern = parse_pattern(variable.pattern or "")
    except BadPattern:
        return False
    return not pattern.is_closed() and not _stands_before_domain(template, variable.name)


def _stands_before_domain(template: Template, name: str) -> bool:
    """Whether the value is followed by a domain: ``{name}.example.com``."""
    parts = parse_template(template.text)
    last = max(i for i, p in enumerate(parts) if isinstance(p, Slot) and p.name == name)
    following = parts[last + 1] if last + 1 < len(parts) else ""
    return isinstance(following, str) and re.match(r"\.[a-z0-9-]+\.[a-z]", following) is not None
