"""Bodies that no honest client sends to API v2: refused in its own form, never a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts import AccountDetails, BadAccount, UserType
from doorward.dialects.neon_crm.v2_documents import read_account
from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.v2_search import parse_search
from tests.support.crm import Integration, errors_of, make_integration, person
from tests.support.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def crm(world: World) -> Integration:
    return await make_integration(world)


def contact(**fields: Any) -> dict[str, Any]:
    return person("Ann", "New", None, **fields)


def account(**fields: Any) -> dict[str, Any]:
    return {"individualAccount": {**person("Ann", "New")["individualAccount"], **fields}}


BODIES: tuple[Any, ...] = (
    None, [], "x", 1, {}, {"individualAccount": None}, {"individualAccount": []},
    {"individualAccount": {}, "companyAccount": {}}, {"individualAccount": {}},
    {"companyAccount": {}}, {"companyAccount": {"name": ""}}, {"companyAccount": {"name": 5}},
    {"individualAccount": {"primaryContact": []}}, {"individualAccount": {"primaryContact": {}}},
    person("A\x00", "B"), person("A\nB", "C"), person("\ud7ff\u202e", "B"), person("x" * 201, "B"),
    person("A", "B", "not an address"), person("A", "B", "a@b\x00.example"),
    contact(dob={"day": 31, "month": 2, "year": 2000}), contact(dob={"day": "x"}),
    contact(dob="2000-01-01"), contact(dob={"day": 10**30, "month": 1, "year": 1}),
    contact(deceased="yes"), contact(startDate="tomorrow"), contact(addresses={}),
    contact(addresses=["x"]), contact(addresses=[{"city": "x" * 10_000}]),
    contact(addresses=[{"isPrimaryAddress": True}, {"isPrimaryAddress": True}]),
    contact(addresses=[{}] * 99), contact(gender=["x"]), contact(firstName=["x"]),
    contact(email1={"a": 1}), contact(email2="nonsense"),
    account(login=[]), account(login={"username": 5}), account(login={"username": "a b"}),
    account(login={"username": "someone@else.example"}), account(login={"password": "short"}),
    account(login={"password": "x" * 300}), account(login={"password": 5}),
    account(url="javascript:alert(1)"), account(consent={"email": "PERHAPS"}),
    account(accountCustomFields=[{"value": "without an id"}]), account(noSolicitation="no"),
    account(accountCustomFields=[{"id": "1", "value": "x" * 5000}]),
    account(individualTypes="x"), account(source={"id": {"a": 1}}), account(source=1.5),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(BODIES)))
async def test_an_account_that_cannot_be_kept_is_refused(crm: Integration, number: int) -> None:
    """When it is made, and as a whole or in part when it is changed; nothing of it is kept."""
    body = BODIES[number]
    refused = await crm.v2("POST", "/accounts", json=body)
    assert refused.status_code == 400, refused.text
    assert errors_of(refused) == ["400"]
    path = f"/accounts/{crm.world.person.subject}"
    before = (await crm.v2("GET", path)).json()
    for method in ("PUT", "PATCH"):
        answer = await crm.v2(method, path, json=body)
        assert answer.status_code in {200, 400}, answer.text
        if method == "PUT":
            assert answer.status_code == 400
            assert (await crm.v2("GET", path)).json() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[" * 60_000, b'{"a":' * 9_000, b'{"individualAccount":NaN}', b"\x00"],
)
async def test_a_body_that_is_not_json_is_refused(crm: Integration, content: bytes) -> None:
    """Whatever it is, and however deep."""
    headers = {"Content-Type": "application/json"}
    path = f"/accounts/{crm.world.person.subject}"
    for method, where in (
        ("POST", "/accounts"),
        ("PUT", path),
        ("PATCH", path),
        ("POST", "/accounts/search"),
    ):
        answer = await crm.v2(method, where, content=content, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (400, ["400"])


async def test_another_type_of_account_is_refused(crm: Integration) -> None:
    """A person does not become a company by an update."""
    path = f"/accounts/{crm.world.person.subject}"
    for method in ("PUT", "PATCH"):
        answer = await crm.v2(method, path, json={"companyAccount": {"name": "X"}})
        assert (answer.status_code, errors_of(answer)) == (400, ["400"])


async def test_numbers_of_others_addresses_are_refused(crm: Integration) -> None:
    """An address is changed in the account that it belongs to."""
    made = await crm.v2("POST", "/accounts", json=contact(addresses=[{"city": "Lund"}]))
    document = (await crm.v2("GET", f"/accounts/{made.json()['id']}")).json()
    number = document["individualAccount"]["primaryContact"]["addresses"][0]["addressId"]
    path = f"/accounts/{crm.world.person.subject}"
    stolen = contact(addresses=[{"addressId": number, "city": "Elsewhere"}])
    for method in ("PUT", "PATCH"):
        answer = await crm.v2(method, path, json=stolen)
        assert (answer.status_code, errors_of(answer)) == (400, ["400"])
    copied = await crm.v2("POST", "/accounts", json=stolen)
    assert copied.status_code == 201


async def test_a_number_beyond_every_account_is_not_found(crm: Integration) -> None:
    """However many digits it has."""
    for number in ("0", str(1 << 53), "9" * 18, "9" * 19, "9" * 400):
        assert (await crm.v2("GET", f"/accounts/{number}")).status_code == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "individualAccount", "companyAccount", "primaryContact", "login", "name",
                    "firstName", "addresses", "addressId", "id", "value", "dob", "day", "gender",
                    "optionValues", "accountCustomFields", "consent", "email", "source", "url",
                    "searchFields", "outputFields", "field", "operator", "pagination", "pageSize",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)  # fmt: skip
FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(JSON, JSON, JSON)
def test_any_document_is_read_or_refused(top: Any, inner: Any, login: Any) -> None:
    """Reading, replacing and merging either work or refuse, and do nothing else."""
    bodies: tuple[Any, ...] = (
        top,
        {"individualAccount": {"primaryContact": inner, "login": login}},
    )
    for body in bodies:
        try:
            found = read_account(body)
            assert found.user_type in UserType
            found.details()
            found.new_details()
            found.merged(AccountDetails())
            assert found.name(found.first_name(), found.last_name()) != ""
        except (V2Error, BadAccount):
            continue


@FUZZ
@given(JSON)
def test_any_search_is_read_or_refused(body: Any) -> None:
    """Likewise."""
    with suppress(V2Error):
        parse_search(msgspec.json.encode(body))
