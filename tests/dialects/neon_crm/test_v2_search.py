"""Searches of API v2: each operator, each kind of field, columns, order, pages, and the errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doorward.accounts import Operator
from doorward.db import SECOND
from doorward.dialects.neon_crm import ApiV2, CallLimits, CrmServices
from doorward.dialects.neon_crm.columns import OUTPUT, SEARCH, SearchKind, operators_of
from tests.support.crm import Integration, errors_of, make_integration, person
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio

SECOND_PERSON = {"city": "Lund", "zipCode": "222", "stateProvince": {"code": "IL"}}


@pytest.fixture
async def crm(world: World) -> Integration:
    """Two people and a company, made a day after Anna."""
    program = await make_integration(world)
    world.clock.advance(seconds=86_400)
    for body in (
        person("Bo", "Berg", "bo@mail.example", addresses=[{"city": "Malmo", "phone1": "555-1"}]),
        person("Cy", "Dahl", "cy@mail.example", addresses=[SECOND_PERSON]),
        {"companyAccount": {"name": "Berg Bakery", "primaryContact": {"lastName": "Ek"}}},
    ):
        assert (await program.v2("POST", "/accounts", json=body)).status_code == 201
    return program


async def search(
    crm: Integration,
    *fields: tuple[Any, ...],
    columns: Sequence[Any] = ("First Name", "Company Name"),
    **pagination: Any,
) -> Any:
    asked = [dict(zip(("field", "operator", "value"), each, strict=False)) for each in fields]
    body = {"searchFields": asked, "outputFields": list(columns), "pagination": pagination}
    return await crm.v2("POST", "/accounts/search", json=body)


async def found(crm: Integration, *fields: tuple[Any, ...], **pagination: Any) -> list[str]:
    answer = await search(crm, *fields, **pagination)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["searchResults"]
    return [each["First Name"] or each["Company Name"] for each in rows]


@pytest.mark.parametrize(
    ("criterion", "names"),
    [
        (("First Name", "EQUAL", "bo"), ["Bo"]),
        (("First Name", "equal", "BO"), ["Bo"]),
        (("first name", "NOT_EQUAL", "Bo"), ["Cy", "Berg Bakery", "Anna"]),
        (("Last Name", "CONTAIN", "er"), ["Bo"]),
        (("Last Name", "IN_RANGE", ["Berg", "Dahl"]), ["Bo", "Cy"]),
        (("Last Name", "IN_RANGE", '("Berg","Dahl")'), ["Bo", "Cy"]),
        (("Last Name", "IN_RANGE", "(Berg, Dahl)"), ["Bo", "Cy"]),
        (("Last Name", "GREATER_AND_EQUAL", "dahl"), ["Cy", "Berg Bakery", "Anna"]),
        (("Email", "EQUAL", "cy@mail.example"), ["Cy"]),
        (("Email 1", "EQUAL", "cy@mail.example"), ["Cy"]),
        (("City", "EQUAL", "LUND"), ["Cy"]),
        (("State/Province", "EQUAL", "il"), ["Cy"]),
        (("Zip Code", "EQUAL", 222), ["Cy"]),
        (("Phone", "EQUAL", "555-1"), ["Bo"]),
        (("Company Name", "CONTAIN", "bakery"), ["Berg Bakery"]),
        (("Account Type", "EQUAL", "Company"), ["Berg Bakery"]),
        (("Account Type", "EQUAL", "Organization"), ["Berg Bakery"]),
        (("Account Type", "NOT_EQUAL", "Company"), ["Bo", "Cy", "Anna"]),
        (("Account Created Date", "EQUAL", "{today}"), ["Berg Bakery", "Bo", "Cy"]),
        (("Account Created Date", "EQUAL", "{yesterday}"), ["Anna"]),
        (("Account Created Date", "LESS_THAN", "{today}"), ["Anna"]),
        (("Account Created Date", "LESS_AND_EQUAL", "{yesterday}"), ["Anna"]),
        (("Account Created Date", "GREATER_THAN", "{yesterday}"), ["Berg Bakery", "Bo", "Cy"]),
        (("Account Created Date", "GREATER_THAN", "{today}"), []),
        (("Account Created Date/Time", "GREATER_AND_EQUAL", "{now}"),
         ["Berg Bakery", "Bo", "Cy"]),
        (("Account Created Date/Time", "GREATER_THAN", "{now}"), []),
        (("Account Last Modified Date", "EQUAL", "{today}"), ["Berg Bakery", "Bo", "Cy"]),
    ],
)  # fmt: skip
async def test_a_criterion_finds_whom_it_describes(
    crm: Integration, criterion: tuple[Any, ...], names: list[str]
) -> None:
    """Text without regard to case, numbers as numbers, days as whole days."""
    now = datetime.fromtimestamp(crm.world.clock.now // SECOND, UTC)
    days = {
        "now": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "today": f"{now:%Y-%m-%d}",
        "yesterday": f"{now - timedelta(days=1):%Y-%m-%d}",
    }
    said = [part.format(**days) if isinstance(part, str) else part for part in criterion]
    answer = await search(crm, tuple(said), columns=("First Name", "Company Name"))
    assert answer.status_code == 200, answer.text
    rows = answer.json()["searchResults"]
    seen = [each["First Name"] or each["Company Name"] for each in rows]
    assert sorted(seen) == sorted(names)


async def test_criteria_are_joined_by_and(crm: Integration) -> None:
    """A number may be sent as a number."""
    ids = (await search(crm, ("Last Name", "EQUAL", "Berg"), columns=["Account ID"])).json()
    number = int(ids["searchResults"][0]["Account ID"])
    assert await found(crm, ("Account ID", "EQUAL", number), ("City", "EQUAL", "Malmo")) == ["Bo"]
    assert await found(crm, ("Account ID", "EQUAL", number), ("City", "EQUAL", "Lund")) == []


async def test_results_are_sorted_and_paged(crm: Integration) -> None:
    """By a column of the answer, in either direction; pages are counted from 0."""
    people = ("Account Type", "EQUAL", "Individual")
    some = ("Email", "NOT_BLANK")
    descending = {"sortColumn": "First Name", "sortDirection": "DESC"}
    assert (await found(crm, people, some, **descending))[:2] == ["Cy", "Bo"]
    answer = await search(crm, people, some, pageSize=1, currentPage=1, **descending)
    assert answer.json()["searchResults"] == [{"First Name": "Bo", "Company Name": None}]
    total = answer.json()["pagination"]["totalResults"]
    assert answer.json()["pagination"] == {
        "currentPage": 1,
        "pageSize": 1,
        "totalPages": total,
        "totalResults": total,
        **descending,
    }


async def test_every_column_and_every_field_that_is_named_can_be_used(crm: Integration) -> None:
    """The two lists that the API tells are true."""
    outputs = (await crm.v2("GET", "/accounts/search/outputFields")).json()
    assert outputs == {
        "standardFields": [column.name for column in OUTPUT.values()],
        "customFields": [],
    }
    told = outputs["standardFields"]
    answer = await search(crm, ("Account ID", "NOT_BLANK"), columns=[*told, "77", 78])
    assert {*answer.json()["searchResults"][0]} == {*told, "77", "78"}
    for name in told:
        pagination = {"sortColumn": name, "sortDirection": "ASC"}
        sorted_by = await search(crm, ("Account ID", "NOT_BLANK"), columns=told, **pagination)
        code = 200 if OUTPUT[name.casefold()].field is not None else 400
        assert sorted_by.status_code == code, name
    fields = (await crm.v2("GET", "/accounts/search/searchFields")).json()
    assert len(fields) == len(SEARCH)
    samples = {
        SearchKind.TEXT: "x",
        SearchKind.NUMBER: "1",
        SearchKind.TYPE: "Company",
        SearchKind.MOMENT: "2026-01-01",
    }
    for field in fields:
        _name, _field, kind = SEARCH[field["fieldName"].casefold()]
        assert field["operators"] == [str(each) for each in operators_of(kind)]
        for operator in field["operators"]:
            criterion = (field["fieldName"], operator, samples[kind])
            answer = await search(crm, criterion)
            assert answer.status_code == 200, (criterion, answer.text)
        for operator in {str(each) for each in Operator} - set(field["operators"]):
            answer = await search(crm, (field["fieldName"], operator, samples[kind]))
            assert errors_of(answer) == ["29"], (field, operator)


ONE = {"field": "Email", "operator": "EQUAL", "value": "x"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "30"),
        ({"searchFields": [], "outputFields": ["Account ID"]}, "30"),
        ({"searchFields": [{**ONE, "field": None}], "outputFields": ["City"]}, "22"),
        ({"searchFields": [{**ONE, "field": ""}], "outputFields": ["City"]}, "22"),
        ({"searchFields": [{**ONE, "field": "Shoe Size"}], "outputFields": ["City"]}, "23"),
        ({"searchFields": [{**ONE, "field": 77}], "outputFields": ["City"]}, "23"),
        ({"searchFields": [{**ONE, "operator": None}], "outputFields": ["City"]}, "29"),
        ({"searchFields": [{**ONE, "operator": "LIKE"}], "outputFields": ["City"]}, "29"),
        ({"searchFields": [{**ONE, "value": None}], "outputFields": ["City"]}, "24"),
        ({"searchFields": [{**ONE, "value": ""}], "outputFields": ["City"]}, "24"),
        ({"searchFields": [{**ONE, "value": ["a", "b"]}], "outputFields": ["City"]}, "25"),
        ({"searchFields": [{**ONE, "value": "a\x00b"}], "outputFields": ["City"]}, "25"),
        ({"searchFields": [{**ONE, "value": "x" * 400}], "outputFields": ["City"]}, "25"),
        ({"searchFields": [{"field": "Account ID", "operator": "EQUAL", "value": "x"}],
          "outputFields": ["City"]}, "25"),
        ({"searchFields": [{"field": "Account ID", "operator": "EQUAL", "value": "9" * 30}],
          "outputFields": ["City"]}, "25"),
        ({"searchFields": [{"field": "Account Created Date", "operator": "EQUAL",
                            "value": "yesterday"}], "outputFields": ["City"]}, "25"),
        ({"searchFields": [{**ONE, "operator": "IN_RANGE", "value": '("a'}],
          "outputFields": ["City"]}, None),
        ({"searchFields": [{**ONE, "operator": "IN_RANGE", "value": '("a" "b")'}],
          "outputFields": ["City"]}, "25"),
        ({"searchFields": [{**ONE, "operator": "IN_RANGE", "value": ["a"] * 501}],
          "outputFields": ["City"]}, "25"),
        ({"searchFields": [ONE]}, "26"),
        ({"searchFields": [ONE], "outputFields": []}, "26"),
        ({"searchFields": [ONE], "outputFields": ["Password"]}, "26"),
        ({"searchFields": [ONE], "outputFields": ["password_hash"]}, "26"),
        ({"searchFields": [ONE], "outputFields": ["City"],
          "pagination": {"sortColumn": "Email"}}, "21"),
        ({"searchFields": [ONE], "outputFields": ["Prefix"],
          "pagination": {"sortColumn": "Prefix"}}, "21"),
        ({"searchFields": [ONE], "outputFields": ["City"],
          "pagination": {"sortDirection": "UP"}}, "400"),
        ({"searchFields": [ONE], "outputFields": ["City"], "pagination": {"pageSize": 201}}, "400"),
        ({"searchFields": [ONE], "outputFields": ["City"], "pagination": {"pageSize": 0}}, "400"),
        ({"searchFields": [ONE], "outputFields": ["City"],
          "pagination": {"currentPage": -1}}, "400"),
        ({"searchFields": [ONE] * 21, "outputFields": ["City"]}, "400"),
        ({"searchFields": [ONE], "outputFields": ["City"] * 301}, "400"),
        ({"searchFields": "x", "outputFields": ["City"]}, "400"),
        ([], "400"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_search_is_told_by_its_code(
    crm: Integration, body: Any, code: str | None
) -> None:
    """The platform's own codes, and 400 where it has none."""
    answer = await crm.v2("POST", "/accounts/search", json=body)
    if code is None:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, errors_of(answer)) == (400, [code])


async def test_while_one_search_is_under_way_another_is_refused(crm: Integration) -> None:
    """For the same organization only, and for as long as it takes."""
    use = crm.world.services
    limits = CallLimits(use.clock)
    services = CrmServices(
        organizations=use.organizations,
        accounts=use.accounts,
        api_keys=use.api_keys,
        api_sessions=use.api_sessions,
        sessions=use.sessions,
        limits=limits,
        clock=use.clock,
        random=use.random,
    )
    api = ApiV2(services).as_asgi()
    request = (await search(crm, ("Email", "NOT_BLANK"))).request
    headers = (
        (b"authorization", request.headers["authorization"].encode()),
        (b"content-type", b"application/json"),
    )

    async def status() -> int:
        body = request.content
        answer = await raw_request(api, "POST", "/accounts/search", body=body, headers=headers)
        return answer.status

    async with limits.search("another"):
        assert await status() == 200
    async with limits.search(crm.org_id):
        assert await status() == 429
    assert await status() == 200
