"""From a plain function to a command of the tree: its options, its errors, its exit status."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, NoReturn, get_type_hints

import typer

from doorward.cli.exits import Exit, ending_of

__all__ = ["command", "group"]

Work = Callable[..., None]


def group(summary: str) -> typer.Typer:
    """A folder of commands; without one of them it prints its help."""
    return typer.Typer(
        help=summary, no_args_is_help=True, add_completion=False, rich_markup_mode=None
    )


def command(parent: typer.Typer, name: str) -> Callable[[Work], Work]:
    """Make a function the command ``name`` of ``parent``.

    An argument whose type is a dataclass stands for one option for each of its fields: so a
    function keeps few arguments, and options that belong together are handed on together.
    """

    def register(work: Work) -> Work:
        parent.command(name)(_runner(work))
        return work

    return register


def _runner(work: Work) -> Callable[..., None]:
    hints = get_type_hints(work, include_extras=True)
    parameters: list[inspect.Parameter] = []
    bundles: dict[str, type] = {}
    for parameter in inspect.signature(work).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind) and isinstance(kind, type):
            bundles[parameter.name] = kind
        else:
            plain = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=kind)
            parameters.append(plain)
    # What belongs to the command comes before what every command has.
    for kind in reversed(bundles.values()):
        parameters += _parameters_of(kind)

    def run(**given: object) -> None:
        values = {n: _built(kind, given) for n, kind in bundles.items()} | given
        try:
            work(**values)
        except Exception as error:  # noqa: BLE001 - what is not an expected ending is raised again
            _end(error)

    shown: Any = run
    shown.__name__, shown.__doc__ = getattr(work, "__name__", "run"), work.__doc__
    shown.__signature__ = inspect.Signature(parameters)
    shown.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _parameters_of(bundle: type) -> list[inspect.Parameter]:
    hints = get_type_hints(bundle, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[each.name],
            default=_default_of(each),
        )
        for each in fields(bundle)
    ]


def _default_of(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is MISSING else field.default


def _built(bundle: type, given: dict[str, object]) -> object:
    values: Mapping[str, object] = {f.name: given.pop(f.name) for f in fields(bundle)}
    return bundle(**values)


def _end(error: Exception) -> NoReturn:
    ending = ending_of(error)
    if ending is None:
        raise error
    print(f"doorward: {ending.text}", file=sys.stderr)
    raise typer.Exit(int(ending.status or Exit.OK))
