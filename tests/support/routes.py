"""Every address that is served, as the application itself puts them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from doorward.app import Services, application
from doorward.app.dispatch import Dispatcher, Route
from doorward.http import ASGIApp

__all__ = ["Served", "everything_served"]


@dataclass(frozen=True)
class Served:
    """The routes under an organization and those of the installation, with what is mounted."""

    inside: tuple[Route, ...]
    outside: tuple[Route, ...]
    mounts_inside: Mapping[str, ASGIApp]
    mounts_outside: Mapping[str, ASGIApp]

    def paths(self, method: str) -> tuple[str, ...]:
        """The addresses under an organization that answer ``method``, each once."""
        found = (route.path for route in self.inside if method in route.methods)
        return tuple(dict.fromkeys(found))


def everything_served(use: Services) -> Served:
    """What ``build_app`` hands to its two dispatchers."""
    made: list[tuple[tuple[Route, ...], Mapping[str, ASGIApp]]] = []

    class Telling(Dispatcher):
        """The dispatcher itself, whose arguments are noted."""

        def __init__(self, routes: tuple[Route, ...], **more: Any) -> None:
            made.append((routes, more["mounts"]))
            super().__init__(routes, **more)

    with patch.object(application, "Dispatcher", Telling):
        application.build_app(use)
    (inside, below), (outside, beside) = made
    return Served(inside, outside, below, beside)
