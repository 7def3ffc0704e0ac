"""API keys of staff, and the switch without which there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.apikeys import ApiKey
    from doorward.app import Services
    from doorward.crypto import Secret

__all__ = ["api_keys"]

api_keys = group("API keys of staff, for programs of their own.")

AccountId = Annotated[int, typer.Argument(min=1, help="The account id of a member of staff.")]
KeyId = Annotated[int, typer.Argument(min=1, help="The id of the key.")]

_NOTE = "Keep the key now: it cannot be shown again."
_PAGE = 200
_MICROSECOND = timedelta(microseconds=1)


@command(api_keys, "access")
def access(
    at: At,
    org: Org,
    account_id: AccountId,
    switch: Annotated[Literal["on", "off"], typer.Argument(help="on or off.")],
    *,
    yes: Confirmed = False,
) -> None:
    """Let a member of staff hold API keys, or end every key and API session of theirs."""
    if switch == "off":
        at.confirm("Every program with one of these keys stops working. Go on?", yes=yes)

    async def work(use: Services) -> None:
        await use.organizations.get(org)
        if switch == "on":
            await use.api_keys.switch_access_on(org, account_id, cli_actor())
        else:
            await use.api_keys.switch_access_off(org, account_id, cli_actor())

    perform(at, work)
    at.show({"account_id": str(account_id), "api_access": switch})


@dataclass(frozen=True)
class Limits:
    """Where and how long a key may be used."""

    network: Annotated[
        list[str] | None,
        typer.Option(
            help="A network that it may be used from; may be repeated.", show_default=False
        ),
    ] = field(default=None)
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36500, help="After how many days it ends.", show_default=False),
    ] = None


@command(api_keys, "create")
def create(
    at: At,
    org: Org,
    account_id: AccountId,
    label: Annotated[str, typer.Argument(help="What it is for.")],
    limits: Limits,
) -> None:
    """Print a new key. It can do what its account can do, at every moment."""

    async def work(use: Services) -> tuple[ApiKey, Secret[str]]:
        await use.organizations.get(org)
        ends_at = None
        if limits.days is not None:
            ends_at = use.clock() + timedelta(days=limits.days) // _MICROSECOND
        networks = limits.network or ()
        return await use.api_keys.create(org, account_id, label, cli_actor(), ends_at, networks)

    _show_new(at, *perform(at, work))


@command(api_keys, "list")
def list_all(
    at: At,
    org: Org,
    *,
    account: Annotated[
        int | None, typer.Option(min=1, help="Only those of this account.", show_default=False)
    ] = None,
) -> None:
    """List the keys, the oldest first, revoked ones too."""

    async def work(use: Services) -> list[ApiKey]:
        await use.organizations.get(org)
        found: list[ApiKey] = []
        after: int | None = None
        while page := await use.api_keys.list(org, account, after, _PAGE):
            found += page
            after = page[-1].key_id
        return found

    columns = ("key_id", "account_id", "label", "last4", "expires_at", "last_used_at", "revoked_at")
    at.show_list(columns, [_shown(key) for key in perform(at, work)])


@command(api_keys, "regenerate")
def regenerate(at: At, org: Org, key_id: KeyId, *, yes: Confirmed = False) -> None:
    """Print a new value of a key. The old one is worthless at once."""
    at.confirm("The program stops working until it has the new key. Go on?", yes=yes)

    async def work(use: Services) -> tuple[ApiKey, Secret[str]]:
        await use.organizations.get(org)
        return await use.api_keys.regenerate(org, key_id, cli_actor())

    _show_new(at, *perform(at, work))


@command(api_keys, "rotate")
def rotate(
    at: At,
    org: Org,
    key_id: KeyId,
    *,
    hours: Annotated[
        int, typer.Option(min=0, max=168, help="How many hours the old key lives on.")
    ] = 24,
) -> None:
    """Print a key that takes the place of another, which lives on for a while."""

    async def work(use: Services) -> tuple[ApiKey, Secret[str]]:
        await use.organizations.get(org)
        return await use.api_keys.rotate(org, key_id, cli_actor(), timedelta(hours=hours))

    _show_new(at, *perform(at, work))


@command(api_keys, "revoke")
def revoke(at: At, org: Org, key_id: KeyId) -> None:
    """Make a key worthless at once, with every API session that it opened."""

    async def work(use: Services) -> ApiKey:
        await use.organizations.get(org)
        return await use.api_keys.revoke(org, key_id, cli_actor())

    at.show(_shown(perform(at, work)))


def _show_new(at: At, key: ApiKey, secret: Secret[str]) -> None:
    at.say(_NOTE)
    at.show({**_shown(key), "key": secret.reveal()})


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": str(key.key_id),
        "account_id": str(key.account_id),
        "label": key.label,
        "last4": key.last4,
        "networks": list(key.networks),
        "created_at": moment(key.created_at),
        "expires_at": moment(key.expires_at),
        "last_used_at": moment(key.last_used_at),
        "last_used_from": key.last_used_from,
        "revoked_at": moment(key.revoked_at),
        "replaced_by": None if key.replaced_by is None else str(key.replaced_by),
    }
