"""A server of several processes under load: replaced, hurt, and left alone, without a loss."""

from __future__ import annotations

import asyncio
import json
import signal
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from doorward.db import open_database, system_clock
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.server import wait_until
from tests.support.servers import ServerProcess, start_server
from tests.support.world import World, make_world, register

pytestmark = pytest.mark.anyio

_NEW = "all of them new"


class Client:
    """Keeps its connection until it is told that it ends, as a proxy does; it tries nothing twice.

    Whatever goes wrong is a failure: nobody may have to ask again.
    """

    def __init__(self, server: ServerProcess, request: bytes) -> None:
        """Send ``request`` again and again."""
        self._port = int(server.url.rpartition(":")[2])
        self._request = request
        self.tokens: list[str] = []
        self.connections = 0

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Until ``is_over``; raises what goes wrong."""
        while not is_over():
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self.connections += 1
            stays = True
            while stays and not is_over():
                writer.write(self._request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 "), head
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                body = await reader.readexactly(length)
                self.tokens.append(json.loads(body)["access_token"])
                stays = b"connection: close" not in head
                # A steady load, which leaves the machine time to start processes beside it.
                await asyncio.sleep(0.05)
            writer.close()


@pytest.fixture
async def world(sqlite_template: SqliteTemplate, tmp_path: Path) -> AsyncIterator[World]:
    """An organization, and a database that a server may open as well."""
    file = sqlite_template.copy_to(tmp_path / "d.sqlite")
    clock = ManualClock(system_clock())
    db = await open_database(file, clock=clock)
    yield await make_world(db, clock)
    await db.close()


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[ServerProcess]:
    """Two workers, and the one that looks after them."""
    assert world.org.is_active
    started = start_server(f"sqlite:///{tmp_path / 'd.sqlite'}", tmp_path, workers="2")
    yield started
    if started.process.poll() is None:
        started.kill()


def workers_of(server: ServerProcess) -> list[psutil.Process]:
    """Its workers."""
    found: list[psutil.Process] = psutil.Process(server.process.pid).children()
    return found


def numbers_of(server: ServerProcess) -> dict[str, float]:
    """What whichever worker is asked tells of all of them: sums, by name and outcome."""
    answer = httpx2.get(f"{server.url}/metrics", trust_env=False)
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            name = f"{sample.name} {sample.labels.get('outcome', '')}".strip()
            found[name] = found.get(name, 0) + sample.value
    return found


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it beside the load."""
    async with asyncio.timeout(90):
        while not is_so():
            await asyncio.sleep(0.02)


async def test_no_request_is_lost_across_two_restarts(world: World, server: ServerProcess) -> None:
    """Every token that was answered is known afterwards; the processes are others."""
    service = await register(
        world.services, world.org.org_id, "Jobs", grant_types=frozenset({"client_credentials"})
    )
    basic = "Basic " + b64encode(":".join(service.basic).encode()).decode()
    request = (
        f"POST /o/{world.org.org_id}/oauth2/token HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {basic}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\n"
        "grant_type=client_credentials"
    ).encode()
    clients, is_over = [Client(server, request) for _ in range(4)], False
    load = [asyncio.create_task(each.run(lambda: is_over)) for each in clients]
    first = {each.pid for each in workers_of(server)}
    for restart in (1, 2):
        server.process.send_signal(signal.SIGHUP)
        await until(
            lambda: (
                server.log.read_text().count(_NEW) == restart  # noqa: B023 - awaited here
                or any(each.done() for each in load)
            )
        )
        counted = [len(each.tokens) for each in clients]
        await until(
            lambda: (
                all(len(c.tokens) > n for c, n in zip(clients, counted, strict=True))  # noqa: B023 - likewise
                or any(each.done() for each in load)
            )
        )
    is_over = True
    await asyncio.gather(*load)
    assert all(each.connections > 1 for each in clients), "every connection was handed over"
    # What one of before answers yet, it takes along with its numbers.
    wait_until(lambda: len(workers_of(server)) == 2, "the old ones do not end")
    assert not first & {each.pid for each in workers_of(server)}
    tokens = [token for each in clients for token in each.tokens]
    async with server.http(world.org.org_id) as http:
        for token in tokens:
            answer = await http.post("oauth2/introspect", data={"token": token}, auth=service.basic)
            assert answer.json()["active"] is True
    told = numbers_of(server)
    assert told["doorward_workers"] == 2
    assert told["doorward_introspections_total active"] == len(tokens), "none is counted alone"
    assert server.stop() == 0


async def test_workers_are_looked_after_and_end_with_who_does(server: ServerProcess) -> None:
    """One that is killed has a successor; when the first process is killed, none goes on."""
    wait_until(lambda: server.log.read_text().count("serving") == 2, "not both of them serve")
    first = workers_of(server)
    first[0].kill()
    wait_until(lambda: server.log.read_text().count("serving") == 3, "none takes its place")
    workers = workers_of(server)
    assert len(workers) == 2
    server.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []
