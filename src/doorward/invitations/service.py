"""Inviting, renewing, withdrawing and accepting."""

from __future__ import annotations

from doorward.accounts import Account, Accounts, AccountsRefusal, NewAccount
from doorward.audit import Actor, record
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import Clock, Database, Transaction
from doorward.invitations import store
from doorward.invitations.letters import compose_invitation
from doorward.invitations.model import (
    LIFETIME,
    AlreadyHere,
    Invitation,
    InvitationGone,
    InvitationState,
)
from doorward.mail import Outbox
from doorward.orgs import Tenant

__all__ = ["Invitations"]


class Invitations:
    """The invitations of every organization."""

    def __init__(
        self, *, db: Database, clock: Clock, random: Random, accounts: Accounts, outbox: Outbox
    ) -> None:
        """Keep digests in ``db``, dated by ``clock``, of links from ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._accounts = accounts
        self._outbox = outbox

    @property
    def sends_mail(self) -> bool:
        """Whether people with an address get their link by mail as well."""
        return self._outbox.is_on

    async def invite(
        self, new: NewAccount, by: Actor, tenant: Tenant | None = None
    ) -> tuple[Account, Secret[str]]:
        """Create the account ``new``, without a password, and its link, which is told only here.

        It is mailed as well in the name of ``tenant``, where that is given and mail is on.
        Raises what ``Accounts.create`` raises.
        """
        drafts = await self._accounts.draft_many(new.org_id, [new], by)

        async def work(tx: Transaction) -> tuple[Account, Secret[str]]:
            (made,) = await drafts.keep(tx)
            if isinstance(made, AccountsRefusal):
                raise made
            return made, await self._issue(tx, made, "invitation.created", by, tenant)

        return await self._db.unit(work)

    async def renew(
        self, org_id: str, account_id: int, by: Actor, tenant: Tenant | None = None
    ) -> Secret[str]:
        """A new link for an account that has no password yet; every earlier one ends.

        It is mailed as by ``invite``.
        Raises ``UnknownAccount``, ``AlreadyHere``.
        """

        async def work(tx: Transaction) -> Secret[str]:
            account = await self._accounts.lock(tx, org_id, account_id)
            if not _may_be_invited(account):
                raise AlreadyHere
            await self._end(tx, account)
            return await self._issue(tx, account, "invitation.renewed", by, tenant)

        return await self._db.unit(work)

    async def withdraw(self, org_id: str, account_id: int, by: Actor) -> bool:
        """End the open link of an account; whether there was one. Raises ``UnknownAccount``."""

        async def work(tx: Transaction) -> bool:
            account = await self._accounts.lock(tx, org_id, account_id)
            ended = await self._end(tx, account)
            if ended:
                await self._record(tx, account, "invitation.withdrawn", by)
            return bool(ended)

        return await self._db.unit(work)

    async def find_latest(self, org_id: str, account_id: int) -> Invitation | None:
        """The account's newest invitation, in whatever state."""
        row = await self._db.one(store.LATEST_INVITATION, org_id=org_id, account=account_id)
        return None if row is None else Invitation(*row)

    async def get(self, org_id: str, link: str) -> Account:
        """Whom an open link invites. Raises ``InvitationGone``."""
        invitation = await self._find_open(org_id, link)
        account = await self._accounts.get(org_id, invitation.account_id)
        if not _may_be_invited(account):
            raise InvitationGone
        return account

    async def accept(self, org_id: str, link: str, password: Secret[str], by: Actor) -> Account:
        """Give the invited account its first password, once for each link.

        Raises ``InvitationGone``, ``WeakPassword``, ``Busy``. The e-mail address stays as
        unproven as it was: the link came from staff, not from that mailbox.
        """
        invitation = await self._find_open(org_id, link)
        invited = await self._accounts.get(org_id, invitation.account_id)
        # Hashing takes long: it happens before the unit.
        hashed = await self._accounts.hash_password(invited, password)

        async def work(tx: Transaction) -> Account:
            # The account first, as everything here does, so that no two units wait for each other.
            account = await self._accounts.lock(tx, org_id, invitation.account_id)
            won = await tx.one(
                store.ACCEPT_INVITATION,
                org_id=org_id,
                id=invitation.invitation_id,
                now=self._clock(),
            )
            if won is None or not _may_be_invited(account):
                raise InvitationGone
            await self._record(tx, account, "invitation.accepted", by)
            return await self._accounts.replace_password(tx, account, hashed, by)

        return await self._db.unit(work)

    async def _find_open(self, org_id: str, link: str) -> Invitation:
        try:
            invitation_id = parse_value(link, ValueKind.INVITATION)
        except Malformed as error:
            raise InvitationGone from error
        row = await self._db.one(store.FIND_INVITATION, org_id=org_id, id=invitation_id)
        if row is None or not same(row[0], digest(link)):
            raise InvitationGone
        invitation = Invitation(*row[1:])
        if invitation.state(self._clock()) is not InvitationState.OPEN:
            raise InvitationGone
        return invitation

    async def _end(self, tx: Transaction, account: Account) -> int:
        return await tx.run(
            store.END_INVITATIONS,
            org_id=account.org_id,
            account=account.account_id,
            now=self._clock(),
        )

    async def _issue(
        self,
        tx: Transaction,
        account: Account,
        action: str,
        by: Actor,
        tenant: Tenant | None,
    ) -> Secret[str]:
        invitation_id, now = self._db.next_id(), self._clock()
        link = mint(ValueKind.INVITATION, invitation_id, self._random)
        await tx.run(
            store.INSERT_INVITATION,
            org_id=account.org_id,
            id=invitation_id,
            digest=digest(link.reveal()),
            account_id=account.account_id,
            created_at=now,
            expires_at=now + LIFETIME,
            ended_at=None,
            accepted_at=None,
        )
        await self._record(tx, account, action, by)
        if tenant is not None:
            letter = compose_invitation(tenant, account, link, now + LIFETIME)
            if letter is not None:
                await self._outbox.enqueue(tx, letter)
        return link

    async def _record(self, tx: Transaction, account: Account, action: str, by: Actor) -> None:
        event = by.did(action, account.org_id, ("account", account.subject))
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _may_be_invited(account: Account) -> bool:
    return account.is_active and account.password_changed_at is None
