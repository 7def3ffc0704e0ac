"""Connectors: the catalogue, what organizations registered, and checking a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At
from doorward.cli.command import command, group
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward.app import Services
    from doorward.connectors import Connector, Manifest

__all__ = ["connectors"]

connectors = group("Connectors: the platforms on which people can connect their accounts.")

Slug = Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's slug.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A manifest in JSON; - is stdin.")]
MaybeOrg = Annotated[
    str | None,
    typer.Argument(metavar="[ORG]", help="An organization's id.", show_default=False),
]
_COLUMNS = ("slug", "name", "types", "categories", "verified")


@command(connectors, "list")
def list_all(at: At, org: MaybeOrg = None) -> None:
    """List the catalogue and the plugins, or what an organization switched on and registered."""
    if org is None:
        from doorward.connectors import catalogue_entries

        from_files = [_described(each) for each in catalogue_entries().values()]
        by_plugins = [_described(each) for each in _plugged(at).values()]
        rows = [{**each, "origin": "catalogue"} for each in from_files]
        rows += [{**each, "origin": "plugin"} for each in by_plugins]
        at.show_list((*_COLUMNS, "origin"), rows)
        return
    org_id = org

    async def work(use: Services) -> list[Connector]:
        await use.organizations.get(org_id)
        return await use.connectors.list_for(org_id)

    shown = [_shown(each) for each in perform(at, work)]
    at.show_list(("slug", "name", "origin", "version", "enabled", "owner"), shown)


@command(connectors, "show")
def show(
    at: At,
    slug: Slug,
    org: Annotated[
        str | None,
        typer.Option(help="The organization that registered it.", show_default=False),
    ] = None,
) -> None:
    """Print a manifest."""
    from doorward.connectors import UnknownConnector, catalogue_entries, write_manifest

    if org is None:
        found = catalogue_entries().get(slug) or _plugged(at).get(slug)
        if found is None:
            raise UnknownConnector
        print(_indented(write_manifest(found)))
        return
    org_id = org

    async def work(use: Services) -> Connector:
        await use.organizations.get(org_id)
        return await use.connectors.get(org_id, slug)

    print(_indented(write_manifest(perform(at, work).manifest)))


@command(connectors, "validate")
def validate(at: At, file: File) -> None:
    """Check a manifest, ours or App Connect's, and print everything that is wrong with it."""
    from doorward.connectors import BadManifest, warnings_of

    try:
        found = _loaded(_read(file))
    except BadManifest as refusal:
        rows = [{"path": each.path, "sentence": each.sentence} for each in refusal.faults]
        at.show_list(("path", "sentence"), rows)
        word = "fault" if len(rows) == 1 else "faults"
        raise Stop(f"The manifest is not valid: {len(rows)} {word}.") from refusal
    for manifest in found:
        for warning in warnings_of(manifest):
            at.say(f"{manifest.slug}: {warning}")
    at.show_list(_COLUMNS, [_described(each) for each in found])


@command(connectors, "schema")
def schema(at: At) -> None:
    """Print the JSON Schema of manifests."""
    del at
    import json

    from doorward.connectors import manifest_schema

    print(json.dumps(manifest_schema(), ensure_ascii=False, indent=2))


@command(connectors, "register")
def register(at: At, org: Org, file: File) -> None:
    """Register a manifest with an organization, switched off."""
    written = _read(file)

    async def work(use: Services) -> Connector:
        await use.organizations.get(org)
        return await use.connectors.register(org, written, cli_actor())

    at.show(_shown(perform(at, work)))


@command(connectors, "enable")
def enable(
    at: At,
    org: Org,
    slug: Slug,
    version: Annotated[
        int | None,
        typer.Option(help="Of a registered one, the version that you looked at.", min=1),
    ] = None,
) -> None:
    """Let an organization's people connect by it."""

    async def work(use: Services) -> Connector:
        await use.organizations.get(org)
        return await use.connectors.enable(org, slug, cli_actor(), version=version)

    at.show(_shown(perform(at, work)))


@command(connectors, "disable")
def disable(at: At, org: Org, slug: Slug) -> None:
    """Let nobody connect by it any more."""

    async def work(use: Services) -> Connector:
        await use.organizations.get(org)
        return await use.connectors.disable(org, slug, cli_actor())

    at.show(_shown(perform(at, work)))


def _read(file: Path) -> bytes:
    import sys

    from doorward.connectors import MAX_BYTES

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error}", Exit.USAGE) from error


def _loaded(written: bytes) -> Sequence[Manifest]:
    """One manifest of ours, or those of an App Connect document, which has platforms."""
    from doorward.connectors import load_app_connect, parse_manifest, read_document

    if "platforms" in read_document(written, lines=True):
        return load_app_connect(written)
    return (parse_manifest(written),)


def _plugged(at: At) -> dict[str, Manifest]:
    """The manifests of the plugins that the settings name. Raises ``BadSettings``."""
    from doorward.connectors import load_plugins

    found = load_plugins(at.settings().connector_plugins)
    return {slug: each.manifest for slug, each in found.items()}


def _described(manifest: Manifest) -> dict[str, object]:
    return {
        "slug": manifest.slug,
        "name": manifest.name,
        "types": [each.type for each in manifest.auth_options],
        "categories": list(manifest.categories),
        "verified": manifest.verified,
    }


def _shown(connector: Connector) -> dict[str, object]:
    return {
        "slug": connector.slug,
        "name": connector.manifest.name,
        "origin": connector.origin,
        "version": connector.version,
        "enabled": connector.enabled,
        "owner": connector.owner_account_id,
    }


def _indented(text: str) -> str:
    import json

    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
