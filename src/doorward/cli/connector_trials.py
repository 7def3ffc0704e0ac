"""Trying a connector: without a person, and with one who connects in a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At, Confirmed
from doorward.cli.command import command
from doorward.cli.connections import shown_connection
from doorward.cli.connectors import Slug, connectors
from doorward.cli.exits import Stop
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.connectors import Connector
    from doorward.vault import Connection

__all__ = ["connectors"]

_COLUMNS = ("about", "result", "detail")
_POLL_S = 1.0


@command(connectors, "test")
def dry_run(
    at: At,
    slug: Slug,
    org: Annotated[
        str | None,
        typer.Option(help="The organization that has it.", show_default=False),
    ] = None,
) -> None:
    """Look at a connector without connecting: its manifest, and whether its addresses answer.

    What has to be filled in first is not looked up. Nothing is sent to a platform.
    """

    async def work(use: Services) -> list[dict[str, object]]:
        connector = await _connector(use, org, slug)
        return [_manifest_row(connector), *[r async for r in _address_rows(use, connector)]]

    rows = perform(at, work)
    at.show_list(_COLUMNS, rows)
    if any(row["result"] in {"refused", "unknown"} for row in rows):
        raise Stop("Not everything is as it should be.")


@command(connectors, "try")
def try_one(
    at: At,
    org: Org,
    slug: Slug,
    account: Annotated[int, typer.Argument(help="The number of the account that connects.", min=1)],
    *,
    wait: Annotated[int, typer.Option(help="So many seconds at most.", min=0)] = 300,
    yes: Confirmed = False,
) -> None:
    """Connect once for an account: forget the old connection, wait for the new, and show it."""
    at.confirm("What this account has connected to the platform is ended. Go on?", yes=yes)

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        await use.accounts.get(org, account)
        await use.connectors.get_enabled(org, slug)
        ended = await _clear(use, org, slug, account)
        at.say(f"Ended: {ended}.")
        begun, address = use.clock(), _address(use, org, slug)
        at.say(f"Open this address, sign in as the account {account}, and connect:\n  {address}")
        row = await _waited(use, (org, slug, account), begun, wait)
        if row is None:
            raise Stop("Nothing was connected in this time.")
        return shown_connection(row, use.clock())

    at.show(perform(at, work))


async def _connector(use: Services, org: str | None, slug: str) -> Connector:
    from doorward.connectors import UnknownConnector

    if org is not None:
        await use.organizations.get(org)
        return await use.connectors.get(org, slug)
    found = next((each for each in use.connectors.entries_for("") if each.slug == slug), None)
    if found is None:
        raise UnknownConnector
    return found


def _manifest_row(connector: Connector) -> dict[str, object]:
    """Whether what is kept is still what this version takes."""
    from doorward.connectors import BadManifest, parse_manifest, write_manifest

    try:
        parse_manifest(write_manifest(connector.manifest))
    except BadManifest as refusal:
        detail = "; ".join(f"{each.path}: {each.sentence}" for each in refusal.faults)
        return {"about": "manifest", "result": "refused", "detail": detail}
    return {"about": "manifest", "result": "ok", "detail": connector.manifest.name}


async def _address_rows(use: Services, connector: Connector) -> AsyncIterator[dict[str, object]]:
    import json

    from doorward.connectors import write_manifest
    from doorward.http import Forbidden, NotSent

    written = json.loads(write_manifest(connector.manifest))
    for url in sorted(set(_addresses_in(written))):
        row: dict[str, object] = {"about": url, "result": "ok", "detail": ""}
        try:
            row["detail"] = " ".join(await use.outbound.look_up(url))
        except Forbidden as error:
            row |= {"result": "refused", "detail": error.reason}
        except NotSent:
            row |= {"result": "unknown", "detail": "The name is not known."}
        yield row


def _addresses_in(value: object) -> Iterator[str]:
    """Every address to which something would be sent, once nothing is left to fill in."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            is_address = isinstance(each, str) and name in {"url", "base_url"}
            if is_address and each.startswith("http") and "{" not in each:
                yield each.partition("#")[0]
            elif not isinstance(each, str):
                yield from _addresses_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _addresses_in(each)


async def _clear(use: Services, org: str, slug: str, account: int) -> int:
    """End what the account has connected by this connector; how many."""
    ended = 0
    for row in await use.vault.connections.list(org, connector=slug, account_id=account):
        if row.is_connected:
            await use.vault.deauthorizer.disconnect(org, row.connection_id, cli_actor())
            ended += 1
    return ended


def _address(use: Services, org: str, slug: str) -> str:
    return f"{use.settings.base_url}/o/{org}/connect/start?connector={slug}"


async def _waited(
    use: Services, whose: tuple[str, str, int], begun: int, wait_s: int
) -> Connection | None:
    """The connection that was made since ``begun``; None when nobody made one in time."""
    import asyncio

    org, slug, account = whose
    for _ in range(int(wait_s / _POLL_S) + 1):
        for row in await use.vault.connections.list(org, connector=slug, account_id=account):
            if row.is_connected and row.since >= begun:
                return row
        await asyncio.sleep(_POLL_S if wait_s else 0)
    return None
