"""Metrics: what a server tells Prometheus, and who may read it."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from doorward import __version__
from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.traffic import TOO_MANY
from doorward.brakes import TURNED_AWAY
from doorward.crypto import same
from doorward.db import BATCHES, DatabaseError
from doorward.http import Call, Reply, is_within, parse_network
from doorward.introspect import INTROSPECTIONS
from doorward.metrics import (
    CONTENT_TYPE,
    PROCESS_FAMILIES,
    Family,
    Gathering,
    Kind,
    Place,
    Portion,
    Requests,
    Sample,
    process_samples,
    render,
    render_portion,
)
from doorward.sessions import SIGN_INS
from doorward.token import TOKENS_ISSUED, TOKENS_REUSED
from doorward.vault import RENEWALS

__all__ = ["FAMILIES", "Monitor"]

_MOST_LETTERS: Final = 10_000
_PATIENCE_S: Final = 2.0
_PATH: Final = "/metrics"
_PLAIN: Final = (b"content-type", b"text/plain; charset=utf-8")
_FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")

_BUILD: Final = Family(
    "doorward_build_info",
    Kind.GAUGE,
    "Always 1: which version runs, on which Python and which kind of database.",
    ("version", "python", "database"),
    shared=True,
)
_WORKERS: Final = Family(
    "doorward_workers", Kind.GAUGE, "Workers of this server that told their numbers.", shared=True
)
_STATEMENTS: Final = Family(
    "doorward_db_statements_total", Kind.COUNTER, "Database statements that were executed."
)
_UNITS: Final = Family(
    "doorward_db_units_total", Kind.COUNTER, "Units of work that were asked of the database."
)
_QUEUE: Final = Family(
    "doorward_db_queue_length", Kind.GAUGE, "Callers that wait for their turn at the database."
)
_POOL: Final = Family(
    "doorward_db_pool_connections",
    Kind.GAUGE,
    "Connections to PostgreSQL: `used`, `idle`, and `given_up` while the server works on.",
    ("state",),
)
_LETTERS: Final = Family(
    "doorward_mail_queue_length",
    Kind.GAUGE,
    f"Letters that wait to be sent; {_MOST_LETTERS} stands for more.",
    shared=True,
)
_COUNTED: Final = (
    TOO_MANY,
    TOKENS_ISSUED,
    TOKENS_REUSED,
    INTROSPECTIONS,
    SIGN_INS,
    TURNED_AWAY,
    RENEWALS,
    BATCHES,
)
"""What the rooms count themselves."""

FAMILIES: Final = (
    _BUILD,
    _WORKERS,
    *Requests.families,
    *(each.family for each in _COUNTED),
    _STATEMENTS,
    _UNITS,
    _QUEUE,
    _POOL,
    _LETTERS,
    *PROCESS_FAMILIES,
)
"""Everything that is told, in the order of the text."""

_HERE: Final = tuple(parse_network(each) for each in ("127.0.0.0/8", "::1"))


class Monitor:
    """What one worker counted, and the way to read it together with what the others did."""

    def __init__(self, use: Services, place: Place) -> None:
        """Tell the numbers of ``use``, as the worker at ``place``."""
        self.requests = Requests()
        self._use = use
        self._worker = str(place.worker)
        self.gathering = Gathering(place, self._own)

    def routes(self) -> tuple[Route, ...]:
        """The address of the numbers."""
        return (Route(_PATH, {"GET": self._answer}),)

    async def _answer(self, call: Call) -> Reply:
        token, settings = self._use.settings.metrics_token, self._use.settings
        if token is not None:
            if not _presents(call, token.get_secret_value()):
                challenge = (b"www-authenticate", b'Bearer realm="metrics"')
                return Reply(401, b"This needs the bearer token.\n", (_PLAIN, challenge))
        elif not (settings.is_local and _is_from_here(call)):
            return Reply(403, b"This needs a bearer token: set metrics_token.\n", (_PLAIN,))
        portions = await self.gathering.collect()
        shared = render_portion(await self._shared(len(portions)), worker=None)
        body = render(FAMILIES, [shared, *portions])
        return Reply(200, body, ((b"content-type", CONTENT_TYPE),))

    def _own(self) -> Portion:
        return render_portion(self._samples(), worker=self._worker)

    def _samples(self) -> Iterator[tuple[Family, Sample]]:
        yield from self.requests.samples()
        for counted in _COUNTED:
            yield from ((counted.family, sample) for sample in counted.samples())
        db = self._use.db
        yield _STATEMENTS, Sample((), db.statements_run)
        yield _UNITS, Sample((), db.units_run)
        yield _QUEUE, Sample((), db.queue_length)
        for state, number in db.pool_sizes().items():
            yield _POOL, Sample((("state", state),), number)
        yield from process_samples()

    async def _shared(self, workers: int) -> list[tuple[Family, Sample]]:
        about = (
            ("version", __version__),
            ("python", platform.python_version()),
            ("database", "postgresql" if self._use.db.is_far else "sqlite"),
        )
        told = [(_BUILD, Sample(about, 1)), (_WORKERS, Sample((), workers))]
        # A database that does not answer is what these numbers are needed for.
        with suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                waiting = await self._use.outbox.count_waiting(_MOST_LETTERS)
            told.append((_LETTERS, Sample((), waiting)))
        return told


def _presents(call: Call, token: str) -> bool:
    given = [bytes(value) for name, value in call.scope["headers"] if name == b"authorization"]
    if len(given) != 1:
        return False
    scheme, _, text = given[0].partition(b" ")
    return scheme.lower() == b"bearer" and same(text.strip(), token.encode())


def _is_from_here(call: Call) -> bool:
    """Whether a program of this machine asks, and no proxy for somebody else."""
    forwarded = any(name in _FORWARDED for name, _ in call.scope["headers"])
    return is_within(call.client_address, _HERE) and not forwarded
