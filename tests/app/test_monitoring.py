"""Metrics: what is counted of requests, under which names, and who may read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from doorward.app import build_app
from doorward.app.floor import with_floor
from doorward.http import ASGIApp, Receive, Scope, Send
from doorward.metrics import AT_ONCE, Requests
from tests.app.monitoring_table import families_table
from tests.support.house import House
from tests.support.raw import RawAnswer, raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-more-than-twenty-characters"


async def numbers(app: ASGIApp) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample that /metrics tells, by its name and labels."""
    answer = await raw_request(app, "GET", "/metrics")
    assert answer.status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def requests_by_route(app: ASGIApp) -> dict[tuple[str, str, str], float]:
    """How many requests there were, by route, method and class of status."""
    found = {}
    for (name, pairs), value in (await numbers(app)).items():
        labels = dict(pairs)
        if name == "doorward_http_requests_total":
            found[labels["route"], labels["method"], labels["status"]] = value
    return found


async def test_requests_are_counted_by_the_template_of_their_route(world: World) -> None:
    """Whichever application answers in the end, and never by what stood in the path."""
    issuer = f"/o/{world.org.org_id}"
    app = build_app(world.services)
    for method, path in (
        ("POST", f"{issuer}/oauth2/token"),
        ("PUT", f"{issuer}/oauth2/token"),
        ("GET", f"{issuer}/api/accounts/1001"),
        ("GET", f"{issuer}/api/nowhere/1001"),
        ("GET", f"{issuer}/assets/nothing.css"),
        ("GET", f"{issuer}/logos/17"),
        ("GET", "/v2/accounts/1001"),
        ("GET", f"/.well-known/openid-configuration{issuer}"),
        ("GET", "/healthz"),
        ("BREW", "/healthz"),
        ("GET", "/o/no-such-organization/oauth2/token"),
        ("GET", f"{issuer}/no/such/page"),
    ):
        await raw_request(app, method, path)
    assert await requests_by_route(app) == {
        ("/oauth2/token", "POST", "4xx"): 1,
        ("/oauth2/token", "PUT", "4xx"): 1,
        ("/api/accounts/{account_id}", "GET", "4xx"): 1,
        ("/api/{rest}", "GET", "4xx"): 1,
        ("/assets/{rest}", "GET", "4xx"): 1,
        ("/logos/{rest}", "GET", "4xx"): 1,
        ("/v2/{rest}", "GET", "4xx"): 1,
        ("/.well-known/openid-configuration", "GET", "2xx"): 1,
        ("/healthz", "GET", "2xx"): 1,
        ("/healthz", "other", "4xx"): 1,
        ("unknown", "GET", "4xx"): 2,
    }


async def test_a_thousand_odd_paths_add_no_label(world: World) -> None:
    """Whoever invents addresses, methods or hosts makes numbers grow, not the text."""
    app = build_app(world.services)
    issuer = f"/o/{world.org.org_id}"
    odd = ("/x{n}", issuer + "/api/x{n}", issuer + "/assets/{n}\0", "/o/{n}\n", "/v2/accounts/{n}")
    for n in range(1000):
        path = odd[n % len(odd)].replace("{n}", str(n))
        await raw_request(app, f"M{n}" if n % 7 == 0 else "GET", path)
    found = await requests_by_route(app)
    assert sum(found.values()) == 1000
    routes = {route for route, _, _ in found}
    assert routes == {"unknown", "/api/{rest}", "/assets/{rest}", "/v2/{rest}"}
    assert len(found) <= 2 * len(routes)
    assert len(await numbers(app)) < 300


async def test_durations_are_counted_in_buckets(world: World) -> None:
    """Every answer lies in exactly one, and the last one holds all of them."""
    app = build_app(world.services)
    for _ in range(3):
        await raw_request(app, "GET", "/healthz")
    found = await numbers(app)
    name = "doorward_http_request_duration_seconds"
    labels = {("route", "/healthz"), ("method", "GET"), ("worker", "0")}
    assert found[f"{name}_bucket", frozenset({*labels, ("le", "+Inf")})] == 3
    assert found[f"{name}_count", frozenset(labels)] == 3
    assert found[f"{name}_sum", frozenset(labels)] > 0
    buckets = [
        (float(dict(pairs)["le"]), value)
        for (sample, pairs), value in found.items()
        if sample == f"{name}_bucket" and labels <= pairs
    ]
    assert [value for _, value in sorted(buckets)] == sorted(value for _, value in buckets)


async def test_a_request_that_breaks_and_one_whose_caller_left_are_counted() -> None:
    """The first as an error, the second as none: nobody was answered."""

    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError

    async def says_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    requests = Requests()
    with pytest.raises(ValueError):
        await raw_request(with_floor(breaks, https=False, requests=requests), "GET", "/")
    with pytest.raises(RuntimeError):
        await raw_request(with_floor(says_nothing, https=False, requests=requests), "GET", "/")
    counted = [s for f, s in requests.samples() if f.name == "doorward_http_requests_total"]
    assert [(dict(s.labels)["status"], s.value) for s in counted] == [("5xx", 1), ("none", 1)]
    assert requests.under_way == 0


async def test_many_are_counted_though_nobody_reads() -> None:
    """In one go from time to time: what ended and is not counted yet stays a short list."""

    async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    requests, longest = Requests(), 0
    app = with_floor(answers, https=False, requests=requests)
    for _ in range(3 * AT_ONCE + 1):
        await raw_request(app, "GET", "/")
        longest = max(longest, len(requests.ended))
    assert longest == AT_ONCE - 1
    counted = [s.value for f, s in requests.samples() if f.name == "doorward_http_requests_total"]
    assert (counted, requests.under_way) == ([3 * AT_ONCE + 1], 0)


async def read(world: World, *headers: tuple[bytes, bytes], token: str | None = None) -> RawAnswer:
    """What somebody gets who asks for the numbers with these headers."""
    settings = world.services.settings.model_validate({"metrics_token": token})
    app = build_app(replace(world.services, settings=settings))
    return await raw_request(app, "GET", "/metrics", headers=headers)


async def test_with_a_token_only_its_bearer_reads(world: World) -> None:
    """From this machine as well: a proxy may stand there."""
    right = (b"authorization", f"Bearer {TOKEN}".encode())
    assert (await read(world, right, token=TOKEN)).status == 200
    for wrong in (
        (),
        ((b"authorization", TOKEN.encode()),),
        ((b"authorization", b"Bearer " + TOKEN.encode()[:-1]),),
        ((b"authorization", b"Bearer \xff" + TOKEN.encode()),),
        ((b"authorization", f"Basic {TOKEN}".encode()),),
        (right, right),
    ):
        refused = await read(world, *wrong, token=TOKEN)
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert "doorward_" not in refused.text


async def test_without_a_token_this_machine_alone_reads(world: World) -> None:
    """Where a proxy speaks for somebody else, or the address is of the world, nobody does."""
    assert (await read(world)).status == 200
    for name in (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"):
        assert (await read(world, (name, b"127.0.0.1"))).status == 403
    settings = world.services.settings.model_validate({"base_url": "https://id.example.org"})
    public = build_app(replace(world.services, settings=settings))
    assert (await raw_request(public, "GET", "/metrics")).status == 403


async def test_an_organization_has_no_numbers(world: World) -> None:
    """They are the installation's: not there under an organization, nor where they are off."""
    assert (await raw_request(world.app, "GET", f"/o/{world.org.org_id}/metrics")).status == 404
    settings = world.services.settings.model_validate({"metrics": False})
    app = build_app(replace(world.services, settings=settings))
    assert (await raw_request(app, "GET", "/metrics")).status == 404


async def test_statements_of_the_database_are_told(house: House) -> None:
    """The same number that query counts are pinned by."""
    world = await house.new_world()
    before = world.services.db.statements_run
    found = await numbers(world.app)
    told = found["doorward_db_statements_total", frozenset({("worker", "0")})]
    assert 0 < before <= told <= world.services.db.statements_run


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    """Nobody writes the documents twice."""
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in text if line.startswith("|")] == families_table()
