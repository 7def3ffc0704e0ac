"""The two commands that serve."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import verify_schema

if TYPE_CHECKING:
    from doorward.config import Settings

__all__ = ["demo", "serve"]

_MARGIN_S = 5.0
"""For what a worker has to close after its last answer."""


@dataclass(frozen=True)
class Serving:
    """How to serve, instead of what the settings say."""

    host: Annotated[
        str | None, typer.Option(help="Instead of the setting `host`.", show_default=False)
    ] = None
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Instead of the setting `port`.", show_default=False),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Instead of the setting `workers`.", show_default=False),
    ] = None
    access_log: Annotated[
        bool, typer.Option("--access-log/--no-access-log", help="Log every request.")
    ] = False
    seat: Annotated[str | None, typer.Option(hidden=True)] = None
    """Where a worker sits, as the process says that started it."""

    def settings(self, at: At) -> Settings:
        """The settings that are in force."""
        return at.settings({"host": self.host, "port": self.port, "workers": self.workers})

    def command(self, at: At) -> tuple[str, ...]:
        """Starts a worker of this installation, once its seat is added."""
        words = [sys.executable, "-P", "-m", "doorward", "serve"]
        config = at.config_file()
        given = {"--config": config, "--host": self.host, "--port": self.port}
        for name, value in given.items():
            words += [] if value is None else [name, str(value)]
        return (*words, *(["--access-log"] if self.access_log else []), "--seat")


def serve(at: At, how: Serving) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Then it finishes what is under way and ends. It logs to standard error. With several workers,
    SIGHUP replaces them one by one, by new ones with new settings, and no request is lost.
    """
    settings = how.settings(at)
    if how.seat is None and settings.workers > 1:
        _supervise(at, how, settings)
    else:
        _serve_here(how, settings)


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded stays: looking through it again and again takes a sixth of the start.

    ``settle_memory`` looks once, when everything is there, and from then on it is as usual.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_loading()
def _serve_here(how: Serving, settings: Settings) -> None:
    from doorward.app import serve_forever
    from doorward.vault import UnknownMasterKey
    from doorward.workers import CannotListen, Seat

    verify_schema(settings)
    seat = None if how.seat is None else Seat.parse(how.seat)
    try:
        serve_forever(settings, access_log=how.access_log, seat=seat)
    except CannotListen as error:
        raise Stop(str(error), Exit.UNREACHABLE) from error
    except UnknownMasterKey as error:
        raise Stop(str(error), Exit.REFUSED) from error


def _supervise(at: At, how: Serving, settings: Settings) -> None:
    """Look after workers. Whatever can be wrong with a database is found out by them."""
    from doorward.config import configure_logging
    from doorward.workers import CannotListen, Plan, bind, supervise

    def planned(settings: Settings) -> Plan:
        ending_s = settings.notice_s + settings.drain_s + _MARGIN_S
        return Plan(how.command(at), settings.workers, ending_s)

    configure_logging(settings)
    try:
        listening = bind(settings.host, settings.port)
    except CannotListen as error:
        raise Stop(str(error), Exit.UNREACHABLE) from error
    status = supervise(planned(settings), listening, lambda: planned(how.settings(at)))
    raise typer.Exit(status)


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
    with _loading():
        _run_demo(port, data, facts, database_url)


def _run_demo(port: int, data: Path, facts: Path | None, database_url: str | None) -> None:
    from doorward.app import DemoOptions, OtherDemo, run_demo
    from doorward.workers import CannotListen

    options = DemoOptions(port=port, data=data, facts=facts, database_url=database_url)
    try:
        run_demo(options, say=_say)
    except (CannotListen, OtherDemo, OSError) as error:
        raise Stop(str(error), Exit.UNREACHABLE) from error


def _say(text: str) -> None:
    print(text, flush=True)
