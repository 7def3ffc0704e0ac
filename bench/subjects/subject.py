"""What the harness asks of a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.load import run_script
from bench.subjects.process import Server
from bench.target import Target
from bench.wire import get
from bench.works.prepared import fetch

__all__ = ["Running", "discover"]


@dataclass
class Running:
    """A subject that is up. ``facts`` go into the results as they are."""

    target: Target
    server: Server
    facts: Mapping[str, object] = field(default_factory=dict)

    async def statements_run(self) -> int | None:
        """How many database statements it has run so far; None when it does not say."""
        return None


async def discover(issuer: str, address: tuple[str, int]) -> dict[str, str]:
    """The endpoints in the discovery document of ``issuer``."""
    request = get(f"{issuer}/.well-known/openid-configuration")
    document = await run_script(address, fetch(request, "discovery"))
    return {name: value for name, value in document.items() if isinstance(value, str)}
