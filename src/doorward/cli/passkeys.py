"""Passkeys of people, for who runs the installation: which there are, and the end of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.passkeys import Passkey

__all__ = ["passkeys"]

passkeys = group("Passkeys of people: which there are, and the end of one.")

AccountId = Annotated[int, typer.Argument(min=1, help="The account id of a person.")]
PasskeyId = Annotated[int, typer.Argument(min=1, help="The id that the list shows.")]


@command(passkeys, "list")
def list_all(at: At, org: Org, account_id: AccountId) -> None:
    """List a person's passkeys, the oldest first."""

    async def work(use: Services) -> list[Passkey]:
        await use.organizations.get(org)
        account = await use.accounts.get(org, account_id)
        return await use.passkeys.list_of_account(org, account.account_id)

    columns = ("passkey_id", "name", "host", "synced", "created_at", "last_used_at")
    at.show_list(columns, [_shown(each) for each in perform(at, work)])


@command(passkeys, "remove")
def remove(
    at: At, org: Org, account_id: AccountId, passkey_id: PasskeyId, *, yes: Confirmed = False
) -> None:
    """Remove a passkey: nobody signs in by it any more. It may be the last way in."""
    at.confirm("The person cannot sign in by this passkey any more. Go on?", yes=yes)

    async def work(use: Services) -> Passkey:
        from doorward.orgs import Site

        tenant = Site.of(use.settings.base_url).tenant(await use.organizations.get(org))
        return await use.passkeys.remove(
            tenant, account_id, passkey_id, cli_actor(), keeps_way_in=False
        )

    at.show(_shown(perform(at, work)))


def _shown(passkey: Passkey) -> dict[str, object]:
    return {
        "passkey_id": str(passkey.passkey_id),
        "name": passkey.name,
        "host": passkey.rp_id,
        "synced": passkey.backed_up,
        "created_at": moment(passkey.created_at),
        "last_used_at": moment(passkey.used_at),
    }
