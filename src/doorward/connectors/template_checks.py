"""Whether templates can be read, and whether what they name is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from doorward.connectors.names import Names
from doorward.connectors.places import BadValue
from doorward.connectors.refusals import Fault
from doorward.connectors.slots import Template
from doorward.connectors.templates import BadTemplate, names_in, parse_template, render

__all__ = ["template_faults"]


def template_faults(templates: Iterable[Template], names: Names) -> Iterator[Fault]:
    """Faults of each template by itself; addresses have more rules of their own."""
    for each in templates:
        try:
            used = names_in(each.text)
        except BadTemplate as error:
            yield Fault(each.path, str(error))
            continue
        for name in used:
            known = names.known_in(each.kind, each.field)
            if name not in known:
                yield Fault(each.path, _unknown(name, known))
        if each.place == "header":
            yield from _literal_faults(each)


def _unknown(name: str, known: frozenset[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"Nothing here is called {name}.{hint}"


def _literal_faults(template: Template) -> Iterator[Fault]:
    for part in parse_template(template.text):
        if isinstance(part, str):
            try:
                render("{literal}", {"literal": part}, encode="header")
            except BadValue as error:
                yield Fault(template.path, error.sentence)
