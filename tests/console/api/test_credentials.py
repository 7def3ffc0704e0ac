"""Who may call the management API."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM
from tests.console.api.staff import Office

pytestmark = pytest.mark.anyio


async def test_a_staff_key_and_a_staff_token_open_the_api(office: Office) -> None:
    """The key as bearer or in its own header, and a token that holds the scope."""
    anna = await office.staff()
    key, token = await office.key_of(anna), await office.token(anna)
    for client in (office.holding(key), office.holding(token)):
        answer = await client("GET", "/organization")
        assert answer.status_code == 200
        assert answer.json()["org_id"] == "river"
    answer = await office.holding(None)("GET", "/organization", headers={"X-API-Key": key})
    assert answer.status_code == 200


async def test_every_answer_is_private_and_numbered(office: Office) -> None:
    """No cache, no sniffing, a request number, and the same number in a problem."""
    client = await office.client()
    for answer in (
        await client("GET", "/organization"),
        await client("GET", "/accounts/999999"),
        await client("GET", "/nowhere"),
        await client("DELETE", "/organization"),
        await client("GET", "/openapi.json"),
        await office.holding(None)("GET", "/organization"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_credential_that_is_none_is_401_with_a_challenge(office: Office) -> None:
    """RFC 6750 3: a refused caller is told how to come in."""
    client = office.holding(None)
    texts = ("nonsense", "dw_ak_nonsense", "dw_at_" + "A" * 48, "ä", "a b", "")
    for value in (*(f"Bearer {text}" for text in texts), "Basic YTpi", "Bearer", ""):
        answer = await client("GET", "/accounts", headers={"Authorization": value.encode()})
        assert answer.status_code == 401, value
        assert answer.headers["www-authenticate"].startswith('Bearer realm="doorward"')
    for text in (*texts, "dw_ak_" + "A" * 48):
        answer = await client("GET", "/accounts", headers={"X-API-Key": text.encode()})
        assert answer.status_code == 401, text
        assert answer.headers["www-authenticate"].startswith('Bearer realm="doorward"')


async def test_without_a_credential_the_challenge_names_no_error(office: Office) -> None:
    """RFC 6750 3.1: nothing was presented, so nothing was wrong with it."""
    answer = await office.holding(None)("GET", "/accounts")
    assert answer.status_code == 401
    assert answer.json()["code"] == "no_credentials"
    challenge = answer.headers["www-authenticate"]
    assert challenge == 'Bearer realm="doorward", scope="management"'


async def test_two_credentials_at_once_are_refused(office: Office) -> None:
    """Nobody guesses which of them was meant."""
    key = await office.key_of(await office.staff())
    answer = await office.holding(key)("GET", "/accounts", headers={"X-API-Key": key})
    assert answer.status_code == 400
    assert answer.json()["code"] == "ambiguous_credentials"


async def test_a_token_without_the_scope_is_refused(office: Office) -> None:
    """Signing in to some application does not hand it the organization."""
    token = await office.token(await office.staff(), scopes=("openid",))
    answer = await office.holding(token)("GET", "/accounts")
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    assert 'scope="management"' in answer.headers["www-authenticate"]


async def test_constituents_and_applications_are_not_staff(office: Office) -> None:
    """A good token of somebody else opens nothing, whatever its scopes."""
    for token in (
        await office.token(office.people["river"]),
        await office.token(None),
    ):
        answer = await office.holding(token)("GET", "/accounts")
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_staff"


async def test_credentials_die_with_their_account(office: Office) -> None:
    """Disabled this moment, refused the next."""
    anna = await office.staff()
    key, token = await office.key_of(anna), await office.token(anna)
    await office.services.accounts.disable("river", anna.account_id, SYSTEM)
    for credential in (key, token):
        assert (await office.holding(credential)("GET", "/accounts")).status_code in {401, 403}


async def test_credentials_of_one_organization_open_no_other(office: Office) -> None:
    """V-MT: a key or token of ``lake`` is unknown under the address of ``river``."""
    lena = await office.staff(org_id="lake")
    for credential in (await office.key_of(lena), await office.token(lena, org_id="lake")):
        assert (await office.holding(credential, org_id="lake")("GET", "/accounts")).is_success
        answer = await office.holding(credential, org_id="river")("GET", "/accounts")
        assert answer.status_code == 401


async def test_permissions_are_read_at_every_call(office: Office) -> None:
    """What was taken away a moment ago is gone."""
    anna = await office.staff()
    client = office.holding(await office.key_of(anna))
    assert (await client("GET", "/accounts")).status_code == 200
    change = AccountChange(permissions=())
    await office.services.accounts.update("river", anna.account_id, change, SYSTEM)
    assert (await client("GET", "/accounts")).status_code == 403
