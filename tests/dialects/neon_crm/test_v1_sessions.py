"""API v1: signing in and out, and how everything else is refused."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from doorward.audit import SYSTEM
from doorward.dialects.neon_crm import OPERATIONS_V1
from doorward.orgs import Permission
from tests.support.crm import V1_ROOT, Integration, make_integration
from tests.support.house import House
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
TEXTS = {
    3: "User session ID is required",
    4: "User session id is invalid.",
    5: "Permission denied.",
    10: "Api key is required.",
    12: "OrgId is required.",
    13: "Api key is invalid.",
    14: "OrgId is invalid.",
}
EVERY = frozenset(str(permission) for permission in Permission)


@pytest.fixture
async def crm(world: World) -> Integration:
    return await make_integration(world)


def failed(answer: Any, operation: str) -> int:
    """The code of a failure, whose envelope is the platform's."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    (name, envelope), *rest = answer.json().items()
    assert (name, rest) == (f"{operation}Response", [])
    assert set(envelope) == {"operationResult", "responseDateTime", "errors"}
    assert envelope["operationResult"] == "FAIL"
    assert MOMENT.fullmatch(envelope["responseDateTime"])
    ((key, errors),) = envelope["errors"].items()
    assert key == "error"
    (error,) = errors
    assert error["errorMessage"] == TEXTS.get(error["errorCode"], error["errorMessage"])
    code: int = error["errorCode"]
    return code


async def test_a_key_signs_in_and_out(crm: Integration) -> None:
    """In the envelopes of the platform, by GET and by POST."""
    params = {"login.apiKey": crm.key, "login.orgid": crm.org_id}
    for options in (
        {"params": params},
        {"method": "POST", "data": params},
        {"method": "POST", "params": params},
        {
            "method": "POST",
            "params": {"login.orgid": crm.org_id},
            "data": {"login.apiKey": crm.key},
        },
    ):
        answer = await crm.v1("common/login", **options)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        envelope = answer.json()["loginResponse"]
        assert list(envelope) == [
            "operationResult",
            "responseMessage",
            "responseDateTime",
            "userSessionId",
        ]
        assert envelope["operationResult"] == "SUCCESS"
        assert envelope["responseMessage"] == "User logged in."
        assert MOMENT.fullmatch(envelope["responseDateTime"])
        assert re.fullmatch(r"T\d{13}", envelope["userSessionId"])
        session = {"userSessionId": envelope["userSessionId"]}
        out = (await crm.v1("common/logout", params=session)).json()["logoutResponse"]
        assert (out["operationResult"], out["responseMessage"]) == ("SUCCESS", "User logged out.")
        assert set(out) == {"operationResult", "responseMessage", "responseDateTime"}
        assert failed(await crm.v1("common/logout", params=session), "logout") == 4
        assert failed(await crm.v1("account/listGenders", params=session), "listGenders") == 4


@pytest.mark.parametrize(
    ("key", "org"),
    [
        ("login.apiKey", "login.orgid"),
        ("login.apikey", "login.orgId"),
        ("LOGIN.APIKEY", "LOGIN.ORGID"),
    ],
)
async def test_names_of_parameters_are_read_in_any_case(
    crm: Integration, key: str, org: str
) -> None:
    """The platform's own pages spell them in two ways."""
    answer = await crm.v1("common/login", params={key: crm.key, org: crm.org_id})
    session_id = answer.json()["loginResponse"]["userSessionId"]
    called = await crm.v1("account/listGenders", params={"USERSESSIONID": session_id})
    assert called.json()["listGendersResponse"]["operationResult"] == "SUCCESS"


async def test_a_sign_in_fails_with_its_code(crm: Integration, house: House) -> None:
    """Which half is missing or wrong; a key of another organization is a wrong key."""
    other = await make_integration(await house.new_world())
    for org_id, key, code in (
        (None, crm.key, 12),
        ("", crm.key, 12),
        (crm.org_id, None, 10),
        (crm.org_id, " ", 10),
        ("nobody", crm.key, 14),
        ("../river", crm.key, 14),
        (other.org_id, crm.key, 13),
        (crm.org_id, other.key, 13),
        (crm.org_id, "wrong", 13),
        (crm.org_id, crm.key[:-1], 13),
        (crm.org_id, "\x00", 400),
        (crm.org_id, "x" * 9000, 400),
    ):
        given = {"login.apiKey": key, "login.orgid": org_id}
        params = {name: value for name, value in given.items() if value is not None}
        assert failed(await crm.v1("common/login", params=params), "login") == code, (org_id, key)


async def test_under_an_issuer_only_its_own_organization_signs_in(
    crm: Integration, house: House
) -> None:
    """And only its own sessions are known there; at the root all are."""
    other = await make_integration(await house.new_world())
    here, there = f"/o/{crm.org_id}", f"/o/{other.org_id}"
    login = {"login.apiKey": crm.key, "login.orgid": crm.org_id}
    assert failed(await crm.v1("common/login", params=login, under=there), "login") == 14
    answer = await crm.v1("common/login", params=login, under=here)
    session = {"userSessionId": answer.json()["loginResponse"]["userSessionId"]}
    for operation in OPERATIONS_V1:
        path = operation.path[1:]
        assert failed(await crm.v1(path, params=session, under=there), operation.name) == 4
    assert failed(await crm.v1("common/logout", params=session, under=there), "logout") == 4
    for place in ("", here):
        called = await crm.v1("account/listGenders", params=session, under=place)
        assert called.json()["listGendersResponse"]["operationResult"] == "SUCCESS"


async def test_below_an_organization_that_is_not_served_there_is_none(crm: Integration) -> None:
    """An unknown one and a suspended one are told in the form of the API."""
    await crm.world.services.organizations.suspend(crm.org_id, SYSTEM)
    for under in (f"/o/{crm.org_id}", "/o/nobody"):
        for path, name in (("common/login", "login"), ("account/listAccounts", "listAccounts")):
            assert failed(await crm.v1(path, under=under), name) == 14
        answer = await crm.v1("common/login", under=under, params={"responseType": "xml"})
        assert ET.fromstring(answer.content).findtext("errors/error/errorCode") == "14"
        v2 = await crm.v2("GET", "/accounts", under=under)
        assert (v2.status_code, v2.json()[0]["code"]) == (401, "14")
        page = await crm.v2("GET", "", under=f"{under}/account")
        assert page.headers["content-type"].startswith("text/html")


async def test_each_operation_needs_a_session_and_its_permission(world: World) -> None:
    """3 without one, 4 with a wrong one, 5 without the permission."""
    for operation in OPERATIONS_V1:
        path, name = operation.path[1:], operation.name
        others = await make_integration(world, EVERY - {operation.permission})
        assert failed(await others.v1(path), name) == 3
        for wrong in ("T0000000000000", "x", "T" + "1" * 5000, "'--"):
            assert failed(await others.v1(path, params={"userSessionId": wrong}), name) == 4
        session = {"userSessionId": await others.session()}
        assert failed(await others.v1(path, params=session), name) == 5


async def test_a_session_dies_with_what_it_hangs_on(crm: Integration) -> None:
    """Each ends with code 4, on which clients sign in again."""
    use, org_id = crm.world.services, crm.org_id
    account_id = crm.account.account_id

    async def code(session_id: str) -> int | None:
        answer = await crm.v1("account/listGenders", params={"userSessionId": session_id})
        succeeded = answer.json()["listGendersResponse"]["operationResult"] == "SUCCESS"
        return None if succeeded else failed(answer, "listGenders")

    session_id = await crm.session()
    assert await code(session_id) is None
    await use.organizations.suspend(org_id, SYSTEM)
    assert await code(session_id) == 4
    await use.organizations.resume(org_id, SYSTEM)
    await use.api_keys.restrict(org_id, crm.key_id, ["198.51.100.1"], SYSTEM)
    assert await code(session_id) == 4
    await use.api_keys.restrict(org_id, crm.key_id, [], SYSTEM)
    assert await code(session_id) is None
    crm.world.clock.advance(seconds=1800)
    assert await code(session_id) == 4
    session_id = await crm.session()
    await use.accounts.disable(org_id, account_id, SYSTEM)
    assert await code(session_id) == 4
    await use.accounts.enable(org_id, account_id, SYSTEM)
    session_id = await crm.session()
    await use.api_keys.switch_access_off(org_id, account_id, SYSTEM)
    assert await code(session_id) == 4


async def test_guessing_is_braked_by_network(crm: Integration) -> None:
    """After twenty wrong ids a network is answered code 4 whatever it sends."""
    session = {"userSessionId": await crm.session()}
    for number in range(20):
        wrong = {"userSessionId": f"T{number:013}"}
        answer = await crm.v1("account/listGenders", params=wrong, address="203.0.113.9")
        assert failed(answer, "listGenders") == 4
    again = await crm.v1("account/listGenders", params=session, address="203.0.113.9")
    assert failed(again, "listGenders") == 4
    calm = await crm.v1("account/listGenders", params=session)
    assert calm.json()["listGendersResponse"]["operationResult"] == "SUCCESS"


@pytest.mark.parametrize(
    "query",
    [
        b"userSessionId=T1&userSessionId=T2",
        b"userSessionId=%00",
        b"userSessionId=%FF",
        b"%00=1",
        b"a=%ED%A0%80",
        b"responseType=yaml",
        b"responseType=json&responseType=xml",
        b"&".join(b"p%d=1" % number for number in range(2000)),
        b"x=" + b"a" * 20_000,
    ],
)
async def test_parameters_that_cannot_be_meant_fail_clearly(crm: Integration, query: bytes) -> None:
    """In the envelope, whatever they are, for every operation."""
    for path in ("common/login", "common/logout", *(each.path[1:] for each in OPERATIONS_V1)):
        for method, more in (("GET", {"query": query}), ("POST", {"body": query})):
            kind = (b"content-type", b"application/x-www-form-urlencoded")
            answer = await raw_request(
                crm.world.app, method, f"{V1_ROOT}/{path}", headers=(kind,), **more
            )
            assert answer.status == 200
            assert '"operationResult":"FAIL"' in answer.text
            # Who signs in has no session yet, and is told what is missing.
            codes = (12, 400) if path == "common/login" else (400,)
            assert any(f'"errorCode":{code}' in answer.text for code in codes)


async def test_other_bodies_methods_and_addresses_are_refused(crm: Integration) -> None:
    """415 in the envelope, and plain 405, 413 and 404."""
    answer = await crm.v1("common/login", method="POST", json={"login.apiKey": crm.key})
    assert failed(answer, "login") == 415
    assert (await crm.v1("common/login", method="DELETE")).status_code == 405
    large = await crm.v1("common/login", method="POST", data={"x": "a" * 1_000_000})
    assert large.status_code == 413
    for path, name in (("account/deleteEverything", "deleteEverything"), ("", "request")):
        absent = await crm.v1(path)
        assert (absent.status_code, [*absent.json()]) == (404, [f"{name}Response"])
        assert absent.json()[f"{name}Response"]["errors"]["error"][0]["errorCode"] == 404
    evil = await crm.v1("account/<b>&", params={"responseType": "xml"})
    assert ET.fromstring(evil.content).tag == "requestResponse"


async def test_xml_is_answered_to_who_asks_for_it(crm: Integration) -> None:
    """By the parameter before the header; failures too; a browser gets JSON."""
    session_id = await crm.session()
    xml, browser = "application/xml", "text/html,application/xhtml+xml,application/xml;q=0.9"
    for params, accept, is_xml in (
        ({"responseType": "xml"}, None, True),
        ({"responseType": "XML"}, "application/json", True),
        ({"responseType": "json"}, xml, False),
        ({}, xml, True),
        ({}, "text/xml", True),
        ({}, browser, False),
        ({}, "*/*", False),
    ):
        headers = {} if accept is None else {"Accept": accept}
        for given in (session_id, "T0"):
            sent = {**params, "userSessionId": given}
            answer = await crm.v1("account/listGenders", params=sent, headers=headers)
            expected = "application/xml" if is_xml else "application/json"
            assert answer.headers["content-type"].startswith(expected), (params, accept)
            if not is_xml:
                continue
            root = ET.fromstring(answer.content)
            assert root.tag == "listGendersResponse"
            result = "SUCCESS" if given == session_id else "FAIL"
            assert root.findtext("operationResult") == result
            assert MOMENT.fullmatch(root.findtext("responseDateTime") or "")
            if result == "FAIL":
                assert root.findtext("errors/error/errorCode") == "4"
                assert root.findtext("errors/error/errorMessage") == TEXTS[4]
            else:
                assert [each.text for each in root.iterfind("genders/gender/code")] == ["M", "F"]
