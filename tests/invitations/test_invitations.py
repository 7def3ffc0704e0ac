"""Invitations: one link, one password, once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from doorward.accounts import (
    Account,
    AccountKind,
    Accounts,
    EmailTaken,
    NewAccount,
    SignInRefused,
    UnknownAccount,
    WeakPassword,
)
from doorward.audit import SYSTEM, Actor, Audit
from doorward.crypto import Secret
from doorward.db import Database, Sweeper
from doorward.invitations import (
    AlreadyHere,
    InvitationGone,
    Invitations,
    InvitationState,
    remove_expired,
)
from tests.mail.letters import make_outbox
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD, make_account, make_accounts

pytestmark = pytest.mark.anyio

STAFF = Actor(kind="account", id="7")
WEEK = 7 * 86_400
PERSON = AccountKind.CONSTITUENT
BO = NewAccount(org_id="river", kind=PERSON, username="bo@example.org", email="bo@example.org")


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


@pytest.fixture
def invitations(db: Database, accounts: Accounts) -> Invitations:
    return Invitations(
        db=db, clock=db.clock, random=os.urandom, accounts=accounts, outbox=make_outbox(db)
    )


async def state_of(invitations: Invitations, account: Account, db: Database) -> InvitationState:
    """Where the latest invitation of ``account`` stands."""
    latest = await invitations.find_latest("river", account.account_id)
    assert latest is not None
    return latest.state(db.clock())


async def test_an_invited_person_chooses_a_password_and_signs_in_with_it(
    invitations: Invitations, accounts: Accounts, db: Database
) -> None:
    """The link proves nothing about the mailbox, so the address stays unverified."""
    account, link = await invitations.invite(BO, STAFF)
    assert account.password_changed_at is None
    assert await state_of(invitations, account, db) is InvitationState.OPEN
    refused = await accounts.verify_password("river", PERSON, "bo@example.org", PASSWORD)
    assert isinstance(refused, SignInRefused)
    assert (await invitations.get("river", link.reveal())).account_id == account.account_id
    await invitations.accept("river", link.reveal(), PASSWORD, SYSTEM)
    signed_in = await accounts.verify_password("river", PERSON, "bo@example.org", PASSWORD)
    assert isinstance(signed_in, Account)
    assert not signed_in.email_verified
    assert await state_of(invitations, account, db) is InvitationState.ACCEPTED


async def test_what_was_done_is_recorded_without_the_link(
    invitations: Invitations, db: Database
) -> None:
    """Who invited, and who accepted."""
    account, first = await invitations.invite(BO, STAFF)
    second = await invitations.renew("river", account.account_id, STAFF)
    await invitations.accept("river", second.reveal(), PASSWORD, SYSTEM)
    events = await Audit(db=db).list("river", None, 50)
    assert [each.event.action for each in reversed(events)] == [
        "accounts.created",
        "invitation.created",
        "invitation.renewed",
        "invitation.accepted",
        "account.password_changed",
    ]
    assert not any(link.reveal() in repr(events) for link in (first, second))


async def test_an_invitation_that_cannot_be_leaves_no_account(
    invitations: Invitations, accounts: Accounts, db: Database
) -> None:
    """The refusal is the one that creating the account alone would meet."""
    await make_account(db, "bo")
    with pytest.raises(EmailTaken):
        await invitations.invite(
            NewAccount(org_id="river", kind=PERSON, username="other", email="bo@example.org"),
            STAFF,
        )
    assert await accounts.count("river", PERSON) == 1


async def _use(invitations: Invitations, account: Account, link: str, clock: ManualClock) -> None:
    await invitations.accept("river", link, PASSWORD, SYSTEM)


async def _expire(
    invitations: Invitations, account: Account, link: str, clock: ManualClock
) -> None:
    clock.advance(seconds=WEEK)


async def _renew(invitations: Invitations, account: Account, link: str, clock: ManualClock) -> None:
    await invitations.renew("river", account.account_id, STAFF)


async def _withdraw(
    invitations: Invitations, account: Account, link: str, clock: ManualClock
) -> None:
    assert await invitations.withdraw("river", account.account_id, STAFF)


Spoil = Callable[[Invitations, Account, str, ManualClock], Awaitable[None]]


@attack("CVE-2026-1529")
@pytest.mark.parametrize("spoil", [_use, _expire, _renew, _withdraw])
async def test_every_dead_link_gets_the_same_answer(
    invitations: Invitations, clock: ManualClock, spoil: Spoil
) -> None:
    """Used, expired, renewed or withdrawn; and the answer to one that never was."""
    account, link = await invitations.invite(BO, STAFF)
    await spoil(invitations, account, link.reveal(), clock)
    for dead in (link.reveal(), "dw_iv_" + "A" * 48, "", "dw_at_x", link.reveal()[:-1]):
        with pytest.raises(InvitationGone) as refused:
            await invitations.get("river", dead)
        assert refused.value.sentence == InvitationGone.sentence
        with pytest.raises(InvitationGone):
            await invitations.accept("river", dead, Secret("another password"), SYSTEM)


@pytest.mark.parametrize("spoil", [_expire, _renew, _withdraw])
async def test_a_link_that_dies_while_the_password_is_hashed_sets_nothing(
    db: Database, invitations: Invitations, clock: ManualClock, spoil: Spoil
) -> None:
    """Hashing takes its time; what counts is the moment in which the password is kept."""
    account, link = await invitations.invite(BO, STAFF)

    class Slow(Accounts):
        async def hash_password(self, account: Account, password: Secret[str]) -> Secret[str]:
            await spoil(invitations, account, link.reveal(), clock)
            return await super().hash_password(account, password)

    slow = Invitations(
        db=db,
        clock=clock,
        random=os.urandom,
        accounts=make_accounts(db, kind=Slow),
        outbox=make_outbox(db),
    )
    with pytest.raises(InvitationGone):
        await slow.accept("river", link.reveal(), PASSWORD, SYSTEM)
    kept = await make_accounts(db).get("river", account.account_id)
    assert kept.password_changed_at is None


async def test_a_link_is_good_until_the_last_moment(
    invitations: Invitations, clock: ManualClock
) -> None:
    """And in its own organization only."""
    _, link = await invitations.invite(BO, STAFF)
    clock.advance(seconds=WEEK - 1)
    await invitations.get("river", link.reveal())
    with pytest.raises(InvitationGone):
        await invitations.get("lake", link.reveal())


@attack("better-auth 9993")
async def test_of_several_who_use_a_link_at_once_one_wins(
    invitations: Invitations, accounts: Accounts
) -> None:
    """And the password is the winner's."""
    _, link = await invitations.invite(BO, STAFF)
    tries = [Secret(f"password number {n}") for n in range(6)]
    outcomes = await asyncio.gather(
        *(invitations.accept("river", link.reveal(), each, SYSTEM) for each in tries),
        return_exceptions=True,
    )
    won = [n for n, each in enumerate(outcomes) if isinstance(each, Account)]
    assert len(won) == 1
    assert sum(isinstance(each, InvitationGone) for each in outcomes) == len(tries) - 1
    signed_in = await accounts.verify_password("river", PERSON, "bo@example.org", tries[won[0]])
    assert isinstance(signed_in, Account)


async def test_a_password_that_is_too_short_leaves_the_link_as_good_as_before(
    invitations: Invitations,
) -> None:
    """People try again."""
    _, link = await invitations.invite(BO, STAFF)
    with pytest.raises(WeakPassword):
        await invitations.accept("river", link.reveal(), Secret("short"), SYSTEM)
    await invitations.accept("river", link.reveal(), PASSWORD, SYSTEM)


async def test_a_suspended_person_is_not_let_in_by_a_link(
    invitations: Invitations, accounts: Accounts
) -> None:
    """Nor invited anew, until they are reactivated."""
    account, link = await invitations.invite(BO, STAFF)
    await accounts.disable("river", account.account_id, STAFF)
    with pytest.raises(InvitationGone):
        await invitations.accept("river", link.reveal(), PASSWORD, SYSTEM)
    with pytest.raises(AlreadyHere):
        await invitations.renew("river", account.account_id, STAFF)
    await accounts.enable("river", account.account_id, STAFF)
    await invitations.accept("river", link.reveal(), PASSWORD, SYSTEM)


async def test_who_has_a_password_is_not_invited(invitations: Invitations, db: Database) -> None:
    """A link would be a way to another person's account."""
    anna = await make_account(db, "anna")
    with pytest.raises(AlreadyHere):
        await invitations.renew("river", anna.account_id, STAFF)
    assert not await invitations.withdraw("river", anna.account_id, STAFF)
    with pytest.raises(UnknownAccount):
        await invitations.renew("lake", anna.account_id, STAFF)


async def test_a_password_that_staff_set_ends_the_link(
    invitations: Invitations, accounts: Accounts
) -> None:
    """It is for a first password only."""
    account, link = await invitations.invite(BO, STAFF)
    await accounts.set_password("river", account.account_id, PASSWORD, STAFF)
    with pytest.raises(InvitationGone):
        await invitations.accept("river", link.reveal(), Secret("another password"), SYSTEM)


async def test_old_invitations_are_swept(
    invitations: Invitations, db: Database, clock: ManualClock
) -> None:
    """A month after they expired."""
    account, _ = await invitations.invite(BO, STAFF)
    clock.advance(seconds=WEEK + 29 * 86_400)
    assert await remove_expired(Sweeper(db), clock()) == 0
    assert await state_of(invitations, account, db) is InvitationState.EXPIRED
    clock.advance(seconds=2 * 86_400)
    assert await remove_expired(Sweeper(db), clock()) == 1
    assert await invitations.find_latest("river", account.account_id) is None
