"""The tree of commands. Nothing heavy is imported here: `--help` is asked for often."""

from __future__ import annotations

from typing import Annotated

import typer

from doorward import __version__
from doorward.cli.api_keys import api_keys
from doorward.cli.audit_log import audit
from doorward.cli.command import command
from doorward.cli.configuration import configuration
from doorward.cli.connections import connections
from doorward.cli.connector_trials import connectors
from doorward.cli.doctor import doctor
from doorward.cli.keys import keys
from doorward.cli.mail import mail
from doorward.cli.master_keys import master_keys
from doorward.cli.orgs import orgs
from doorward.cli.passkeys import passkeys
from doorward.cli.reviews import apps
from doorward.cli.schema import schema
from doorward.cli.scopes import scopes
from doorward.cli.server import demo, serve
from doorward.cli.setup import init
from doorward.cli.tokens import tokens
from doorward.cli.trying import trying
from doorward.cli.users import users

__all__ = ["main"]

_EPILOG = (
    "Exit status: 0 done, 1 refused, 2 wrong usage or settings, "
    "3 something cannot be reached or opened."
)

tree = typer.Typer(
    name="doorward",
    help="A self-hosted authorization server for many organizations.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    # Plain help takes half the time, and reads the same everywhere.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the option's own value
    if wanted:
        print(f"doorward {__version__}")
        raise typer.Exit


@tree.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """A self-hosted authorization server for many organizations."""
    del version


command(tree, "demo")(demo)
command(tree, "serve")(serve)
command(tree, "init")(init)
command(tree, "doctor")(doctor)
for name, commands in (
    ("config", configuration),
    ("db", schema),
    ("org", orgs),
    ("user", users),
    ("passkey", passkeys),
    ("app", apps),
    ("api-key", api_keys),
    ("scope", scopes),
    ("key", keys),
    ("master-key", master_keys),
    ("connector", connectors),
    ("connection", connections),
    ("audit", audit),
    ("mail", mail),
    ("token", tokens),
    ("try", trying),
):
    tree.add_typer(commands, name=name)


def main() -> None:
    """Run the command that the shell asks for; ends the process with its exit status."""
    tree()
