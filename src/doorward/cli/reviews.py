"""Reviewing applications from the command line: whoever runs the installation decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.apps import apps, shown
from doorward.cli.at import At, Confirmed
from doorward.cli.command import command
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.clients import Application

__all__ = ["apps"]

ClientId = Annotated[str, typer.Argument(help="The application's client id.")]
Reason = Annotated[str, typer.Option("--message", help="What the owner is told.")]
Word = Annotated[
    str | None, typer.Option("--message", help="What the owner is told.", show_default=False)
]

_PAGE = 200


@command(apps, "queue")
def queue(at: At, org: Org) -> None:
    """List the applications that wait for a reviewer, the longest waiting first."""

    async def work(use: Services) -> list[Application]:
        await use.organizations.get(org)
        found: list[Application] = []
        after: int | None = None
        while page := await use.reviews.queue(org, after=after, limit=_PAGE):
            found += page
            after = page[-1].queue_id
        return found

    rows = [
        {
            "client_id": each.client_id,
            "name": each.name,
            "status": str(each.status),
            "revision": each.revision,
            "owner": each.owner_account_id,
        }
        for each in perform(at, work)
    ]
    at.show_list(("client_id", "name", "status", "revision", "owner"), rows)


@command(apps, "review")
def review(at: At, org: Org, client_id: ClientId) -> None:
    """Show what is asked for and was not approved, and the steps so far."""

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        application = await use.applications.get(org, client_id)
        differences = await use.reviews.difference(org, client_id)
        steps = await use.reviews.history(org, client_id)
        return {
            "client_id": client_id,
            "status": str(application.status),
            "revision": application.revision,
            "owner": application.owner_account_id,
            "asked_for": {each.field: each.wanted for each in differences},
            "approved": {each.field: each.approved for each in differences},
            "steps": [f"{step.action} by {step.author}: {step.message or ''}" for step in steps],
        }

    at.show(perform(at, work))


@command(apps, "submit")
def submit(at: At, org: Org, client_id: ClientId, message: Word = None) -> None:
    """Submit an application for review."""
    _step(at, org, lambda use: use.reviews.submit(org, client_id, cli_actor(), message))


@command(apps, "approve")
def approve(
    at: At,
    org: Org,
    client_id: ClientId,
    revision: Annotated[int, typer.Option(help="The revision that you looked at.", min=1)],
    message: Word = None,
) -> None:
    """Approve an application, or the change of it that waits, as `review` shows it."""
    _step(
        at,
        org,
        lambda use: use.reviews.approve(
            org, client_id, cli_actor(), revision=revision, message=message
        ),
    )


@command(apps, "request-changes")
def request_changes(at: At, org: Org, client_id: ClientId, message: Reason) -> None:
    """Give an application back to its owner, with what has to change."""
    _step(at, org, lambda use: use.reviews.request_changes(org, client_id, cli_actor(), message))


@command(apps, "decline")
def decline(at: At, org: Org, client_id: ClientId, message: Reason) -> None:
    """Decline an application, or the change of it that waits."""
    _step(at, org, lambda use: use.reviews.decline(org, client_id, cli_actor(), message))


@command(apps, "withdraw")
def withdraw(at: At, org: Org, client_id: ClientId, message: Word = None) -> None:
    """Take back the change that waits, else the application."""
    _step(at, org, lambda use: use.reviews.withdraw(org, client_id, cli_actor(), message))


@command(apps, "reopen")
def reopen(at: At, org: Org, client_id: ClientId, message: Word = None) -> None:
    """Make a draft of a declined or withdrawn application."""
    _step(at, org, lambda use: use.reviews.reopen(org, client_id, cli_actor(), message))


@command(apps, "suspend")
def suspend(at: At, org: Org, client_id: ClientId, message: Reason) -> None:
    """Stop a live application at once, for everybody."""
    _step(at, org, lambda use: use.reviews.suspend(org, client_id, cli_actor(), message))


@command(apps, "reinstate")
def reinstate(at: At, org: Org, client_id: ClientId, message: Word = None) -> None:
    """Let a suspended application go on as it was approved."""
    _step(at, org, lambda use: use.reviews.reinstate(org, client_id, cli_actor(), message))


@command(apps, "testers")
def set_testers(
    at: At,
    org: Org,
    client_id: ClientId,
    account_id: Annotated[
        list[int] | None, typer.Argument(help="The accounts; none removes all.", min=1)
    ] = None,
) -> None:
    """Set who may use an application before it is approved."""

    async def work(use: Services) -> Application:
        await use.organizations.get(org)
        accounts = [await use.accounts.get(org, each) for each in account_id or ()]
        wanted = [each.account_id for each in accounts]
        return await use.ownership.set_testers(org, client_id, wanted, cli_actor())

    application = perform(at, work)
    at.show({"client_id": client_id, "testers": list(application.testers)})


@command(apps, "delete")
def delete(at: At, org: Org, client_id: ClientId, *, yes: Confirmed = False) -> None:
    """Remove an application with its secrets and everything about it."""
    at.confirm(f"{client_id} and its tokens stop working for good. Go on?", yes=yes)

    async def work(use: Services) -> None:
        await use.organizations.get(org)
        await use.ownership.delete(org, client_id, cli_actor())

    perform(at, work)
    at.show({"client_id": client_id, "deleted": True})


@command(apps, "usage")
def usage(
    at: At,
    org: Org,
    client_id: ClientId,
    days: Annotated[int, typer.Option(help="With today.", min=1, max=90)] = 30,
) -> None:
    """Show grants, tokens and errors of each day."""

    async def work(use: Services) -> list[dict[str, object]]:
        from datetime import UTC, datetime, timedelta

        await use.organizations.get(org)
        await use.applications.get(org, client_id)
        return [
            {
                "day": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=each.day)).date(),
                "grants": each.grants,
                "tokens": each.tokens,
                "errors": " ".join(f"{code}={n}" for code, n in sorted(each.errors.items())),
            }
            for each in await use.usage.of(org, client_id, days)
        ]

    rows = [{**row, "day": str(row["day"])} for row in perform(at, work)]
    at.show_list(("day", "grants", "tokens", "errors"), rows)


def _step(at: At, org: str, step: Callable[[Services], Awaitable[Application]]) -> None:
    async def work(use: Services) -> Application:
        await use.organizations.get(org)
        return await step(use)

    at.show({**shown(perform(at, work))})
