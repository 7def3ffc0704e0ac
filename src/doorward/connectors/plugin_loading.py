"""Plugins that the operator named: found among the installed packages, and held to the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from doorward.config import BadSettings
from doorward.connectors.entries import catalogue_entries
from doorward.connectors.manifests import parse_manifest
from doorward.connectors.model import Manifest
from doorward.connectors.plugins import PythonConnector
from doorward.connectors.refusals import BadManifest

__all__ = ["GROUP", "Plugin", "load_plugins"]

GROUP = "doorward.connectors"
"""The group of entry points in which packages offer plugins."""


@dataclass(frozen=True)
class Plugin:
    """A plugin that runs, and its manifest, whose identity says which plans are its own."""

    manifest: Manifest
    connector: PythonConnector


def load_plugins(names: Iterable[str]) -> Mapping[str, Plugin]:
    """The plugins of these names, by the slugs of their manifests; no other code is imported.

    Raises ``BadSettings``: who named a plugin does not want to run without it.
    """
    found: dict[str, Plugin] = {}
    for name in names:
        plugin = _load(name)
        slug = plugin.manifest.slug
        if slug in found or slug in catalogue_entries():
            raise _bad(name, f"there is another connector with the slug {slug}")
        found[slug] = plugin
    return MappingProxyType(found)


def _load(name: str) -> Plugin:
    offered = entry_points(group=GROUP)
    chosen = offered.select(name=name)
    if not chosen:
        known = ", ".join(sorted({each.name for each in offered})) or "none"
        raise _bad(name, f"no installed package offers it; offered: {known}")
    if len({each.value for each in chosen}) > 1:
        raise _bad(name, "more than one installed package offers it")
    connector = _made(name, next(iter(chosen)))
    try:
        return Plugin(parse_manifest(connector.manifest), connector)
    except AttributeError:
        raise _bad(name, "it has no manifest") from None
    except BadManifest as refusal:
        faults = "; ".join(f"{each.path}: {each.sentence}" for each in refusal.faults)
        raise _bad(name, f"its manifest is refused: {faults}") from None


def _made(name: str, entry: EntryPoint) -> PythonConnector:
    try:
        kind = entry.load()
        made = kind() if isinstance(kind, type) and issubclass(kind, PythonConnector) else None
    except Exception as error:  # whatever the code of others raises while it is imported
        raise _bad(
            name, f"{entry.value} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if made is None:
        raise _bad(name, f"{entry.value} is no PythonConnector")
    return made


def _bad(name: str, why: str) -> BadSettings:
    return BadSettings(f"connector_plugins: {name!r}: {why}")
