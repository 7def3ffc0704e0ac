"""What a manifest must fulfil beyond its schema: rules between its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from doorward.audit import is_plain_line
from doorward.connectors.environments import BadOverride, apply_environment, is_for
from doorward.connectors.model import AuthOption, Environment, Localized, Manifest
from doorward.connectors.option_checks import option_faults
from doorward.connectors.patterns import BadPattern, parse_pattern
from doorward.connectors.refusals import Fault
from doorward.connectors.variable_checks import kept_name_faults, variable_faults
from doorward.protocol import is_web_url

__all__ = ["manifest_faults"]

_MOST_FAULTS = 200
_MOST_PAIRS = 120
"""Ways to connect times environments: each pair is checked, and a manifest comes from anybody."""


def manifest_faults(manifest: Manifest) -> tuple[Fault, ...]:
    """Everything that is wrong with ``manifest``, each fault once."""
    found: dict[Fault, None] = {}
    for check in _CHECKS:
        for fault in check(manifest):
            found[fault] = None
            if len(found) >= _MOST_FAULTS:
                return tuple(found)
    return tuple(found)


def _wording(manifest: Manifest) -> Iterator[Fault]:
    if not is_plain_line(manifest.name, 100):
        yield Fault("name", "A name is one line of up to 100 visible characters.")
    yield from _localized("summary", manifest.summary)
    yield from _localized("setup_guide", manifest.setup_guide)
    for i, environment in enumerate(manifest.environments):
        yield from _localized(f"environments.{i}.title", environment.title)
    for i, option in enumerate(manifest.auth_options):
        at = f"auth_options.{i}"
        yield from _localized(f"{at}.title", option.title)
        yield from _localized(f"{at}.admin_instructions", option.admin_instructions)
        yield from _localized(f"{at}.form.title", option.form.title)
        yield from _localized(f"{at}.form.warning", option.form.warning)
    if manifest.docs_url and not is_web_url(manifest.docs_url):
        yield Fault("docs_url", "A link starts with https:// or http://.")


def _localized(path: str, text: Localized) -> Iterator[Fault]:
    if isinstance(text, str):
        return
    if text and "en" not in text:
        yield Fault(path, "Give it in English (en) as well; other languages fall back to it.")
    for language in text:
        if not (2 <= len(language) <= 8 and language.replace("-", "").isalnum()):
            yield Fault(f"{path}.{language}", "This is not a language, such as en or ja.")


def _names(manifest: Manifest) -> Iterator[Fault]:
    yield from _twice("environments", [each.name for each in manifest.environments])
    yield from _twice("auth_options", [each.name for each in manifest.auth_options])


def _twice(path: str, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault(path, f"The name {name} stands there twice.")


def _variables(manifest: Manifest) -> Iterator[Fault]:
    yield from variable_faults(manifest.variables, "variables", among=manifest.variables)
    shared = {each.name for each in manifest.variables}
    for i, option in enumerate(manifest.auth_options):
        at = f"auth_options.{i}.variables"
        everything = (*manifest.variables, *option.variables)
        yield from variable_faults(option.variables, at, among=everything)
        for j, each in enumerate(option.variables):
            if each.name in shared:
                yield Fault(f"{at}.{j}.name", f"The name {each.name} stands there twice.")


def _hosts_of_environments(manifest: Manifest) -> Iterator[Fault]:
    for i, environment in enumerate(manifest.environments):
        if environment.match_hostname is None:
            continue
        try:
            parse_pattern(environment.match_hostname)
        except BadPattern as error:
            yield Fault(f"environments.{i}.match_hostname", str(error))


def _values_of_environments(manifest: Manifest) -> Iterator[Fault]:
    for i, environment in enumerate(manifest.environments):
        for name in environment.values:
            yield from kept_name_faults(f"environments.{i}.values.{name[:64]}", name)


def _overrides(manifest: Manifest) -> Iterator[Fault]:
    """Overrides that set nothing: a misspelt one would silently not be one."""
    for i, environment in enumerate(manifest.environments):
        for j, override in enumerate(environment.overrides):
            try:
                reached = [is_for(override, option) for option in manifest.auth_options]
            except BadOverride:
                continue
            if not any(reached):
                yield Fault(f"environments.{i}.overrides.{j}.path", "No option has this.")


def _options(manifest: Manifest) -> Iterator[Fault]:
    """Each way to connect, as it is in each environment."""
    if len(manifest.auth_options) * len(manifest.environments) > _MOST_PAIRS:
        sentence = f"These times the ways to connect are more than {_MOST_PAIRS}."
        yield Fault("environments", sentence)
        return
    for i, option in enumerate(manifest.auth_options):
        for j, environment in _environments(manifest):
            at = f"auth_options.{i}"
            try:
                effective = apply_environment(option, environment)
            except BadOverride as error:
                yield Fault(f"environments.{j}.overrides", str(error))
                continue
            for fault in option_faults(manifest, effective, environment):
                yield _placed(fault, at, option, effective, j)


def _environments(manifest: Manifest) -> Iterable[tuple[int, Environment | None]]:
    return enumerate(manifest.environments) if manifest.environments else [(0, None)]


def _placed(
    fault: Fault, at: str, option: AuthOption, effective: AuthOption, environment: int
) -> Fault:
    """``fault`` at its place in the document; that of an override is the environment's."""
    if fault.path.startswith("proxy"):
        return fault
    if option != effective and not _has(option, effective, fault.path):
        return Fault(f"environments.{environment}.overrides", f"{fault.path}: {fault.sentence}")
    return Fault(f"{at}.{fault.path}" if fault.path else at, fault.sentence)


def _has(option: AuthOption, effective: AuthOption, path: str) -> bool:
    """Whether what stands at ``path`` is the option's own."""
    ours: object = option
    theirs: object = effective
    for step in path.split("."):
        ours, theirs = (_step(node, step) for node in (ours, theirs))
    return ours == theirs


def _step(node: object, step: str) -> object:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, tuple):
        return node[int(step)] if step.isdigit() and int(step) < len(node) else None
    return getattr(node, step, None)


_CHECKS: Final[tuple[Callable[[Manifest], Iterator[Fault]], ...]] = (
    _wording,
    _names,
    _variables,
    _hosts_of_environments,
    _values_of_environments,
    _overrides,
    _options,
)
