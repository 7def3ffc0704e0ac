"""What the harness asks of a subject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bench.load import run_script
from bench.subjects.process import Server, cpu_seconds_of
from bench.target import Target
from bench.wire import get
from bench.works.prepared import fetch

__all__ = ["Running", "Subject", "discover"]


@dataclass(frozen=True)
class Subject:
    """A server that is measured: what starts it, and which works it is there for (None: all).

    More than ``connections`` at once would only wait there.
    """

    start: Callable[[], Awaitable[Running]]
    only: frozenset[str] | None = None
    connections: int = 1_000

    def does(self, work: str) -> bool:
        """Whether it is there for ``work``."""
        return self.only is None or work in self.only


@dataclass
class Running:
    """A subject that is up. ``facts`` go into the results as they are.

    ``beside`` are further processes of it; ``database`` is the process of its database server,
    where that is none of its own.
    """

    target: Target
    server: Server
    facts: Mapping[str, object] = field(default_factory=dict)
    beside: tuple[Server, ...] = ()
    database: int | None = None

    def resident_mb(self) -> float:
        """Resident memory of its largest process."""
        return max(each.resident_mb() for each in (self.server, *self.beside))

    def cpu_seconds(self) -> float:
        """Processor time of its processes, that of a database server aside."""
        return sum(each.cpu_seconds() for each in (self.server, *self.beside))

    def database_cpu_seconds(self) -> float:
        """Processor time of its database server; nothing where it has none."""
        return 0.0 if self.database is None else cpu_seconds_of(self.database)

    async def statements_run(self) -> int | None:
        """How many database statements it has run so far; None when it does not say."""
        return None


async def discover(issuer: str, address: tuple[str, int]) -> dict[str, str]:
    """The endpoints in the discovery document of ``issuer``."""
    request = get(f"{issuer}/.well-known/openid-configuration")
    document = await run_script(address, fetch(request, "discovery"))
    return {name: value for name, value in document.items() if isinstance(value, str)}
