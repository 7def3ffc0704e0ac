"""Traces: spans of requests, of what they ask of the database, and of requests to platforms.

This module imports OpenTelemetry, and is itself imported only where traces are on. What a span
says are words of ours: templates of routes, methods, statuses, names of our functions. Never a
path, a query, a host, a value, nor the text of an exception.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from random import random
from typing import Any, Final, TypeVar, cast

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
    use_span,
)

from doorward import __version__
from doorward.app.exchange import find_exchange
from doorward.config import Settings
from doorward.db import Database, Row, Statement, Transaction
from doorward.http import ASGIApp, OutboundReply, OutboundRequest, Receive, Scope, Send
from doorward.metrics import UNKNOWN_ROUTE, route_of

__all__ = ["Spans"]

T = TypeVar("T")

_EXPORT_S: Final = 5
_PARENT: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\Z")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOBODY: Final = Context()


class Spans:
    """The spans of one process. ``close`` it at the end, so that the last ones leave."""

    def __init__(self, settings: Settings, exporter: SpanExporter | None = None) -> None:
        """Send spans where ``settings`` say, or by ``exporter``."""
        self._share = settings.traces_share
        self._continues = settings.traces_continue
        about = {"service.name": "doorward", "service.version": __version__}
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        out = exporter or OTLPSpanExporter(endpoint=settings.traces_url, timeout=_EXPORT_S)
        self._provider.add_span_processor(BatchSpanProcessor(out))
        self._tracer = self._provider.get_tracer("doorward", __version__)

    async def close(self) -> None:
        """Send what was not sent yet."""
        await asyncio.to_thread(self._provider.shutdown)

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app``, some of whose requests are traced."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            parent = self._find_parent(scope) if scope["type"] == "http" else None
            if parent is None:
                await app(scope, receive, send)
                return
            method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
            span = self._tracer.start_span(method, parent, SpanKind.SERVER)
            with _kept(span):
                watched = _Watched(send)
                try:
                    await app(scope, receive, watched.send)
                finally:
                    _describe(span, scope, method, watched.status)

        return traced

    def around_database(self, db: Database) -> Database:
        """``db``, of whose work within a traced request there are spans."""
        return cast("Database", _TracedDatabase(db, self))

    async def around_request(
        self,
        request: OutboundRequest,
        send: Callable[[OutboundRequest], Awaitable[OutboundReply]],
    ) -> OutboundReply:
        """Send a request to a platform; within a traced request there is a span of it.

        The platform is not told of the trace, and the span does not say where it went: some
        people name servers of their own.
        """
        with self.step(f"{request.method} to a platform", SpanKind.CLIENT) as span:
            reply = await send(request)
            if span is not None:
                span.set_attribute("http.request.method", request.method)
                span.set_attribute("http.response.status_code", reply.status)
            return reply

    @contextmanager
    def step(self, name: str, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span | None]:
        """A span below the current one; None where that is not recorded."""
        if not get_current_span().is_recording():
            yield None
            return
        span = self._tracer.start_span(name, kind=kind)
        with _kept(span):
            yield span

    def _find_parent(self, scope: Scope) -> Context | None:
        """Below what a request is traced; None when it is not."""
        if self._continues:
            for name, value in scope["headers"]:
                if name == b"traceparent":
                    found = _PARENT.match(value)
                    if found is not None and not found[3][1] & 1:
                        return None
                    if found is not None:
                        return _context_of(found)
        return _NOBODY if random() < self._share else None  # noqa: S311 - which ones are no secret


class _TracedDatabase:
    """A database whose work is traced; whatever else it has is its own."""

    def __init__(self, db: Database, spans: Spans) -> None:
        self._db = db
        self._spans = spans

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the database's own
        return getattr(self._db, name)

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:  # noqa: ANN401
        with self._spans.step("read"):
            return await self._db.one(statement, **params)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:  # noqa: ANN401
        with self._spans.step("read"):
            return await self._db.all(statement, **params)

    async def one_anywhere(
        self,
        statement: Statement,
        /,
        **params: Any,  # noqa: ANN401
    ) -> Row | None:
        with self._spans.step("read"):
            return await self._db.one_anywhere(statement, **params)

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:  # noqa: ANN401
        with self._spans.step("long read"):
            return await self._db.scan(statement, **params)

    async def run(self, statement: Statement, /, **params: Any) -> int:  # noqa: ANN401
        with self._spans.step("write"):
            return await self._db.run(statement, **params)

    async def run_each(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> None:
        with self._spans.step("write"):
            await self._db.run_each(statement, rows)

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:  # noqa: ANN401
        with self._spans.step("write"):
            return await self._db.write_one(statement, **params)

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        with self._spans.step("unit of work") as span:
            if span is not None:
                span.set_attribute("code.function.name", _name_of(work))
            return await self._db.unit(work)


class _Watched:
    """A way out that knows the status of the answer."""

    def __init__(self, send: Send) -> None:
        self._exchange = find_exchange(send)
        self._send = send
        self._status = 0
        self.send: Send = send if self._exchange is not None else self._noting

    @property
    def status(self) -> int:
        """The status; 0 until there is an answer."""
        return self._status if self._exchange is None else self._exchange.status

    def _noting(self, message: Any) -> Awaitable[None]:  # noqa: ANN401 - of any shape
        if message["type"] == "http.response.start":
            self._status = message["status"]
        return self._send(message)


@contextmanager
def _kept(span: Span) -> Iterator[None]:
    """``span`` as the current one, to its end; of an exception it keeps the type alone."""
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _describe(span: Span, scope: Scope, method: str, status: int) -> None:
    route = route_of(scope)
    span.set_attribute("http.request.method", method)
    span.set_attribute("doorward.request_id", str(scope.get("doorward.request_id", "")))
    if route != UNKNOWN_ROUTE:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
    if status:
        span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def _context_of(found: re.Match[bytes]) -> Context:
    """The caller's span (W3C Trace Context 3.2)."""
    parent = SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(parent), Context()) if parent.is_valid else _NOBODY


def _name_of(work: Callable[..., object]) -> str:
    return f"{work.__module__}.{getattr(work, '__qualname__', type(work).__name__)}"
