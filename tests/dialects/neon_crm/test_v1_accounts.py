"""API v1: accounts one by one and in lists, in JSON and in XML."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from tests.dialects.neon_crm.test_v2_accounts import BAKERY, ZOE
from tests.support.crm import Integration, make_integration, person
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def crm(world: World) -> Integration:
    return await make_integration(world)


async def made(crm: Integration, body: dict[str, Any]) -> str:
    return str((await crm.v2("POST", "/accounts", json=body)).json()["id"])


async def called(crm: Integration, operation: str, *params: tuple[str, str]) -> dict[str, Any]:
    """The inside of an answer's envelope."""
    session = ("userSessionId", await crm.session())
    answer = await crm.v1(f"account/{operation}", params=[session, *params])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    envelope: dict[str, Any] = answer.json()[f"{operation}Response"]
    return envelope


def code_of(envelope: dict[str, Any]) -> int:
    assert envelope["operationResult"] == "FAIL"
    return int(envelope["errors"]["error"][0]["errorCode"])


async def test_an_individual_is_retrieved(crm: Integration) -> None:
    """With the names of the platform's own sample, and nothing about staff."""
    account_id = await made(crm, ZOE)
    envelope = await called(crm, "retrieveIndividualAccount", ("accountId", account_id))
    assert envelope["operationResult"] == "SUCCESS"
    account = envelope["individualAccount"]
    contact = account["primaryContact"]
    assert account["accountId"] == int(account_id)
    assert account["login"] == {"username": "zoe"}
    assert account["noSolicitation"] is True
    assert (contact["firstName"], contact["lastName"]) == ("Zoe", "Moss")
    assert contact["email1"] == "zoe@mail.example"
    assert contact["dob"] == "1990-02-05"
    assert contact["gender"] == {"code": "F", "name": "Female"}
    assert contact["deceased"] is False
    assert (contact["phone1"], contact["phone1Type"]) == ("555-0100", "Home")
    (address,) = contact["addresses"]["address"]
    assert address["isPrimaryAddress"] is True
    assert address["state"] == {"code": "IL", "name": "Illinois"}
    assert address["country"]["name"] == "United States of America"
    assert account["individualTypes"]["individualType"] == [{"id": "1", "name": "Donor"}]
    custom = account["customFieldDataList"]["customFieldData"]
    assert [each.get("fieldValue") for each in custom] == ["blue", "Red", "Tan"]
    assert [each.get("fieldOptionId") for each in custom] == [None, "3", "4"]


async def test_an_organization_is_retrieved(crm: Integration) -> None:
    """A company by the platform's older word."""
    account_id = await made(crm, BAKERY)
    envelope = await called(crm, "retrieveOrganizationAccount", ("accountId", account_id))
    account = envelope["organizationAccount"]
    assert account["organizationName"] == "Moss Bakery"
    assert account["primaryContact"]["firstName"] == "Zoe"
    assert account["organizationTypes"]["organizationType"] == [{"id": "2", "name": "Sponsor"}]
    (address,) = account["primaryContact"]["addresses"]["address"]
    assert (address["isShippingAddress"], address["city"]) == (True, "Lund")


async def test_an_account_of_the_other_type_is_told_so(crm: Integration) -> None:
    """The client may ask again with the other operation, whose name it is told."""
    zoe, bakery = await made(crm, ZOE), await made(crm, BAKERY)
    for operation, account_id, other in (
        ("retrieveIndividualAccount", bakery, "retrieveOrganizationAccount"),
        ("retrieveOrganizationAccount", zoe, "retrieveIndividualAccount"),
    ):
        envelope = await called(crm, operation, ("accountId", account_id))
        assert code_of(envelope) == 404
        assert other in envelope["errors"]["error"][0]["errorMessage"]


async def test_accounts_that_are_not_there_are_told_so(crm: Integration, house: House) -> None:
    """Unknown ones, those of another organization, staff, and what is no number."""
    other = await make_integration(await house.new_world())
    foreign = [await made(other, person("Not", "Mine")) for _ in range(3)][-1]
    for operation in ("retrieveIndividualAccount", "retrieveOrganizationAccount"):
        for account_id, code in (
            ("999999", 404),
            (foreign, 404),
            (crm.account.subject, 404),
            ("0", 400),
            ("-1", 400),
            ("x", 400),
            ("1.5", 400),
            ("9" * 40, 400),
            ("", 400),
        ):
            envelope = await called(crm, operation, ("accountId", account_id))
            assert code_of(envelope) == code, (operation, account_id)
        assert code_of(await called(crm, operation)) == 400


def output(*names: str) -> list[tuple[str, str]]:
    """Columns as the platform's documentation writes them."""
    columns: list[tuple[str, str]] = []
    for name in names:
        number = name if name.isdigit() else ""
        columns.append(("outputfields.idnamepair.id", number))
        columns.append(("outputfields.idnamepair.name", "" if number else name))
    return columns


def where(key: str, operator: str, value: str | None = None) -> list[tuple[str, str]]:
    parts = [("searches.search.key", key), ("searches.search.searchOperator", operator)]
    return parts if value is None else [*parts, ("searches.search.value", value)]


async def test_accounts_are_searched_as_the_documentation_shows(crm: Integration) -> None:
    """Repeated parameters in order, custom fields by number."""
    zoe = await made(crm, ZOE)
    envelope = await called(
        crm,
        "listAccounts",
        *output("Account ID", "First Name", "Email 1", "77", "City"),
        *where("Email", "EQUAL", "zoe@mail.example"),
    )
    assert envelope["page"] == {
        "currentPage": 1,
        "pageSize": 10,
        "totalPage": 1,
        "totalResults": 1,
    }
    assert envelope["searchResults"]["nameValuePairs"] == [
        {
            "nameValuePair": [
                {"name": "Account ID", "value": int(zoe)},
                {"name": "First Name", "value": "Zoe"},
                {"name": "Email 1", "value": "zoe@mail.example"},
                {"name": "77", "value": "blue"},
                {"name": "City", "value": "Lund"},
            ]
        }
    ]


async def test_results_are_sorted_and_paged(crm: Integration) -> None:
    """Pages are counted from 1; without criteria everybody is found."""
    await made(crm, BAKERY)
    for n in range(12):
        await made(crm, person("Pia", f"Page{n:02}", f"pia{n}@mail.example"))
    seen: list[str] = []
    for page in ("1", "2", "3"):
        envelope = await called(
            crm,
            "listAccounts",
            *output("Last Name"),
            *where("First Name", "IN_RANGE", '("Pia","Zoe")'),
            *where("Email", "NOT_BLANK"),
            *where("Last Name", "CONTAIN", "page"),
            ("page.currentPage", page),
            ("page.pageSize", "5"),
            ("page.sortColumn", "Last Name"),
            ("page.sortDirection", "DESC"),
        )
        assert envelope["page"] == {
            "currentPage": int(page),
            "pageSize": 5,
            "totalPage": 3,
            "totalResults": 12,
        }
        pairs = envelope["searchResults"]["nameValuePairs"]
        seen += [each["nameValuePair"][0]["value"] for each in pairs]
    assert seen == [f"Page{n:02}" for n in reversed(range(12))]
    everybody = await called(crm, "listAccounts", *output("Account ID"))
    assert everybody["page"]["totalResults"] == 14


async def test_parts_of_a_search_are_read_in_any_order(crm: Integration) -> None:
    """One criterion after the other, as the documentation has it, or all keys first."""
    await made(crm, ZOE)
    session_id = await crm.session()
    one_by_one = [
        *output("First Name", "77"),
        *where("Email", "NOT_BLANK"),
        *where("City", "EQUAL", "Lund"),
        *where("Last Name", "BLANK"),
    ]
    by_part = sorted(one_by_one, key=lambda pair: pair[0])
    blank = [*one_by_one[:6], ("searches.search.value", ""), *one_by_one[6:]]
    for pairs, total in ((one_by_one[:-2], 1), (one_by_one, 0), (by_part, 0), (blank, 0)):
        query = urlencode([("userSessionId", session_id), *pairs])
        answer = (await crm.v1(f"account/listAccounts?{query}")).json()["listAccountsResponse"]
        assert answer["operationResult"] == "SUCCESS", answer
        assert answer["page"]["totalResults"] == total
        for row in answer["searchResults"]["nameValuePairs"]:
            assert [each["value"] for each in row["nameValuePair"]] == ["Zoe", "blue"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([], 26),
        ([*output("City"), ("searches.search.key", "Email")], 29),
        ([*output("City"), ("searches.search.searchOperator", "EQUAL")], 22),
        ([*output("City"), *where("Email", "EQUAL", "x"), ("searches.search.value", "y")], 25),
        (output("Shoe Size"), 26),
        (output("password_hash"), 26),
        ([*output("City"), *where("Shoe Size", "EQUAL", "43")], 23),
        ([*output("City"), *where("", "EQUAL", "43")], 22),
        ([*output("City"), *where("Email", "", "x")], 29),
        ([*output("City"), *where("Email", "LIKE", "x")], 29),
        ([*output("City"), *where("Email", "EQUAL", "")], 24),
        ([*output("City"), *where("Email", "EQUAL")], 24),
        ([*output("City"), *where("Account ID", "EQUAL", "x")], 25),
        ([*output("City"), *where("Email", "EQUAL", "x" * 500)], 25),
        ([*output("City"), ("page.sortColumn", "Email")], 21),
        ([*output("City"), ("page.sortDirection", "UP")], 400),
        ([*output("City"), ("page.currentPage", "0")], 400),
        ([*output("City"), ("page.pageSize", "201")], 400),
        ([*output("City"), ("page.pageSize", "x")], 400),
        ([*output("City"), ("page.pageSize", "5"), ("page.pageSize", "6")], 400),
        ([*output(*["City"] * 301)], 26),
        ([*output("City"), *where("Email", "EQUAL", "x") * 21], 400),
    ],
)
async def test_what_is_wrong_with_a_search_is_told_by_its_code(
    crm: Integration, params: list[tuple[str, str]], code: int
) -> None:
    """Those of API v2, which are the only ones that are published."""
    assert code_of(await called(crm, "listAccounts", *params)) == code


async def test_staff_are_never_listed(crm: Integration) -> None:
    """Not even by their number."""
    criterion = where("Account ID", "EQUAL", crm.account.subject)
    found = await called(crm, "listAccounts", *output("Account Login Name"), *criterion)
    assert (found["page"]["totalResults"], found["page"]["totalPage"]) == (0, 0)
    assert found["searchResults"]["nameValuePairs"] == []


async def test_names_that_look_like_markup_stay_names_in_xml(crm: Integration) -> None:
    """A real parser reads back what was written, and finds no element that we did not make."""
    evil = "<b>&\"'</b>]]>&amp;<!--"
    account_id = await made(crm, person(evil, "日本 🎋", "x@mail.example"))
    session = {"userSessionId": await crm.session(), "responseType": "xml"}
    answer = await crm.v1(
        "account/retrieveIndividualAccount", params={**session, "accountId": account_id}
    )
    root = ET.fromstring(answer.content)
    assert root.findtext("individualAccount/primaryContact/firstName") == evil
    assert root.findtext("individualAccount/primaryContact/lastName") == "日本 🎋"
    assert root.find(".//b") is None
    listing = await crm.v1(
        "account/listAccounts",
        params=[*session.items(), *output("First Name", "Email 1"), *where("Email", "NOT_BLANK")],
    )
    root = ET.fromstring(listing.content)
    values = [
        each.findtext("value")
        for each in root.iterfind("searchResults/nameValuePairs/nameValuePair")
    ]
    assert values[-2:] == [evil, "x@mail.example"]
    assert root.findtext("page/currentPage") == "1"
