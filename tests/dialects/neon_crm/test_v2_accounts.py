"""Accounts of API v2: created, read, replaced, changed in part, both types of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from doorward.accounts import AccountKind, SignInRefused
from doorward.crypto import Secret
from doorward.sessions import Visitor
from tests.support.crm import Integration, errors_of, make_integration, person
from tests.support.world import World

pytestmark = pytest.mark.anyio

ZOE: dict[str, Any] = {
    "individualAccount": {
        "noSolicitation": True,
        "url": "https://zoe.example",
        "login": {"username": "zoe", "password": None},
        "consent": {"email": "GIVEN", "mail": "DECLINED"},
        "accountCustomFields": [
            {"id": "77", "name": "Shirt", "value": "blue"},
            {"id": "78", "optionValues": [{"id": "3", "name": "Red"}, {"id": "4", "name": "Tan"}]},
        ],
        "source": {"id": "43", "name": "A friend"},
        "primaryContact": {
            "firstName": "Zoe",
            "middleName": "Q.",
            "lastName": "Moss",
            "prefix": "Dr.",
            "preferredName": "Zo",
            "dob": {"day": "05", "month": "02", "year": "1990"},
            "gender": "Female",
            "email1": "zoe@mail.example",
            "email2": "zoe@work.example",
            "title": "Baker",
            "startDate": "2020-01-31",
            "addresses": [
                {
                    "addressLine1": "1 Long Way",
                    "city": "Lund",
                    "stateProvince": {"code": "IL", "name": "Illinois"},
                    "zipCode": "60601",
                    "country": {"id": "1", "name": "United States of America"},
                    "isPrimaryAddress": True,
                    "phone1": "555-0100",
                    "phone1Type": "Home",
                }
            ],
        },
        "sendSystemEmail": False,
        "origin": {"originDetail": "Web", "originCategory": "Form"},
        "company": {"name": "Moss Bakery"},
        "individualTypes": [{"id": "1", "name": "Donor"}],
    }
}
BAKERY: dict[str, Any] = {
    "companyAccount": {
        "name": "Moss Bakery",
        "login": {"username": "bakery"},
        "primaryContact": {"firstName": "Zoe", "lastName": "Moss", "email1": "bakery@mail.example"},
        "companyTypes": [{"id": "2", "name": "Sponsor"}],
        "shippingAddresses": [{"addressLine1": "Back door", "city": "Lund"}],
    }
}


@pytest.fixture
async def crm(world: World) -> Integration:
    return await make_integration(world)


async def made(crm: Integration, body: dict[str, Any]) -> str:
    answer = await crm.v2("POST", "/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def read(crm: Integration, account_id: str) -> dict[str, Any]:
    answer = await crm.v2("GET", f"/accounts/{account_id}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def differing(sent: Any, answered: Any, path: str = "") -> list[str]:
    """Where what was sent is not what is answered; what was not sent may be anything."""
    if isinstance(sent, dict):
        return [
            fault
            for key, value in sent.items()
            for fault in differing(value, answered.get(key), f"{path}.{key}")
        ]
    if isinstance(sent, list):
        if len(sent) != len(answered):
            return [path]
        pairs = enumerate(zip(sent, answered, strict=True))
        return [f for n, (mine, theirs) in pairs for f in differing(mine, theirs, f"{path}.{n}")]
    return [] if sent == answered else [f"{path}: {sent!r} became {answered!r}"]


async def test_an_individual_is_answered_as_it_was_sent(crm: Integration) -> None:
    """Every field that is kept, in both directions, under the key of its type."""
    document = await read(crm, await made(crm, ZOE))
    assert document["companyAccount"] is None
    assert differing(ZOE, document) == []
    account = document["individualAccount"]
    assert account["timestamps"]["createdBy"] == f"account {crm.account.account_id}"
    assert account["timestamps"]["createdDateTime"].endswith("Z")
    assert account["primaryContact"]["contactId"] == account["accountId"]


async def test_a_company_is_answered_as_it_was_sent(crm: Integration) -> None:
    """Its contact stands beside its name."""
    contact_id = await made(crm, person("Carl", "Contact"))
    body = {"companyAccount": {**BAKERY["companyAccount"], "primaryContactAccountId": contact_id}}
    document = await read(crm, await made(crm, body))
    assert document["individualAccount"] is None
    assert differing(body, document) == []


async def test_what_was_read_can_be_sent_back(crm: Integration) -> None:
    """A client that changes one field of what it read, and puts it, changes that field."""
    for body, key in ((ZOE, "individualAccount"), (BAKERY, "companyAccount")):
        account_id = await made(crm, body)
        before = await read(crm, account_id)
        before[key]["primaryContact"]["lastName"] = "Marsh"
        answer = await crm.v2("PUT", f"/accounts/{account_id}", json=before)
        assert (answer.status_code, answer.json()) == (200, {"id": account_id})
        assert differing(before, await read(crm, account_id)) == []


async def test_a_full_update_leaves_nothing_that_was_not_sent(crm: Integration) -> None:
    """But the user name, without which nobody signs in."""
    account_id = await made(crm, ZOE)
    await crm.v2("PUT", f"/accounts/{account_id}", json=person("Ann", "New"))
    account = (await read(crm, account_id))["individualAccount"]
    contact = account["primaryContact"]
    assert (contact["firstName"], contact["lastName"]) == ("Ann", "New")
    assert (contact["email1"], contact["dob"], contact["addresses"]) == (None, None, [])
    assert (account["source"], account["accountCustomFields"]) == (None, [])
    assert account["sendSystemEmail"] is True
    assert account["login"]["username"] == "zoe"


async def test_a_partial_update_changes_what_was_sent(crm: Integration) -> None:
    """Null clears, lists with numbers change entry by entry, the rest stays."""
    account_id = await made(crm, ZOE)
    address_id = (await read(crm, account_id))["individualAccount"]["primaryContact"]["addresses"][
        0
    ]["addressId"]
    change = {
        "individualAccount": {
            "source": None,
            "consent": {"email": "DECLINED"},
            "accountCustomFields": [
                {"id": 78, "value": "none"},
                {"id": "79", "value": "new"},
            ],
            "primaryContact": {
                "lastName": "Marsh",
                "dob": None,
                "addresses": [
                    {"addressId": address_id, "city": "Malmo"},
                    {"addressLine1": "2 Short Way", "isPrimaryAddress": True},
                ],
            },
        }
    }
    answer = await crm.v2("PATCH", f"/accounts/{account_id}", json=change)
    assert answer.status_code == 200, answer.text
    account = (await read(crm, account_id))["individualAccount"]
    contact = account["primaryContact"]
    assert (contact["firstName"], contact["lastName"], contact["dob"]) == ("Zoe", "Marsh", None)
    assert (account["source"], account["url"]) == (None, "https://zoe.example")
    assert (account["consent"]["email"], account["consent"]["mail"]) == ("DECLINED", "DECLINED")
    assert {each["id"]: each["value"] for each in account["accountCustomFields"]} == {
        "77": "blue",
        "78": "none",
        "79": "new",
    }
    first, second = contact["addresses"]
    assert (first["city"], first["zipCode"], first["isPrimaryAddress"]) == ("Malmo", "60601", False)
    assert (second["addressLine1"], second["isPrimaryAddress"]) == ("2 Short Way", True)
    kept = await crm.world.services.accounts.get(crm.org_id, int(account_id))
    assert kept.name == "Zoe Marsh"


async def test_an_address_to_sign_in_with_follows_the_first_email(crm: Integration) -> None:
    """Who signs in with an address does so with the new one; other user names stay."""
    account_id = await made(crm, person("Ann", "New", "ann@mail.example"))
    change = {"individualAccount": {"primaryContact": {"email1": "new@mail.example"}}}
    await crm.v2("PATCH", f"/accounts/{account_id}", json=change)
    account = (await read(crm, account_id))["individualAccount"]
    assert account["login"]["username"] == "new@mail.example"
    zoe = await made(crm, ZOE)
    await crm.v2(
        "PATCH", f"/accounts/{zoe}", json={"individualAccount": {"login": {"username": "z"}}}
    )
    assert (await read(crm, zoe))["individualAccount"]["login"]["username"] == "z"


async def test_fifty_partial_updates_at_once_undo_nothing(crm: Integration) -> None:
    """Each changes a field of its own, and every one of them is there in the end."""
    account_id = await made(crm, ZOE)
    answers = await asyncio.gather(
        *(
            crm.v2(
                "PATCH",
                f"/accounts/{account_id}",
                json={
                    "individualAccount": {
                        "accountCustomFields": [{"id": str(1000 + n), "value": str(n)}]
                    }
                },
            )
            for n in range(50)
        )
    )
    assert {each.status_code for each in answers} == {200}
    fields = (await read(crm, account_id))["individualAccount"]["accountCustomFields"]
    assert {each["id"] for each in fields} >= {str(1000 + n) for n in range(50)}
    assert len(fields) == 52


async def test_a_password_lets_in_and_is_never_shown(crm: Integration) -> None:
    """Set when the account is made; a new one ends the sessions of the old."""
    use, org = crm.world.services, crm.world.org
    body = person("Ann", "New", "ann@mail.example")
    body["individualAccount"]["login"] = {"username": "ann", "password": "correct horse"}
    account_id = await made(crm, body)

    async def signs_in(password: str) -> bool:
        found = await use.accounts.verify_password(
            org.org_id, AccountKind.CONSTITUENT, "ann", Secret(password)
        )
        return not isinstance(found, SignInRefused)

    assert await signs_in("correct horse")
    account = await use.accounts.get(org.org_id, int(account_id))
    browser, _ = await use.sessions.open_browser(org)
    await use.sessions.sign_in(org, browser, account, Visitor(None, None))
    change = {"individualAccount": {"login": {"password": "battery staple"}}}
    await crm.v2("PATCH", f"/accounts/{account_id}", json=change)
    assert await signs_in("battery staple")
    assert not await signs_in("correct horse")
    assert await use.sessions.list_live(org, int(account_id)) == []
    answer = await crm.v2("GET", f"/accounts/{account_id}")
    for hidden in ("correct horse", "battery staple", "argon2", "permissions"):
        assert hidden not in answer.text
    weak = {"individualAccount": {"primaryContact": {"lastName": "X"}, "login": {"password": "x"}}}
    refused = await crm.v2("PATCH", f"/accounts/{account_id}", json=weak)
    assert (refused.status_code, errors_of(refused)) == (400, ["400"])
    contact = (await read(crm, account_id))["individualAccount"]["primaryContact"]
    assert contact["lastName"] == "New"


async def test_names_and_addresses_that_are_taken_are_conflicts(crm: Integration) -> None:
    """Staff have theirs in another drawer; a taken name is told apart from nothing else."""
    await made(crm, ZOE)
    for body in (
        person("Other", "Person", "zoe@mail.example"),
        {
            "individualAccount": {
                "login": {"username": "ZOE"},
                **person("A", "B")["individualAccount"],
            }
        },
    ):
        answer = await crm.v2("POST", "/accounts", json=body)
        assert (answer.status_code, errors_of(answer)) == (409, ["409"])
    await made(crm, person("Same", "Name", f"{crm.account.username}@mail.example"))


async def test_two_accounts_without_login_or_email_are_two(crm: Integration) -> None:
    """Each gets a user name that nobody else has."""
    first, second = await made(crm, person("A", "B")), await made(crm, person("A", "B"))
    assert first != second
    assert await made(crm, {"companyAccount": {"name": "Just a name"}})


async def test_accounts_are_listed_in_pages_and_by_their_names(crm: Integration) -> None:
    """Counted from 0, with totals; names compare without case; both types, or one."""
    for n in range(12):
        await made(crm, person("Pia", f"Page{n}", f"pia{n}@mail.example"))
    company = await made(crm, BAKERY)

    async def listed(**params: Any) -> dict[str, Any]:
        answer = await crm.v2("GET", "/accounts", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    seen: list[str] = []
    page = 0
    while True:
        answer = await listed(currentPage=page, pageSize=5, firstName="PIA")
        seen += [each["lastName"] for each in answer["accounts"]]
        page += 1
        if page >= answer["pagination"]["totalPages"]:
            break
    assert seen == [f"Page{n}" for n in range(12)]
    assert answer["pagination"] == {
        "currentPage": 2,
        "pageSize": 5,
        "totalPages": 3,
        "totalResults": 12,
    }
    assert (await listed(email="Pia3@Mail.Example"))["accounts"][0]["lastName"] == "Page3"
    companies = await listed(userType="COMPANY")
    assert companies["accounts"] == [
        {
            "accountId": company,
            "firstName": "Zoe",
            "lastName": "Moss",
            "companyName": "Moss Bakery",
            "email": "bakery@mail.example",
            "userType": "COMPANY",
        }
    ]
    individuals = await listed(userType="INDIVIDUAL", pageSize=200)
    assert {each["userType"] for each in individuals["accounts"]} == {"INDIVIDUAL"}
    assert (await listed(currentPage=999))["accounts"] == []


@pytest.mark.parametrize(
    "query",
    [
        "pageSize=0", "pageSize=201", "pageSize=x", "pageSize=-1", "pageSize=1.5",
        "pageSize=%D9%A1", "currentPage=-1", f"currentPage={'9' * 50}", "userType=individual",
        "userType=STAFF", "email=a&email=b", "a=%FF", "&".join(f"p{n}=1" for n in range(99)),
    ],
)  # fmt: skip
async def test_a_query_that_cannot_be_meant_is_refused(crm: Integration, query: str) -> None:
    """Instead of answering something else."""
    answer = await crm.v2("GET", f"/accounts?{query}")
    assert (answer.status_code, errors_of(answer)) == (400, ["400"])


@pytest.mark.parametrize("query", ["email=%00", "firstName=%0D%0A", f"lastName={'x' * 5000}"])
async def test_what_nobody_can_be_called_finds_nobody(crm: Integration, query: str) -> None:
    """It is no error to ask."""
    answer = await crm.v2("GET", f"/accounts?{query}")
    assert answer.json()["accounts"] == []
