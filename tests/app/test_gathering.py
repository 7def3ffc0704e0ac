"""Where very many requests come one by one, the loop rests between its turns, and else never."""

from __future__ import annotations

import pytest

from doorward.app.gathering import Gathering
from doorward.app.traffic import Limits, Traffic
from tests.app.wire import Line, echo, turn

pytestmark = pytest.mark.anyio

_REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


def _traffic() -> tuple[Traffic, list[float]]:
    traffic = Traffic(Limits())
    rests: list[float] = []
    traffic.gathering = Gathering(traffic.now, sleep=rests.append)
    return traffic, rests


async def _answer(traffic: Traffic, lines: int) -> None:
    """Have one request come on each of so many connections, in one turn."""
    every = [Line(echo, traffic) for _ in range(lines)]
    for line in every:
        line.connection.data_received(_REQUEST)
    await turn()
    assert all(line.wire.sent.startswith(b"HTTP/1.1 200 ") for line in every)


async def test_rests_after_a_small_turn_where_the_rate_is_high() -> None:
    traffic, rests = _traffic()
    traffic.gathering.look(500, traffic.now + 0.1)
    await _answer(traffic, 1)
    await _answer(traffic, 2)
    assert len(rests) == 2
    assert all(0 < seconds < 0.001 for seconds in rests)


async def test_never_rests_after_a_turn_with_many() -> None:
    traffic, rests = _traffic()
    traffic.gathering.look(500, traffic.now + 0.1)
    await _answer(traffic, 6)
    assert rests == []


async def test_never_rests_where_few_come() -> None:
    traffic, rests = _traffic()
    traffic.gathering.look(399, traffic.now + 0.1)
    await _answer(traffic, 1)
    assert rests == []


async def test_stops_resting_when_the_rate_falls() -> None:
    traffic, rests = _traffic()
    traffic.gathering.look(500, traffic.now + 0.1)
    await _answer(traffic, 1)
    traffic.gathering.look(510, traffic.now + 0.2)
    await _answer(traffic, 1)
    assert len(rests) == 1


async def test_never_rests_while_many_wait_for_their_answer() -> None:
    traffic, rests = _traffic()
    traffic.gathering.look(500, traffic.now + 0.1)
    traffic.under_way = 20
    await _answer(traffic, 1)
    assert rests == []
    traffic.under_way = 0


async def test_answers_what_came_before_it_rests() -> None:
    traffic, _ = _traffic()
    line = Line(echo, traffic)
    sent: list[bytes] = []
    traffic.gathering = Gathering(traffic.now, sleep=lambda _: sent.append(bytes(line.wire.sent)))
    traffic.gathering.look(500, traffic.now + 0.1)
    await line.send(_REQUEST)
    assert [each[:13] for each in sent] == [b"HTTP/1.1 200 "]


async def test_looks_at_the_rate_whenever_the_server_looks_after_its_connections() -> None:
    traffic, _ = _traffic()
    traffic.total_requests = 1_000_000
    traffic.look()
    assert traffic.gathering.is_on
    traffic.look()
    assert not traffic.gathering.is_on
