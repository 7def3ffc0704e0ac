"""Master keys: what is sealed under each, and sealing everything anew under the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At, Confirmed
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.vault import KeyStanding, Progress

__all__ = ["master_keys"]

master_keys = group("Master keys, under which everything secret is sealed.")

_COLUMNS = ("fingerprint", "current", "set", "sealed")


@command(master_keys, "list")
def list_all(at: At) -> None:
    """List the keys that are set or have sealed something, with how much is sealed under each."""

    async def work(use: Services) -> list[KeyStanding]:
        return await use.master_keys.status()

    at.show_list(_COLUMNS, [_shown(each) for each in perform(at, work)])


@command(master_keys, "reseal")
def reseal(at: At) -> None:
    """Seal everything anew under the current key, while the servers go on.

    It may be broken off and begun again: what is done stays done.
    """

    async def work(use: Services) -> Progress:
        await use.master_keys.verify()
        if len(use.ring.fingerprints) == 1:
            at.say("Only one master key is set. Put a new one before it: openssl rand -base64 32")

        def tell(progress: Progress) -> None:
            at.say(f"{progress.place}: {progress.done}")

        return await use.master_keys.reencrypt(cli_actor(), tell)

    done = perform(at, work)
    at.show(
        {
            "done": done.done,
            "overtaken": done.overtaken,
            "unreadable": done.unreadable,
        }
    )


@command(master_keys, "retire")
def retire(
    at: At,
    fingerprint: Annotated[str, typer.Argument(help="The key, as `list` shows it.")],
    *,
    yes: Confirmed = False,
) -> None:
    """Forget a key under which nothing is sealed any more, to take it out of the settings."""
    at.confirm("Letters and requests of the last day may be sealed under it. Go on?", yes=yes)

    async def work(use: Services) -> None:
        await use.master_keys.retire(fingerprint, cli_actor())

    perform(at, work)
    at.say("It may be taken out of master_keys or master_key_file.")


def _shown(each: KeyStanding) -> dict[str, object]:
    return {
        "fingerprint": each.fingerprint,
        "current": each.is_current,
        "set": each.is_set,
        "sealed": each.total,
    }
