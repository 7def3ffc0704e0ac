"""Connections: what people have connected, how it is, and the end of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.vault import Connection, Held, Report

__all__ = ["connections", "shown_connection"]

connections = group("Connections: the accounts on other platforms that people have connected.")

_COLUMNS = ("connection_id", "connector", "account", "label", "party", "status", "reason")
_LARGEST = (1 << 63) - 1
Number = Annotated[
    int,
    typer.Argument(
        metavar="CONNECTION", help="Its number, as `list` shows it.", min=1, max=_LARGEST
    ),
]
Stored = Literal["active", "degraded", "needs_reconnect", "blocked", "disconnected"]


@dataclass(frozen=True)
class Which:
    """Which connections are listed."""

    connector: Annotated[
        str | None, typer.Option(help="Of this connector.", show_default=False)
    ] = None
    account: Annotated[
        int | None,
        typer.Option(
            help="Of this account; 0 for the organization's own.",
            min=0,
            max=_LARGEST,
            show_default=False,
        ),
    ] = None
    status: Annotated[Stored | None, typer.Option(help="In this state.", show_default=False)] = None
    limit: Annotated[int, typer.Option(help="So many at most.", min=1)] = 200


@command(connections, "list")
def list_all(at: At, org: Org, which: Which) -> None:
    """List an organization's connections, the newest first."""

    async def work(use: Services) -> list[dict[str, object]]:
        await use.organizations.get(org)
        return [shown_connection(each, use.clock()) for each in await _found(use, org, which)]

    at.show_list(_COLUMNS, perform(at, work))


@command(connections, "show")
def show(at: At, org: Org, number: Number) -> None:
    """Show how a connection is, since when, and what is to be done. Nothing secret is in it."""

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        row = await use.vault.connections.get(org, number)
        return shown_connection(row, use.clock())

    at.show(perform(at, work))


@command(connections, "refresh")
def refresh(at: At, org: Org, number: Number) -> None:
    """Have its token renewed now, although it may still be good."""

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        row = await use.vault.connections.get(org, number)
        held = await use.lender.renew(org, number, row.token_version)
        return shown_connection(held.connection, use.clock())

    at.show(perform(at, work))


@command(connections, "revoke")
def revoke(
    at: At,
    org: Org,
    number: Number,
    *,
    skip_remote: Annotated[
        bool, typer.Option("--skip-remote", help="Do not tell the platform.")
    ] = False,
    yes: Confirmed = False,
) -> None:
    """Forget its credentials for good, and take them back at the platform."""
    at.confirm("The person has to connect again to use it. Go on?", yes=yes)

    async def work(use: Services) -> Report:
        await use.organizations.get(org)
        return await use.vault.deauthorizer.disconnect(
            org, number, cli_actor(), skip_remote=skip_remote
        )

    rows = [
        {"token": each.token, "result": each.result, "retried": each.retried}
        for each in perform(at, work).outcomes
    ]
    at.show_list(("token", "result", "retried"), rows)


@command(connections, "token")
def token(
    at: At,
    org: Org,
    number: Number,
    *,
    min_ttl: Annotated[
        int, typer.Option(help="For how many more seconds it has to be good.", min=0, max=86_400)
    ] = 0,
    yes: Confirmed = False,
) -> None:
    """Print the credential itself, renewed before where it has to be. It is put on record."""
    at.confirm("The credential is shown in the open, and that is recorded. Go on?", yes=yes)

    async def work(use: Services) -> Held:
        await use.organizations.get(org)
        return await use.lender.read_token(org, number, cli_actor(), min_ttl_s=min_ttl)

    held = perform(at, work)
    access, tokens = held.tokens.access.reveal(), held.tokens
    typed = {} if access else tokens.secrets
    at.show(
        {
            "access_token": access or None,
            "token_type": held.connection.token_type,
            "expires_at": moment(held.connection.expires_at),
            **{name: each.reveal() for name, each in typed.items()},
        }
    )


def shown_connection(row: Connection, now: int) -> dict[str, object]:
    """A connection as the terminal shows it."""
    from doorward.vault import health_of

    health = health_of(row, now)
    return {
        "connection_id": str(row.connection_id),
        "connector": row.connector,
        "account": str(row.account_id),
        "label": row.label,
        "party": row.party_name or row.party_email or row.party_id,
        "status": str(health.status),
        "reason": None if health.reason is None else str(health.reason),
        "since": moment(health.since),
        "what_is": health.says,
        "to_do": health.to_do,
        "environment": row.environment,
        "auth_option": row.auth_option,
        "scopes": None if row.scopes is None else list(row.scopes),
        "values": dict(row.values),
        "token_version": row.token_version,
        "expires_at": moment(row.expires_at),
        "last_refreshed_at": moment(row.last_refreshed_at),
        "last_used_at": moment(row.last_used_at),
        "created_at": moment(row.created_at),
    }


async def _found(use: Services, org: str, which: Which) -> list[Connection]:
    from doorward.vault import MAX_PAGE, Status

    found: list[Connection] = []
    while len(found) < which.limit:
        page = await use.vault.connections.list(
            org,
            before=found[-1].connection_id if found else None,
            limit=min(MAX_PAGE, which.limit - len(found)),
            connector=which.connector,
            status=None if which.status is None else Status(which.status),
            account_id=which.account,
        )
        if not page:
            break
        found += page
    return found
