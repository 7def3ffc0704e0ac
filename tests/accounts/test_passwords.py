"""Passwords, and signing in with them."""

from __future__ import annotations

import asyncio
import threading

import pytest

from doorward.accounts import (
    OWASP,
    Account,
    AccountKind,
    Accounts,
    Busy,
    NewAccount,
    PasswordProfile,
    Passwords,
    SignInRefused,
    UnknownAccount,
    WeakPassword,
)
from doorward.audit import SYSTEM, Audit
from doorward.crypto import Secret
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import CHEAP, PASSWORD, cheap_passwords, make_account, make_accounts

pytestmark = pytest.mark.anyio

PERSON = AccountKind.CONSTITUENT


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


async def test_the_right_password_lets_in_by_name_and_by_address(
    accounts: Accounts, db: Database
) -> None:
    """And the account that comes back is the one that is kept."""
    anna = await make_account(db)
    for identifier in ("anna", "ANNA@example.org"):
        assert await accounts.verify_password("river", PERSON, identifier, PASSWORD) == anna


async def test_every_refusal_is_the_same(accounts: Accounts, db: Database) -> None:
    """Unknown, wrong, disabled, without a password, other kind, other organization: one answer."""
    anna = await make_account(db)
    disabled = await make_account(db, "bo")
    await accounts.disable("river", disabled.account_id, SYSTEM)
    await accounts.create(NewAccount(org_id="river", kind=PERSON, username="cy"), SYSTEM)
    wrong = Secret("wrong")
    tries = [
        ("river", PERSON, "nobody", PASSWORD),
        ("river", PERSON, "anna", wrong),
        ("river", PERSON, "anna", Secret("")),
        ("river", PERSON, "anna", Secret("x" * 100_000)),
        ("river", PERSON, "anna", Secret("\x00\ud800")),
        ("river", PERSON, "bo", PASSWORD),
        ("river", PERSON, "bo", wrong),
        ("river", PERSON, "cy", PASSWORD),
        ("river", PERSON, "cy", Secret("nobody's password")),
        ("river", PERSON, "nobody", Secret("nobody's password")),
        ("river", AccountKind.SYSTEM, "anna", PASSWORD),
        ("lake", PERSON, "anna", PASSWORD),
    ]
    answers = [await accounts.verify_password(*each) for each in tries]
    assert all(answer == SignInRefused() for answer in answers)
    assert {repr(answer) for answer in answers} == {repr(SignInRefused())}
    assert isinstance(answers[1], SignInRefused)
    assert answers[1].account_id == anna.account_id


async def test_every_refusal_costs_one_hash(db: Database) -> None:
    """What takes the time is done once, whoever asks for whom."""
    verified: list[str | None] = []

    class Counting(Passwords):
        def _verify(self, stored: str | None, password: str) -> object:  # type: ignore[override]
            verified.append(stored)
            return super()._verify(stored, password)

    passwords = Counting(profile=CHEAP)
    accounts = make_accounts(db, passwords=passwords)
    await make_account(db)
    bo = await make_account(db, "bo")
    await accounts.disable("river", bo.account_id, SYSTEM)
    for identifier in ("anna", "bo", "nobody", ""):
        await accounts.verify_password("river", PERSON, identifier, Secret("wrong"))
    assert [stored is None for stored in verified] == [False, False, True, True]
    passwords.close()


async def test_a_new_password_replaces_the_old_one(
    accounts: Accounts, db: Database, clock: ManualClock
) -> None:
    """Its time is kept, and the record tells of it without the password."""
    anna = await make_account(db)
    clock.advance(seconds=60)
    new = Secret("a new, longer password")
    changed = await accounts.set_password("river", anna.account_id, new, SYSTEM)
    assert changed.password_changed_at == clock.now
    assert await accounts.verify_password("river", PERSON, "anna", new) == changed
    assert await accounts.verify_password("river", PERSON, "anna", PASSWORD) == SignInRefused()
    (event, _) = await Audit(db=db).list("river", None, 2)
    assert event.event.action == "account.password_changed"
    assert "longer" not in str(event)
    with pytest.raises(UnknownAccount):
        await accounts.set_password("lake", anna.account_id, new, SYSTEM)


@pytest.mark.parametrize("text", ["", "1234567", "x" * 257])
async def test_a_password_has_8_to_256_characters(
    accounts: Accounts, db: Database, text: str
) -> None:
    """At creation and at a change."""
    anna = await make_account(db)
    with pytest.raises(WeakPassword):
        await accounts.set_password("river", anna.account_id, Secret(text), SYSTEM)
    new = NewAccount(org_id="river", kind=PERSON, username="bo", password=Secret(text))
    with pytest.raises(WeakPassword):
        await accounts.create(new, SYSTEM)


async def test_a_password_is_the_same_on_every_keyboard() -> None:
    """Full-width and composed letters equal their plain forms."""
    passwords = cheap_passwords()
    stored = await passwords.hash(Secret("cafe\u0301 ＡＢＣ１２３"))
    assert (await passwords.verify(stored, Secret("caf\u00e9 ABC123"))).right
    assert not (await passwords.verify(stored, Secret("cafe ABC123"))).right


async def test_a_password_is_hashed_again_when_the_parameters_have_changed(
    accounts: Accounts, db: Database
) -> None:
    """At the next sign-in, once, and the account does not notice."""
    anna = await make_account(db)
    stronger = Passwords(profile=PasswordProfile("stronger", 16, 2, 1))
    later = make_accounts(db, passwords=stronger)

    async def stored() -> str:
        found = await later._find("river", PERSON, "anna")
        assert found is not None
        assert found[1] is not None
        return found[1]

    assert "m=8,t=1" in await stored()
    assert isinstance(
        await later.verify_password("river", PERSON, "anna", Secret("wrong")), SignInRefused
    )
    assert "m=8,t=1" in await stored()
    assert await later.verify_password("river", PERSON, "anna", PASSWORD) == anna
    rehashed = await stored()
    assert rehashed.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert isinstance(await later.verify_password("river", PERSON, "anna", PASSWORD), Account)
    assert await stored() == rehashed
    stronger.close()


async def test_the_profile_of_production_is_owasps() -> None:
    """argon2id with 19 MiB, two passes, one lane."""
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (OWASP.memory_kib, OWASP.passes, OWASP.lanes) == (19_456, 2, 1)
    passwords.close()


async def test_too_many_at_once_are_told_that_the_server_is_busy() -> None:
    """The line is bounded, and moves on: whoever asks later is served."""
    passwords = Passwords(profile=CHEAP, at_once=1, waiting=2)
    gate = threading.Event()
    blocked = [asyncio.ensure_future(passwords._perform(gate.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await passwords.hash(PASSWORD)
    blocked[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        # The thread still works for the one who went away.
        await passwords.hash(PASSWORD)
    gate.set()
    await asyncio.gather(*blocked, return_exceptions=True)
    assert await passwords.hash(PASSWORD)
    passwords.close()


async def test_a_stored_value_that_is_no_hash_lets_nobody_in() -> None:
    """Damage in the database is a refusal, not a way in."""
    passwords = cheap_passwords()
    for stored in ("", "plain", "$argon2id$", "!"):
        assert not (await passwords.verify(stored, Secret(stored))).right
