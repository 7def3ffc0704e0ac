"""What variables must fulfil."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from doorward.connectors.limits import NAME, SPELLINGS
from doorward.connectors.model import Variable
from doorward.connectors.names import RESERVED_NAMES
from doorward.connectors.patterns import BadPattern, parse_pattern
from doorward.connectors.refusals import Fault
from doorward.protocol import is_web_url

__all__ = ["kept_name_faults", "variable_faults"]

_NAME = re.compile(NAME.removesuffix("$") + r"\Z")

_SHOWN_ONLY = frozenset({"button", "text"})
_HOSTS = frozenset({"hostname", "url"})


def variable_faults(
    variables: Sequence[Variable], path: str, *, among: Sequence[Variable]
) -> Iterator[Fault]:
    """Everything that is wrong with ``variables``, which may speak of those ``among``."""
    names = {each.name for each in among}
    counts = Counter(each.name for each in variables)
    for i, each in enumerate(variables):
        at = f"{path}.{i}"
        if counts[each.name] > 1:
            yield Fault(f"{at}.name", f"The name {each.name} stands there twice.")
        yield from kept_name_faults(f"{at}.name", each.name)
        yield from _reference_faults(each, at, names)
        yield from _pattern_faults(each, at)
        yield from _choice_faults(each, at)
        yield from _secret_faults(each, at)


def kept_name_faults(path: str, name: str) -> Iterator[Fault]:
    """Faults of a name under which a value is kept, wherever it comes from."""
    if not _NAME.match(name):
        yield Fault(path, SPELLINGS[NAME])
    elif name in RESERVED_NAMES:
        yield Fault(path, f"The name {name} has a meaning of its own.")


def _reference_faults(variable: Variable, at: str, names: set[str]) -> Iterator[Fault]:
    for other in variable.visible_when:
        if other not in names:
            yield Fault(f"{at}.visible_when.{other}", f"No variable is called {other}.")
    if variable.dynamic is not None:
        for j, other in enumerate(variable.dynamic.needs):
            if other not in names:
                yield Fault(f"{at}.dynamic.needs.{j}", f"No variable is called {other}.")
    if variable.help_url and not is_web_url(variable.help_url):
        yield Fault(f"{at}.help_url", "A link starts with https:// or http://.")


def _pattern_faults(variable: Variable, at: str) -> Iterator[Fault]:
    if variable.pattern is None:
        if variable.type in _HOSTS and variable.source == "form":
            yield Fault(f"{at}.pattern", "A host name or address that is typed needs a pattern.")
        return
    if variable.type in _SHOWN_ONLY:
        yield Fault(f"{at}.pattern", "Nothing is typed here, so there is nothing to match.")
        return
    try:
        pattern = parse_pattern(variable.pattern)
    except BadPattern as error:
        yield Fault(f"{at}.pattern", str(error))
        return
    given = [("default", variable.default), ("example", variable.example or None)]
    for field, value in given:
        if value is not None and not pattern.matches(value):
            yield Fault(f"{at}.{field}", "This does not match the variable's own pattern.")
    for j, choice in enumerate(variable.options):
        if not pattern.matches(choice.const):
            yield Fault(f"{at}.options.{j}.const", "This does not match the variable's pattern.")


def _choice_faults(variable: Variable, at: str) -> Iterator[Fault]:
    has_choices = bool(variable.options) or variable.dynamic is not None
    if variable.type == "select" and not has_choices:
        yield Fault(f"{at}.options", "There is nothing to choose from.")
    if variable.type != "select" and has_choices:
        yield Fault(f"{at}.options", "Only a select has choices.")
    for const, count in Counter(each.const for each in variable.options).items():
        if count > 1:
            yield Fault(f"{at}.options", f"The choice {const} stands there twice.")
    chosen = {each.const for each in variable.options}
    if variable.default is not None and chosen and variable.default not in chosen:
        yield Fault(f"{at}.default", "This is none of the choices.")


def _secret_faults(variable: Variable, at: str) -> Iterator[Fault]:
    if variable.secret and variable.default:
        yield Fault(f"{at}.default", "A secret in a manifest is none: everybody can read it.")
    if variable.secret and variable.type in {"select", *_SHOWN_ONLY}:
        yield Fault(f"{at}.secret", "What can be seen by everybody is not a secret.")
    is_asked = variable.source == "form" and variable.type not in _SHOWN_ONLY
    is_given = variable.default is not None or variable.managed
    if variable.hidden and variable.required and is_asked and not is_given:
        yield Fault(f"{at}.hidden", "Nobody can fill in a hidden field: give it a default.")
