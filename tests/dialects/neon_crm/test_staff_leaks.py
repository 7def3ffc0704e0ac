"""What staff programs send and get is never logged, stored as it is, or answered to others."""

from __future__ import annotations

import logging

import pytest

from doorward.audit import SYSTEM
from tests.support.crm import make_integration, person
from tests.support.leaks import dump, found_in, logged
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_no_key_session_id_or_password_leaves_its_place(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Every kind of call at DEBUG, failures too: then the log and the database are searched."""
    caplog.set_level(logging.DEBUG)
    crm = await make_integration(world)
    password = "a password of Zoe's own"
    body = person("Zoe", "Moss", "zoe@mail.example")
    body["individualAccount"]["login"] = {"username": "zoe", "password": password}
    made = (await crm.v2("POST", "/accounts", json=body)).json()["id"]
    session_id = await crm.session()
    answers = [
        await crm.v2("GET", f"/accounts/{made}"),
        await crm.v2("PATCH", f"/accounts/{made}", json=body),
        await crm.v2("GET", "/accounts", auth=(crm.org_id, f"{crm.key}x")),
        await crm.v2("GET", f"/accounts/{crm.key}"),
        await crm.v1("account/listGenders", params={"userSessionId": session_id}),
        await crm.v1("account/listGenders", params={"userSessionId": f"{session_id}0"}),
        await crm.v1("common/login", params={"login.apiKey": crm.key, "login.orgid": "nobody"}),
        await crm.v1("common/logout", params={"userSessionId": session_id}),
    ]
    _, fresh = await world.services.api_keys.regenerate(crm.org_id, crm.key_id, SYSTEM)
    secrets = {crm.key, session_id, password, fresh.reveal()}
    assert found_in("\n".join(each.text for each in answers), secrets) == []
    assert found_in(logged(caplog), secrets) == []
    assert found_in(await dump(world), secrets) == []


async def test_a_call_reads_little(world: World) -> None:
    """The key with its account, and what is asked for: nothing else is read or written."""
    crm = await make_integration(world)
    session = {"userSessionId": await crm.session()}
    anna = world.person.subject
    db = world.services.db

    async def statements(path: str) -> int:
        before = db.statements_run
        if path.startswith("/"):
            answer = await crm.v2("GET", path)
        else:
            answer = await crm.v1(path, params={**session, "accountId": anna})
        assert answer.status_code == 200
        return db.statements_run - before

    # The first call after a change finds the organization anew.
    await statements("/accounts/search/searchFields")
    assert await statements("/accounts/search/searchFields") == 1
    assert await statements(f"/accounts/{anna}") == 3
    assert await statements("account/listGenders") == 1
    assert await statements("account/retrieveIndividualAccount") == 3
