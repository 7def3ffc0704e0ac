"""What the failover run relies on: the published configuration, and a judgement that can fail."""

from __future__ import annotations

import asyncio
import re
import time

import httpx2
import pytest

from failover.balancer import CONFIGURATION, Missing, find_program, render
from failover.pooler import keeps_statements
from failover.round import Outcome
from failover.watch import Phase, Stopwatch, await_write

pytestmark = pytest.mark.anyio


def published() -> str:
    return CONFIGURATION.read_text(encoding="utf-8")


def test_the_published_configuration_is_run_on_ports_of_this_machine_only() -> None:
    """Nothing but addresses and the certificate differs."""
    text = render(published(), (5001, 5002), 5003)
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", text) == ["5001", "5002"]
    assert re.findall(r"listen (.*);", text) == ["127.0.0.1:5003"]
    assert "ssl" not in text
    before = {line.strip() for line in published().splitlines()}
    added = {line.strip() for line in text.splitlines()} - before
    assert len(added) == 3


def test_a_configuration_with_another_number_of_servers_is_refused() -> None:
    with pytest.raises(ValueError, match="number"):
        render(published(), (5001,), 5003)


def test_the_published_configuration_never_sends_a_post_twice() -> None:
    """And believes nothing that a caller says about where it comes from."""
    assert "non_idempotent" not in published()
    assert "$proxy_add_x_forwarded_for" not in published()


def test_a_program_that_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(Missing, match="apt-get install some-package"):
        find_program("no-such-program-anywhere", "some-package")


@pytest.mark.parametrize(
    ("back_s", "slowest_s", "lost", "compared"),
    [(10.5, 1.0, 0, 5), (1.0, 21.0, 0, 5), (1.0, 1.0, 1, 5), (1.0, 1.0, 0, 0)],
)
def test_late_slow_lost_or_nothing_compared_is_a_failure(
    back_s: float, slowest_s: float, lost: int, compared: int
) -> None:
    outcome = Outcome(phases=[Phase("killed", slowest_s=slowest_s, back_s=back_s)])
    outcome.compared = compared
    outcome.journal.lost += ["something"] * lost
    outcome.judge()
    assert not outcome.is_clean


def test_a_run_in_which_all_came_back_in_time_is_clean() -> None:
    outcome = Outcome(phases=[Phase("killed", slowest_s=8.5, back_s=9.9)], compared=5)
    outcome.judge()
    assert outcome.is_clean


async def test_an_answer_counts_in_the_phase_in_which_it_was_asked_for() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        watch.begin("later")
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    watch = Stopwatch(2)
    watch.begin("first")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with httpx2.AsyncClient(transport=watch) as http:
            await http.get(url)
    assert [dict(each.answers) for each in watch.phases] == [{"503": 1}, {}]
    assert watch.phases[0].slowest_s > 0


async def test_writing_again_is_when_a_token_is_issued_not_when_something_answers() -> None:
    """The first two answers are 503, then one is 200."""
    answers = [503, 503, 200]
    asked: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.method)
        return httpx2.Response(answers[min(len(asked), 3) - 1])

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as http:
        began = time.monotonic()
        found = await await_write(http, "http://doorward.test/token", ("id", "secret"), began)
    assert found is not None
    assert len(asked) >= 3


@pytest.mark.parametrize(
    ("version", "keeps"),
    [
        ("PgBouncer 1.18.0", False),
        ("PgBouncer 1.21.0", True),
        ("PgBouncer 2.0", True),
        ("?", False),
    ],
)
def test_a_pooler_keeps_statements_from_the_version_on_that_does(
    version: str, *, keeps: bool
) -> None:
    """An older one would answer with somebody else's."""
    assert keeps_statements(version) is keeps
