"""Adding, using, naming and removing passkeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from doorward.accounts import Account, AccountKind, Accounts, compose_notice
from doorward.audit import SYSTEM, Actor, record
from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import Random
from doorward.db import SECOND, Clock, Conflict, Database, Reads, Transaction
from doorward.http import subscriber_of
from doorward.mail import Outbox, Template
from doorward.orgs import Tenant
from doorward.passkeys import store
from doorward.passkeys.ceremonies import (
    Asserted,
    Assertion,
    Holder,
    creation_options,
    parse_assertion,
    parse_creation,
    request_options,
)
from doorward.passkeys.challenges import Challenges
from doorward.passkeys.model import (
    MOST_PASSKEYS,
    AnswerRefused,
    Ceremony,
    LastWayIn,
    Passkey,
    PasskeyProof,
    PasskeyRefused,
    PasskeyTaken,
    Purpose,
    TooManyPasskeys,
    UnknownPasskey,
    verify_name,
)
from doorward.passkeys.parties import RelyingParty, find_relying_party, get_relying_party
from doorward.passkeys.rows import born, row_of

__all__ = ["OFFER_AGAIN_AFTER", "Passkeys"]

OFFER_AGAIN_AFTER: Final = 30 * 86_400 * SECOND
"""So long nobody is asked again who said that they want no passkey now."""

_HANDLE_BYTES: Final = 32
Options = Mapping[str, object]


class Passkeys:
    """The passkeys of every organization's people."""

    name = "passkey"
    """How sign-in calls this kind of second step."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        accounts: Accounts,
        outbox: Outbox,
        brakes: Brakes,
    ) -> None:
        """Keep public keys in ``db``, dated by ``clock``, for challenges from ``random``.

        Answers are counted under ``brakes``.
        """
        self._db = db
        self._clock = clock
        self._random = random
        self._challenges = Challenges(db=db, clock=clock, random=random, brakes=brakes)
        self._accounts = accounts
        self._outbox = outbox
        self._brakes = brakes

    # Adding one

    async def begin_enrolment(
        self, tenant: Tenant, account: Account, browser_id: int, *, address: str | None = None
    ) -> Options:
        """What ``account``'s page hands to the browser to make a passkey, good for five minutes.

        Asked from ``address``. Raises ``NoPasskeysHere``, ``TooManyPasskeys``, ``Braked``.
        """
        party = get_relying_party(tenant)
        known = await self.list_of_account(account.org_id, account.account_id)
        if len(known) >= MOST_PASSKEYS:
            raise TooManyPasskeys
        handle = await self._keep_handle(account)
        ceremony = Ceremony(Purpose.ENROL, browser_id, account_id=account.account_id)
        challenge = await self._challenges.give_out(account.org_id, ceremony, address)
        holder = Holder(handle, account.username, account.name or account.username)
        return creation_options(party, holder, challenge, known)

    async def enrol(
        self, tenant: Tenant, ceremony: Ceremony, answer: str, *, name: str, by: Actor
    ) -> Passkey:
        """Keep the passkey that the browser made for a challenge of ``begin_enrolment``.

        It is called as what keeps it calls itself, or else ``name``. Raises ``AnswerRefused``,
        ``TooManyPasskeys``, ``PasskeyTaken``, ``NoPasskeysHere``.
        """
        party = get_relying_party(tenant)
        given = parse_creation(answer)
        made = given.verify(party)
        org_id, passkey_id = tenant.org_id, self._db.next_id()
        passkey = born(made, party, passkey_id, ceremony.account_id, name, self._clock())

        async def work(tx: Transaction) -> Passkey:
            account = await self._accounts.lock(tx, org_id, ceremony.account_id)
            if not account.is_active or not await self._challenges.take(
                tx, org_id, ceremony, given.challenge
            ):
                raise AnswerRefused
            if await self._count(tx, account) >= MOST_PASSKEYS:
                raise TooManyPasskeys
            await tx.run(store.INSERT, org_id=org_id, **row_of(passkey))
            await self._record(tx, account, "passkey.added", by, passkey)
            await self._tell(tx, tenant, account, Template.PASSKEY_ADDED, passkey)
            return passkey

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            raise PasskeyTaken from conflict

    # Using one

    async def begin_proof(
        self, tenant: Tenant, ceremony: Ceremony, *, address: str | None = None
    ) -> Options:
        """What a page hands to the browser to be answered by a passkey, good for five minutes.

        Only where the account is known already, its passkeys are named: nobody learns who exists.
        ``address`` is where it was asked from. Raises ``NoPasskeysHere``, ``Braked``.
        """
        party = get_relying_party(tenant)
        known: list[Passkey] = []
        if ceremony.account_id:
            known = await self.list_of_account(tenant.org_id, ceremony.account_id)
        challenge = await self._challenges.give_out(tenant.org_id, ceremony, address)
        return request_options(party, challenge, known, alone=ceremony.is_alone)

    async def verify(
        self,
        tenant: Tenant,
        ceremony: Ceremony,
        answer: str,
        *,
        kind: AccountKind | None = None,
        address: str | None = None,
    ) -> PasskeyProof | PasskeyRefused:
        """Whose passkey answered the challenge of ``ceremony``; else one refusal.

        A challenge is answered once, whatever comes of it. A passkey whose count went back may
        have been copied: it is refused, and the person is told. ``address`` is where the answer
        came from. Raises ``NoPasskeysHere``, ``Braked``.
        """
        party = get_relying_party(tenant)
        tried = Try(Brake.PASSKEY_NETWORK, subscriber_of(address))
        await self._brakes.admit(tenant.org_id, tried)
        try:
            given = parse_assertion(answer)
        except AnswerRefused:
            return PasskeyRefused(detail="unreadable")

        async def work(tx: Transaction) -> PasskeyProof | PasskeyRefused:
            if not await self._challenges.take(tx, tenant.org_id, ceremony, given.challenge):
                return PasskeyRefused(detail="challenge")
            passkey = await self._find_answering(tx, tenant.org_id, given, party)
            if passkey is None:
                return PasskeyRefused(detail="unknown")
            account = await self._accounts.find_within(tx, tenant.org_id, passkey.account_id)
            if account is None or not _may_come(account, ceremony, kind):
                return PasskeyRefused(passkey.account_id, "may not come in")
            try:
                said = given.verify(party, passkey, alone=ceremony.is_alone)
            except AnswerRefused:
                return PasskeyRefused(passkey.account_id, "answer")
            return await self._use(tx, tenant, account, passkey, (said, address))

        outcome = await self._db.unit(work)
        if isinstance(outcome, PasskeyProof):
            await self._brakes.forgive(tenant.org_id, tried)
        return outcome

    async def _find_answering(
        self, tx: Transaction, org_id: str, given: Assertion, party: RelyingParty
    ) -> Passkey | None:
        """The passkey that claims to answer, when it is for this host and says whose it is."""
        row = await tx.one(store.FIND_BY_CREDENTIAL, org_id=org_id, credential=given.credential_id)
        if row is None:
            return None
        passkey = Passkey.from_row(row[1:])
        if passkey.rp_id != party.rp_id or given.handle != bytes(row[0]):
            return None
        return passkey

    async def _use(
        self,
        tx: Transaction,
        tenant: Tenant,
        account: Account,
        passkey: Passkey,
        answer: tuple[Asserted, str | None],
    ) -> PasskeyProof | PasskeyRefused:
        said, address = answer
        if said.backup_eligible != passkey.backup_eligible:
            return PasskeyRefused(account.account_id, "another kind of key")
        counts = said.sign_count > 0 or passkey.sign_count > 0
        if counts and said.sign_count <= passkey.sign_count:
            by = Actor(kind="system", id=SYSTEM.id, address=address)
            await self._record(tx, account, "passkey.count_went_back", by, passkey)
            await self._tell(tx, tenant, account, Template.PASSKEY_SUSPECT, passkey)
            return PasskeyRefused(account.account_id, "count")
        await tx.run(
            store.ADVANCE,
            org_id=account.org_id,
            id=passkey.passkey_id,
            account=account.account_id,
            count=said.sign_count,
            synced=int(said.backed_up),
            verified=int(said.user_verified),
            now=self._clock(),
        )
        return PasskeyProof(account, replace(passkey, user_verified=said.user_verified))

    # Those that are kept

    async def list_of_account(self, org_id: str, account_id: int) -> list[Passkey]:
        """Every passkey of an account, the oldest first."""
        rows = await self._db.all(store.LIST, org_id=org_id, account=account_id)
        return [Passkey.from_row(row) for row in rows]

    async def is_set_up(self, org_id: str, account_id: int) -> bool:
        """Whether the account has a passkey, for whichever host."""
        row = await self._db.one(store.COUNT, org_id=org_id, account=account_id)
        return row is not None and row[0] > 0

    async def has_any(self, tenant: Tenant, account_id: int) -> bool:
        """Whether the account has a passkey that works on pages of ``tenant``."""
        party = find_relying_party(tenant)
        if party is None:
            return False
        known = await self.list_of_account(tenant.org_id, account_id)
        return any(each.rp_id == party.rp_id for each in known)

    async def rename(
        self, org_id: str, account_id: int, passkey_id: int, name: str, by: Actor
    ) -> None:
        """Call it ``name``. Raises ``BadPasskeyName``, ``UnknownPasskey``."""
        name = verify_name(name)

        async def work(tx: Transaction) -> None:
            account = await self._accounts.lock(tx, org_id, account_id)
            done = await tx.one(
                store.RENAME, org_id=org_id, id=passkey_id, account=account_id, new_name=name
            )
            if done is None:
                raise UnknownPasskey
            event = by.did(
                "passkey.renamed", org_id, ("account", account.subject), passkey=str(passkey_id)
            )
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)

    async def remove(
        self,
        tenant: Tenant,
        account_id: int,
        passkey_id: int,
        by: Actor,
        *,
        keeps_way_in: bool = True,
    ) -> Passkey:
        """Forget a passkey: from now on nobody comes in by it, at any process.

        A person ``keeps_way_in``; staff may take the last one as well. Raises ``UnknownPasskey``,
        ``LastWayIn``.
        """
        org_id = tenant.org_id

        async def work(tx: Transaction) -> Passkey:
            account = await self._accounts.lock(tx, org_id, account_id)
            rows = await tx.all(store.LIST, org_id=org_id, account=account_id)
            known = [Passkey.from_row(row) for row in rows]
            passkey = next((each for each in known if each.passkey_id == passkey_id), None)
            if passkey is None:
                raise UnknownPasskey
            if keeps_way_in and len(known) == 1 and account.password_changed_at is None:
                raise LastWayIn
            await self._forget(tx, tenant, account, passkey, by)
            return passkey

        return await self._db.unit(work)

    async def reset(self, tx: Transaction, tenant: Tenant, account: Account, by: Actor) -> bool:
        """Forget every passkey of a locked ``account``, which lost them; whether it had any."""
        rows = await tx.all(store.LIST, org_id=account.org_id, account=account.account_id)
        for row in rows:
            await self._forget(tx, tenant, account, Passkey.from_row(row), by)
        return bool(rows)

    async def _forget(
        self, tx: Transaction, tenant: Tenant, account: Account, passkey: Passkey, by: Actor
    ) -> None:
        whose = {"org_id": account.org_id, "account": account.account_id}
        await tx.run(store.DELETE, **whose, id=passkey.passkey_id)
        await self._record(tx, account, "passkey.removed", by, passkey)
        await self._tell(tx, tenant, account, Template.PASSKEY_REMOVED, passkey)

    # Offering one

    async def may_offer(self, tenant: Tenant, account: Account) -> bool:
        """Whether to ask ``account`` if it wants a passkey: it has none here, nor said no lately.

        A page that puts it off says so by ``put_off``.
        """
        if find_relying_party(tenant) is None:
            return False
        row = await self._db.one(
            store.FIND_HOLDER, org_id=account.org_id, account=account.account_id
        )
        if row is not None and row[1] > self._clock():
            return False
        return not await self.has_any(tenant, account.account_id)

    async def put_off(self, org_id: str, account_id: int) -> None:
        """Ask no more for thirty days."""
        await self._db.run(
            store.PUT_OFF,
            org_id=org_id,
            account_id=account_id,
            handle=self._random(_HANDLE_BYTES),
            put_off_until=self._clock() + OFFER_AGAIN_AFTER,
        )

    # Parts

    async def _keep_handle(self, account: Account) -> bytes:
        """The random value by which browsers know ``account``; made at the first passkey."""
        whose = {"org_id": account.org_id, "account_id": account.account_id}
        await self._db.run(
            store.KEEP_HOLDER, **whose, handle=self._random(_HANDLE_BYTES), put_off_until=0
        )
        row = await self._db.one(
            store.FIND_HOLDER, org_id=account.org_id, account=account.account_id
        )
        assert row is not None  # noqa: S101 - kept just now, and never deleted before the account
        return bytes(row[0])

    @staticmethod
    async def _count(reads: Reads, account: Account) -> int:
        row = await reads.one(store.COUNT, org_id=account.org_id, account=account.account_id)
        return 0 if row is None else int(row[0])

    async def _tell(
        self,
        tx: Transaction,
        tenant: Tenant,
        account: Account,
        template: Template,
        passkey: Passkey,
    ) -> None:
        letter = compose_notice(
            tenant, account, template, "/account/passkeys", {"passkey": passkey.name}
        )
        if letter is not None:
            await self._outbox.enqueue(tx, letter)

    async def _record(
        self, tx: Transaction, account: Account, action: str, by: Actor, passkey: Passkey
    ) -> None:
        event = by.did(
            action,
            account.org_id,
            ("account", account.subject),
            passkey=str(passkey.passkey_id),
            name=passkey.name,
            rp_id=passkey.rp_id,
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _may_come(account: Account, ceremony: Ceremony, kind: AccountKind | None) -> bool:
    expected = ceremony.account_id or account.account_id
    fits = kind is None or account.kind is kind
    return account.is_active and fits and account.account_id == expected
