"""Addresses that name one server or several."""

from __future__ import annotations

import socket
from typing import Any

import asyncpg
import pytest

from doorward.db.postgres_address import plain_dsn, servers_of
from doorward.db.postgres_connecting import Connector

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def postgres_url(database_url: str) -> str:
    """A server that is there."""
    return plain_dsn(database_url)


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgresql+asyncpg://u:p@a/d", "postgresql://u:p@a/d"),
        ("postgres://a:1/d?ssl=require", "postgres://a:1/d?ssl=require"),
        ("postgresql://a,b/d", "postgresql://a,b/d?target_session_attrs=read-write"),
        ("postgresql://a,b/d?ssl=on", "postgresql://a,b/d?ssl=on&target_session_attrs=read-write"),
        ("postgresql:///d?host=a,b", "postgresql:///d?host=a,b&target_session_attrs=read-write"),
        (
            "postgresql://a,b/d?target_session_attrs=any",
            "postgresql://a,b/d?target_session_attrs=any",
        ),
    ],
)
def test_of_several_servers_the_one_that_can_be_written_to_is_meant(url: str, dsn: str) -> None:
    """A comma in a password or a name of a database makes no second server."""
    assert plain_dsn(url) == dsn


@pytest.mark.parametrize(
    ("dsn", "each"),
    [
        ("postgresql://u:p@a:1/d?x=y", ["postgresql://u:p@a:1/d?x=y"]),
        ("postgresql://u:p,q@a/d", ["postgresql://u:p,q@a/d"]),
        (
            "postgresql://u:p@a:1,[::1]:2/d?x=y",
            ["postgresql://u:p@a:1/d?x=y", "postgresql://u:p@[::1]:2/d?x=y"],
        ),
        (
            "postgresql:///d?host=/tmp/x,b&port=1,2",
            ["postgresql:///d?host=%2Ftmp%2Fx&port=1", "postgresql:///d?host=b&port=2"],
        ),
        (
            "postgresql:///d?host=a,b&port=5",
            ["postgresql:///d?host=a&port=5", "postgresql:///d?host=b&port=5"],
        ),
    ],
)
def test_each_server_of_an_address_has_one_of_its_own(dsn: str, each: list[str]) -> None:
    assert list(servers_of(dsn)) == each


async def test_the_next_server_is_asked_where_one_is_not_there_and_is_then_the_first(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = asyncpg.connect

    async def watched(dsn: str, **options: object) -> object:
        asked.append(dsn)
        return await plain(_DEAD if dsn == "dead" else dsn, **options)

    monkeypatch.setattr(asyncpg, "connect", watched)
    connector = Connector(postgres_url)
    connector._servers = ("dead", postgres_url)
    for _ in range(2):
        connection = await connector.connect()
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert asked == ["dead", postgres_url, postgres_url]


_DEAD = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_a_server_that_takes_connections_and_says_nothing_is_passed_over(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen machine's kernel still accepts."""
    plain = asyncpg.connect

    async def hurried(dsn: str, **options: Any) -> Any:
        timeout = 0.05 if dsn == silent_dsn else options["timeout"]
        return await plain(dsn, **{**options, "timeout": timeout})

    monkeypatch.setattr(asyncpg, "connect", hurried)
    connector = Connector(postgres_url)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silent_dsn = f"postgresql://nobody@127.0.0.1:{port}/none?sslmode=disable"
        connector._servers = (silent_dsn, postgres_url)
        connection = await connector.connect()
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
