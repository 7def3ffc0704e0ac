"""Opening the installation that the settings name, for the length of one command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from doorward.cli.at import At
from doorward.cli.exits import Exit, Stop

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.audit import Actor
    from doorward.config import Settings

__all__ = ["cli_actor", "perform", "verify_schema"]

T = TypeVar("T")


def perform(at: At, work: Callable[[Services], Awaitable[T]]) -> T:
    """Run ``work`` over the installation's services.

    Raises ``Stop`` when its schema is not this version's, ``BadSettings``, ``Unavailable``.
    """
    import asyncio

    from doorward.app import open_services

    settings = at.settings()
    verify_schema(settings)

    async def opened() -> T:
        services = await open_services(settings)
        try:
            return await work(services)
        finally:
            await services.close()

    return asyncio.run(opened())


def verify_schema(settings: Settings) -> None:
    """Go on when the database has this version's tables. Raises ``Stop``, ``Unavailable``."""
    from doorward.app import schema_status

    if not schema_status(settings.session_url).up_to_date:
        raise Stop(
            "The database has not the tables of this version. Run: doorward db upgrade",
            Exit.UNREACHABLE,
        )


def cli_actor() -> Actor:
    """Who the audit log says it was: the user of this machine."""
    import getpass

    from doorward.audit import Actor

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return Actor(kind="cli", id=name)
