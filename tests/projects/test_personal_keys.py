"""Personal keys: whose they are, what ends them, and that none outlives what it hangs on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from doorward.accounts import AccountKind
from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from doorward.db import statement
from doorward.projects import (
    MAX_PERSONAL_KEYS,
    BadKeyName,
    BadPersonalKey,
    KeyOrigin,
    NewPersonalKey,
    NotHeld,
    TooManyPersonalKeys,
    UnknownPersonalKey,
)
from doorward.projects.store import personal_keys
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.neon import EVERY_SCOPE, ApiProgram, add_neon_api, make_key, message_of
from tests.support.programs import Program, get_tokens
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio

_ALL = statement(select(*personal_keys.c))


async def made_by_application(world: World, known: Known) -> tuple[ApiProgram, ApiProgram]:
    """An application with a token, and the key that it made with it."""
    scope = " ".join(("offline_access", "email", *EVERY_SCOPE))
    tokens = await get_tokens(world, known=known, scope=scope)
    board = ApiProgram(world, tokens["access_token"])
    made = await board.call("POST", "/api_keys", json={"key_name": "hidden"})
    assert made.status_code == 200, made.text
    return board, ApiProgram(world, made.json()["key"])


async def test_a_key_that_an_application_made_ends_with_the_consent(world: World) -> None:
    """And so does every key that was made with that key; the person's own stays."""
    use, org_id, me = world.services, world.org.org_id, world.person.account_id
    known = await add_neon_api(world)
    own = ApiProgram(world, await make_key(world))
    board, key = await made_by_application(world, known)
    second = await key.call("POST", "/api_keys", json={"key_name": "deeper"})
    grandchild = ApiProgram(world, second.json()["key"])
    for program in (board, key, grandchild, own):
        assert (await program.get("/projects")).status_code == 200
    (consent,) = await use.consents.list_of_account(org_id, me)
    await use.consents.withdraw(org_id, consent.consent_id, SYSTEM)
    for program in (board, key, grandchild):
        message_of(await program.get("/projects"), 401)
    listed = (await own.get("/api_keys")).json()
    assert [each["name"] for each in listed] == ["Laptop"]


async def test_a_key_that_an_application_made_ends_with_the_application(world: World) -> None:
    """Suspended, or its tokens given back."""
    use, org_id = world.services, world.org.org_id
    known = await add_neon_api(world)
    board, key = await made_by_application(world, known)
    await use.applications.set_status(org_id, known.client_id, ApplicationStatus.SUSPENDED, SYSTEM)
    message_of(await key.get("/projects"), 401)
    await use.applications.set_status(org_id, known.client_id, ApplicationStatus.APPROVED, SYSTEM)
    assert (await key.get("/projects")).status_code == 200
    tokens = await get_tokens(world, known=known, scope=" ".join(("offline_access", *EVERY_SCOPE)))
    other = ApiProgram(world, tokens["access_token"])
    made = await other.call("POST", "/api_keys", json={"key_name": "other"})
    program = ApiProgram(world, made.json()["key"])
    assert (await Program(world, known).revoke(tokens["refresh_token"])).status_code == 200
    message_of(await program.get("/projects"), 401)
    assert (await key.get("/projects")).status_code == 200
    assert (await board.get("/projects")).status_code == 200


async def test_a_key_has_no_scope_that_its_maker_had_not(world: World) -> None:
    """No e-mail address, and no organizations, where the application was not allowed them."""
    known = await add_neon_api(world)
    projects = [each for each in EVERY_SCOPE if ":projects:" in each]
    tokens = await get_tokens(world, known=known, scope=" ".join(projects))
    board = ApiProgram(world, tokens["access_token"])
    made = await board.call("POST", "/api_keys", json={"key_name": "narrow"})
    key = ApiProgram(world, made.json()["key"])
    assert (await key.get("/users/me")).json()["email"] == ""
    assert "orgs:read" in message_of(await key.get("/users/me/organizations"), 403)
    assert (await key.get("/projects")).status_code == 200


async def test_a_key_is_no_longer_alive_than_the_authorization(world: World) -> None:
    """Its row leaves with the sweep, as the family's does."""
    known = await add_neon_api(world)
    _board, key = await made_by_application(world, known)
    own = ApiProgram(world, await make_key(world))
    world.clock.advance(seconds=400 * 86_400)
    message_of(await key.get("/projects"), 401)
    await Housekeeping(world.services).sweep()
    kept = [row for row in await world.services.db.all(_ALL) if row[0] == world.org.org_id]
    assert len(kept) == 1
    assert (await own.get("/projects")).status_code == 200


async def test_a_key_dies_with_its_person(world: World, house: House) -> None:
    """A disabled account's key opens nothing, and no other organization knows it."""
    use, org_id, me = world.services, world.org.org_id, world.person.account_id
    text = await make_key(world)
    key = ApiProgram(world, text)
    assert (await use.personal_keys.authenticate(org_id, text, None)).account_id == me
    await use.accounts.disable(org_id, me, SYSTEM)
    message_of(await key.get("/projects"), 401)
    with pytest.raises(NotHeld):
        await make_key(world)
    await use.accounts.enable(org_id, me, SYSTEM)
    assert (await key.get("/projects")).status_code == 200
    other = await house.new_world()
    with pytest.raises(BadPersonalKey):
        await use.personal_keys.authenticate(other.org.org_id, text, None)
    assert await use.personal_keys.find_org(text) == org_id
    for damaged in (text[:-1], text + "x", text.replace("dw_pk_", "dw_ak_"), "", "\x00", "\ud800"):
        assert await use.personal_keys.find_org(damaged) is None
        with pytest.raises(BadPersonalKey):
            await use.personal_keys.authenticate(org_id, damaged, None)


async def test_nobody_revokes_another_person_s_key(world: World) -> None:
    """It is as unknown as one that never was."""
    use, org_id, me = world.services.personal_keys, world.org.org_id, world.person.account_id
    ben = await make_account(world.services.db, "ben", org_id=org_id)
    text = await make_key(world)
    (key,) = await use.list(org_id, me)
    for number in (key.key_id, 1, 0, -1, 1 << 62):
        with pytest.raises(UnknownPersonalKey):
            await use.revoke(org_id, ben.account_id, number, SYSTEM)
    await use.revoke(org_id, me, key.key_id, SYSTEM)
    with pytest.raises(BadPersonalKey):
        await use.authenticate(org_id, text, None)


async def test_staff_hold_no_personal_keys(world: World) -> None:
    """Their keys are of another kind, with permissions."""
    org_id = world.org.org_id
    staff = await make_account(world.services.db, "mina", org_id=org_id, kind=AccountKind.SYSTEM)
    with pytest.raises(NotHeld):
        await make_key(world, staff)


async def test_a_person_has_a_bounded_number_of_keys(world: World) -> None:
    """Also when they are made at once; a revoked one makes room."""
    use, org_id, me = world.services.personal_keys, world.org.org_id, world.person.account_id
    for _ in range(MAX_PERSONAL_KEYS - 1):
        await make_key(world)
    answers = await asyncio.gather(*(make_key(world) for _ in range(5)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, TooManyPersonalKeys)]
    assert len(refused) == 4
    key = (await use.list(org_id, me))[0]
    await use.revoke(org_id, me, key.key_id, SYSTEM)
    await make_key(world)


async def test_a_key_under_an_authorization_that_has_ended_is_not_made(world: World) -> None:
    """Whoever withdraws at the same moment wins."""
    use, org_id, me = world.services.personal_keys, world.org.org_id, world.person.account_id
    new = NewPersonalKey(org_id, me, "late", EVERY_SCOPE, KeyOrigin(world.web.client_id, 1))
    with pytest.raises(BadPersonalKey):
        await use.create(new, SYSTEM)
    for name in ("", " ", "x" * 65, "a\x00b", "\u202e"):
        with pytest.raises(BadKeyName):
            await use.create(NewPersonalKey(org_id, me, name, EVERY_SCOPE), SYSTEM)


async def test_the_database_keeps_no_key(world: World) -> None:
    """Only a digest; and a use is noted once a minute."""
    text = await make_key(world)
    key = ApiProgram(world, text)
    await key.get("/auth")
    first = world.clock()
    world.clock.advance(seconds=30)
    await key.get("/auth")
    rows = [row for row in await world.services.db.all(_ALL) if row[0] == world.org.org_id]
    assert text.removeprefix("dw_pk_") not in str(rows)
    (kept,) = await world.services.personal_keys.list(world.org.org_id, world.person.account_id)
    assert (kept.last_used_at, kept.last_used_from) == (first, "192.0.2.1")
    world.clock.advance(seconds=31)
    await key.get("/auth")
    (kept,) = await world.services.personal_keys.list(world.org.org_id, world.person.account_id)
    assert kept.last_used_at == world.clock()
