"""How a connection to PostgreSQL is made: to the server that serves now, and not for long."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from doorward.db.postgres_address import plain_dsn, servers_of

__all__ = ["Connector", "PooledConnection"]

_EACH_S = 2.0
"""How long one server may take until the next is asked."""
_ALIVE: Final = (
    # A machine that is gone without a word is noticed after six seconds, on whatever connection.
    (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPIDLE", None), 3),
    (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPINTVL", None), 1),
    (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPCNT", None), 3),
    (socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", None), 6000),
)
_WARNING = "01000"


class PooledConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """A connection that knows since when it is asked, and what the server warned of."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Nothing is asked yet."""
        super().__init__(*arguments, **named)
        self.begun_at: float | None = None
        self.limit_s = 0.0
        self.used_at = 0.0
        self.warned = False
        self.history = -1
        self.replayed = 0
        """Up to where a replica is known to have replayed, and of which history it is."""

    def is_at_rest(self) -> bool:
        """Whether somebody else may use it: it is open, and no transaction was left behind."""
        return not self.is_closed() and not self.is_in_transaction()

    def get_reset_query(self) -> str:
        """Units leave nothing behind."""
        return ""


def _note(connection: PooledConnection, message: Any) -> None:
    # A commit whose confirmation by the standby was given up answers as if all were well, but for
    # this warning. Whatever else the server warns of here is no reason to trust it either.
    if message.sqlstate == _WARNING:
        connection.warned = True


class Connector:
    """Connects to one of the servers of an address, and begins with the one that served last."""

    def __init__(
        self, url: str, *, settings: Mapping[str, str] | None = None, prepares: bool = True
    ) -> None:
        """``settings`` are asked of the server for each connection, unless ``url`` says otherwise.

        ``prepares`` is whether statements stay prepared. Raises ``ValueError`` for no address.
        """
        self._servers = servers_of(plain_dsn(url))
        said = dict(parse_qsl(urlsplit(url).query))
        self._settings = {name: each for name, each in (settings or {}).items() if name not in said}
        self._statements = 1024 if prepares else 0
        self._last = 0

    async def connect(self) -> PooledConnection:
        """A connection to the first server that answers and is of the kind that is asked for.

        Raises what asyncpg raises, ``OSError`` and ``TimeoutError``.
        """
        failure: Exception | None = None
        for turn in range(len(self._servers)):
            number = (self._last + turn) % len(self._servers)
            try:
                connection = await self._connect(self._servers[number])
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                failure = failure or error
            else:
                self._last = number
                return connection
        raise failure or OSError("no server is named")

    async def _connect(self, dsn: str) -> PooledConnection:
        connection = await asyncpg.connect(
            dsn,
            # Where there is no other server to ask, a slow one may take longer.
            timeout=_EACH_S if len(self._servers) > 1 else 2 * _EACH_S,
            connection_class=PooledConnection,
            statement_cache_size=self._statements,
            max_cached_statement_lifetime=0,
            server_settings=self._settings,
        )
        connection.add_log_listener(_note)
        _keep_alive(connection)
        return connection  # type: ignore[no-any-return] # asyncpg has no types


def _keep_alive(connection: PooledConnection) -> None:
    end = connection._transport.get_extra_info("socket")  # noqa: SLF001 - nothing public leads there
    if end is None or end.family == socket.AF_UNIX:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for level, option, value in _ALIVE:
        if option is not None:
            end.setsockopt(level, option, value)
