"""The two commands that serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from doorward.cli.at import At
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import verify_schema

__all__ = ["demo", "serve"]


def serve(
    at: At,
    host: Annotated[
        str | None, typer.Option(help="Instead of the setting `host`.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Instead of the setting `port`.", show_default=False),
    ] = None,
    *,
    access_log: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Then it finishes what is under way and ends. It logs to standard error.
    """
    from doorward.app import CannotListen, serve_forever
    from doorward.vault import UnknownMasterKey

    settings = at.settings({"host": host, "port": port})
    verify_schema(settings)
    try:
        serve_forever(settings, access_log=access_log)
    except CannotListen as error:
        raise Stop(str(error), Exit.UNREACHABLE) from error
    except UnknownMasterKey as error:
        raise Stop(str(error), Exit.REFUSED) from error


def demo(
    port: Annotated[int, typer.Option(min=0, max=65534, help="0 takes one that is free.")] = 8400,
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where it keeps its data from start to start.")
    ] = Path(".demo"),
    facts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what a script needs, once ready.", show_default=False
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Instead of SQLite in FOLDER.", show_default=False),
    ] = None,
) -> None:
    """Serve seeded organizations and a sample application.

    On this machine only, until Ctrl-C. The next start has the same people and secrets.
    """
    from doorward.app import CannotListen, DemoOptions, OtherDemo, run_demo

    options = DemoOptions(port=port, data=data, facts=facts, database_url=database_url)
    try:
        run_demo(options, say=_say)
    except (CannotListen, OtherDemo, OSError) as error:
        raise Stop(str(error), Exit.UNREACHABLE) from error


def _say(text: str) -> None:
    print(text, flush=True)
