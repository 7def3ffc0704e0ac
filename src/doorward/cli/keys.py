"""Signing keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.exits import Exit, Stop
from doorward.cli.master_keys import reseal
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.keys import SigningKey

__all__ = ["keys"]

keys = group("Signing keys of ID tokens and JWT access tokens.")


@command(keys, "list")
def list_all(at: At, org: Org) -> None:
    """List the keys, the youngest first."""

    async def work(use: Services) -> list[SigningKey]:
        await use.organizations.get(org)
        return await use.keys.list(org)

    rows = [_shown(key) for key in perform(at, work)]
    at.show_list(("kid", "alg", "status", "created_at", "activated_at", "retired_at"), rows)


@command(keys, "rotate")
def rotate(
    at: At,
    org: Annotated[
        str | None, typer.Argument(metavar="[ORG]", help="The organization's id.")
    ] = None,
    alg: Annotated[
        Literal["RS256", "ES256"] | None, typer.Option(help="The algorithm.", show_default=False)
    ] = None,
    *,
    master: Annotated[
        bool,
        typer.Option(
            "--master",
            help="Seal everything anew under the first master key instead, while servers go on.",
        ),
    ] = False,
    although_unseen: Annotated[
        bool,
        typer.Option(
            help="At once, for a leaked key, although some verifiers may not know the next one yet."
        ),
    ] = False,
    yes: Confirmed = False,
) -> None:
    """Sign with the next key from now on. The present one stays published until it is no use."""
    if master:
        if org is not None or alg is not None:
            raise Stop("--master is about the whole installation.", Exit.USAGE)
        reseal(at)
        return
    if org is None or alg is None:
        raise Stop("Name the organization and --alg, or give --master.", Exit.USAGE)
    if although_unseen:
        at.confirm("Some verifiers may refuse tokens for a few minutes. Go on?", yes=yes)

    async def work(use: Services) -> SigningKey:
        await use.organizations.get(org)
        return await use.keys.rotate(org, alg, cli_actor(), although_unseen=although_unseen)

    at.show(_shown(perform(at, work)))


def _shown(key: SigningKey) -> dict[str, object]:
    return {
        "kid": key.kid,
        "alg": key.alg,
        "status": str(key.status),
        "created_at": moment(key.created_at),
        "activated_at": moment(key.activated_at),
        "retired_at": moment(key.retired_at),
    }
