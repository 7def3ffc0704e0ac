"""Mail: whether letters leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At
from doorward.cli.command import command, group
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import perform

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.mail import Sender

__all__ = ["mail"]

mail = group("Mail: whether letters leave.")


@command(mail, "test")
def send_test(
    at: At,
    address: Annotated[str, typer.Argument(help="Where to send it.")],
    org: Annotated[
        str | None,
        typer.Option(help="Write in the name of this organization.", show_default=False),
    ] = None,
    locale: Annotated[str, typer.Option(help="The language of the letter: en or ja.")] = "en",
) -> None:
    """Send a test letter, at once, and say what became of it."""
    if locale not in {"en", "ja"}:
        raise typer.BadParameter("The language is en or ja.", param_hint="--locale")

    async def work(use: Services) -> None:
        from doorward.mail import NotCarried, Recipient, compose_test

        if use.carrier is None:
            raise Stop("No mail server is set up: set smtp_url and mail_from.", Exit.USAGE)
        recipient = Recipient(address, "ja" if locale == "ja" else "en")
        sender = await _sender(use, org)
        parcel = compose_test(org or "doorward", sender, recipient, use.db.next_id())
        try:
            await use.carrier.carry(parcel)
        except NotCarried as error:
            status = Exit.REFUSED if error.final else Exit.UNREACHABLE
            raise Stop(f"The letter was not taken: {error.reason}", status) from error

    perform(at, work)
    at.say(f"The mail server took the letter to {address}.")


async def _sender(use: Services, org: str | None) -> Sender:
    from doorward.mail import Sender
    from doorward.orgs import OrgId, sender_of

    if org is None:
        return Sender("Doorward")
    return sender_of(await use.organizations.get(OrgId(org)))
