"""Schemathesis: whatever the document allows or forbids, the answer is one that it describes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from doorward.db import open_database
from doorward.orgs import OPERATORS
from tests.console.api.staff import Office, open_office
from tests.console.api.things import things_of
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.world import BASE_URL

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass
class Desk:
    """An office on a loop of its own, which generated tests can use one call after the other."""

    runner: asyncio.Runner
    office: Office
    key: str
    things: Mapping[str, str]
    document: dict[str, Any]

    def send(self, case: Case[Any]) -> httpx2.Response:
        """The answer to a generated case, from a member of staff who may do everything."""
        base = f"{BASE_URL}/o/{OPERATORS}/api"
        kwargs = case.as_transport_kwargs(base_url=base)
        kwargs = {k: v for k, v in kwargs.items() if k not in {"timeout", "verify", "stream"}}
        prepared = requests.Request(**kwargs).prepare()
        body = prepared.body or b""
        headers = [
            (name.encode("latin-1", "replace"), _bytes(value))
            for name, value in prepared.headers.items()
            if name.lower() not in {"authorization", "content-length"}
        ]
        request = httpx2.Request(
            str(prepared.method),
            str(prepared.url),
            headers=[*headers, (b"authorization", f"Bearer {self.key}".encode())],
            content=body.encode() if isinstance(body, str) else body,
        )
        return self.runner.run(self._answer(request))

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.office.app)
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.send(request)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


@pytest.fixture(scope="module")
def desk(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """One office for every generated test: what they leave behind is input for the next."""
    path: Path = tmp_path_factory.mktemp("desk") / "doorward.sqlite"
    url = sqlite_template.copy_to(path)
    clock = ManualClock()

    async def opened() -> Desk:
        office = await open_office(await open_database(url, clock=clock), clock)
        await office.services.keys.ensure(OPERATORS)
        chief = await office.staff(org_id=OPERATORS)
        key = await office.key_of(chief)
        things = await things_of(office, OPERATORS)
        client = office.holding(None, org_id=OPERATORS)
        document = (await client("GET", "/openapi.json")).json()
        return Desk(runner, office, key, things, document)

    with asyncio.Runner() as runner:
        desk = runner.run(opened())
        yield desk
        runner.run(desk.office.close())
        runner.run(desk.office.services.db.close())


def run(desk: Desk, mode: GenerationMode, examples: int) -> int:
    """Try every operation of the document with ``examples`` cases; how many were sent."""
    load_all_checks()
    schema = schemathesis.openapi.from_dict(desk.document)
    sent = 0
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.large_base_example]
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=quiet,
        )
        def check(case: Case[Any]) -> None:
            nonlocal sent
            sent += 1
            checks = list(CHECKS)
            if mode is GenerationMode.POSITIVE and sent % 4:
                for name in case.path_parameters:
                    case.path_parameters[name] = desk.things.get(name, "contacts")
            if mode is GenerationMode.NEGATIVE:
                checks.append(negative_data_rejection)
            case.validate_response(desk.send(case), checks=checks)

        check()
    return sent


def test_what_the_document_allows_is_answered_as_it_says(desk: Desk) -> None:
    """Documented statuses, types and shapes; never a failure of the server."""
    assert run(desk, GenerationMode.POSITIVE, 8) > 250


def test_what_the_document_forbids_is_refused_as_it_says(desk: Desk) -> None:
    """Wrong types, missing fields, values out of bounds: a problem, never a failure."""
    assert run(desk, GenerationMode.NEGATIVE, 6) > 100
