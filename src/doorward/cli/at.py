"""Where a command runs: its common options, what it says, what it shows, what it asks.

Data goes to standard output and talk to standard error, so that either can be piped alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.exits import Exit, Stop

if TYPE_CHECKING:
    from doorward.config import Settings
    from doorward.crypto import Secret

__all__ = ["At", "Confirmed", "SecretFile", "mask", "moment"]

_SHOWN = 6

Confirmed = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Read it from the first line of this file; - is standard input.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class At:
    """The options that every command has, and the terminal it talks to."""

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The settings file; otherwise $DOORWARD_CONFIG. DOORWARD_* variables come first.",
            show_default=False,
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print data as JSON.")] = False
    no_input: Annotated[
        bool,
        typer.Option("--no-input", help="Never ask; fail instead."),
    ] = False

    def settings(self, overrides: Mapping[str, object] | None = None) -> Settings:
        """The settings that this command runs under. Raises ``BadSettings``."""
        from doorward.config import load_settings

        return load_settings(self.config_file(), overrides=overrides)

    def config_file(self) -> Path | None:
        """The settings file that is used, if any."""
        if self.config is not None:
            return self.config
        named = os.environ.get("DOORWARD_CONFIG")
        return Path(named) if named else None

    def say(self, text: str) -> None:
        """Talk to the person."""
        print(text, file=sys.stderr, flush=True)

    def show(self, record: Mapping[str, object]) -> None:
        """Print one thing: JSON, or a line for each field."""
        if self.as_json:
            _print_json(record)
            return
        width = max(len(name) for name in record)
        for name, value in record.items():
            if sys.stdout.isatty():
                print(f"{name:<{width}}  {_plain(value)}")
            else:
                print(f"{name}\t{_plain(value)}")

    def show_list(self, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
        """Print many things: JSON, a table on a terminal, else lines separated by tabs."""
        if self.as_json:
            _print_json(rows)
        elif sys.stdout.isatty():
            _print_table(columns, rows)
        else:
            print("\t".join(columns))
            for row in rows:
                print("\t".join(_plain(row[name]) for name in columns))

    def confirm(self, question: str, *, yes: bool) -> None:
        """Go on when the person is sure. Raises ``Stop``."""
        if yes:
            return
        if not self.can_ask():
            raise Stop(f"{question} Add --yes to do it.", Exit.USAGE)
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise Stop("Nothing was changed.")

    def ask_secret(self, what: str, file: Path | None, *, option: str, twice: bool) -> Secret[str]:
        """A secret from ``file``, or typed unseen. Raises ``Stop``."""
        from doorward.crypto import Secret

        if file is not None:
            return Secret(_first_line(what, file))
        if not self.can_ask():
            raise Stop(f"No {what} was given: use {option} FILE, or {option} - .", Exit.USAGE)
        from getpass import getpass

        typed = getpass(f"{what.capitalize()}: ", stream=sys.stderr)
        if twice and getpass("Once more: ", stream=sys.stderr) != typed:
            raise Stop("The two are not the same.", Exit.USAGE)
        return Secret(typed)

    def can_ask(self) -> bool:
        """Whether somebody is there to answer."""
        return not self.no_input and sys.stdin.isatty()


def mask(secret: str) -> str:
    """Enough of ``secret`` to tell it from another, and not enough to use it."""
    return secret[:_SHOWN] + "…" if len(secret) > 3 * _SHOWN else "…"


def _first_line(what: str, file: Path) -> str:
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"The {what} cannot be read from {file}: {error}", Exit.USAGE) from error
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise Stop(f"The {what} is empty.", Exit.USAGE)
    return lines[0]


def moment(at: int | None) -> str | None:
    """A time in microseconds as people and programs read it, to the second, in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at // 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(_plain(part) for part in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


def _print_table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_plain(row[name])) for name in columns))
    Console(highlight=False).print(table)
