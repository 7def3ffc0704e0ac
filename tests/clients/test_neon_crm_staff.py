"""Programs of staff that were written for Neon CRM, with plain HTTP against a running server."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.support.crm import V1_ROOT
from tests.support.server import DemoServer, Organization


@pytest.fixture
def key(riverbend: Organization) -> str:
    """The API key of the first member of staff."""
    (found,) = (each.api_key for each in riverbend.staff if each.api_key)
    return found


def test_a_program_of_api_v2_changes_its_host_name_only(
    server: DemoServer, riverbend: Organization, key: str
) -> None:
    """Create, read, change in part, search, list: as a client library would."""
    http = requests.Session()
    http.auth = (riverbend.org_id, key)
    http.headers["NEON-API-VERSION"] = "2.11"
    accounts = f"{server.base_url}/v2/accounts"
    contact = {"firstName": "Ida", "lastName": "Well", "email1": "ida@mail.example"}
    made = http.post(accounts, json={"individualAccount": {"primaryContact": contact}}, timeout=30)
    assert made.status_code == 201
    one = f"{accounts}/{made.json()['id']}"
    change = {"individualAccount": {"primaryContact": {"title": "Founder"}}}
    assert http.patch(one, json=change, timeout=30).status_code == 200
    read = http.get(one, timeout=30).json()["individualAccount"]["primaryContact"]
    assert {name: read[name] for name in contact} == contact
    assert read["title"] == "Founder"
    query: dict[str, Any] = {
        "searchFields": [{"field": "Email", "operator": "EQUAL", "value": "ida@mail.example"}],
        "outputFields": ["Account ID", "Job Title"],
        "pagination": {"currentPage": 0, "pageSize": 200},
    }
    found = http.post(f"{accounts}/search", json=query, timeout=30).json()
    assert [each["Job Title"] for each in found["searchResults"]] == ["Founder"]
    listed = http.get(accounts, params={"email": "ida@mail.example"}, timeout=30).json()
    assert listed["accounts"][0]["firstName"] == "Ida"
    http.auth = (riverbend.org_id, "wrong")
    refused = http.get(accounts, timeout=30)
    assert refused.status_code == 401
    assert refused.json() == [{"code": "13", "message": "Api key is invalid."}]


def test_a_program_of_api_v1_signs_in_calls_and_signs_in_again(
    server: DemoServer, riverbend: Organization, key: str
) -> None:
    """The identifier is kept until code 4 says that it is worth nothing."""
    root = f"{server.base_url}{V1_ROOT}"

    def called(path: str, form: dict[str, str] | None = None) -> ET.Element:
        address = f"{root}/{path}"
        if form is None:
            return ET.fromstring(requests.get(address, timeout=30).content)
        return ET.fromstring(requests.post(address, data=form, timeout=30).content)

    login = f"common/login?responseType=xml&login.apiKey={key}&login.orgid={riverbend.org_id}"
    session_id = called(login).findtext("userSessionId") or ""
    assert len(session_id) == 14
    anna = riverbend.constituents[0]
    retrieve = f"account/retrieveIndividualAccount?responseType=xml&accountId={anna.account_id}"
    read = called(f"{retrieve}&userSessionId={session_id}")
    assert read.findtext("individualAccount/primaryContact/email1") == anna.email
    out = called("common/logout?responseType=xml", {"userSessionId": session_id})
    assert out.findtext("responseMessage") == "User logged out."
    refused = called(f"{retrieve}&userSessionId={session_id}")
    assert refused.findtext("errors/error/errorCode") == "4"
