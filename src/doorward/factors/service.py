"""Setting up an app, proving its codes and recovery codes, and taking them away."""

from __future__ import annotations

from doorward.accounts import Account, Accounts, compose_notice
from doorward.audit import Actor, record
from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import KeyRing, Random, Secret
from doorward.db import Clock, Database, Transaction
from doorward.factors import store
from doorward.factors.codes import draw_codes, kept_code, parse_recovery_code
from doorward.factors.model import FEW_CODES, PENDING_FOR, App, NothingPending, Pending, Standing
from doorward.factors.totp import draw_key, find_step, parse_code
from doorward.mail import Outbox, Template
from doorward.orgs import Tenant

__all__ = ["Factors"]

Codes = tuple[Secret[str], ...]


class Factors:
    """The apps and recovery codes of every account."""

    name = "app"
    """How sign-in calls this kind of second step."""

    # size: one entry for each thing that it stands on
    def __init__(  # noqa: PLR0913
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        ring: KeyRing,
        brakes: Brakes,
        accounts: Accounts,
        outbox: Outbox,
    ) -> None:
        """Keep keys in ``db``, sealed by ``ring``; count tries by ``brakes``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._ring = ring
        self._brakes = brakes
        self._accounts = accounts
        self._outbox = outbox

    async def get_standing(self, org_id: str, account_id: int) -> Standing:
        """What the account has."""
        row = await self._db.one(store.FIND_APP, org_id=org_id, account=account_id)
        count = await self._db.one(store.COUNT_CODES, org_id=org_id, account=account_id)
        left = 0 if count is None else int(count[0])
        return Standing(None if row is None else App(row[0], row[1], row[2]), left)

    async def is_set_up(self, org_id: str, account_id: int) -> bool:
        """Whether the account has an app that has proved itself."""
        row = await self._db.one(store.FIND_APP, org_id=org_id, account=account_id)
        return row is not None

    # Setting up

    async def begin(self, org_id: str, account_id: int, browser_id: int) -> Pending:
        """The app that is being set up in this browser: the same for half an hour, else a new one.

        Nothing counts of it yet. Raises ``UnknownAccount``.
        """

        async def work(tx: Transaction) -> Pending:
            await self._accounts.lock(tx, org_id, account_id)
            now = self._clock()
            whose = {"org_id": org_id, "account": account_id}
            row = await tx.one(store.FIND_PENDING, **whose, browser=browser_id, now=now)
            if row is not None:
                return self._pending(org_id, account_id, row)
            await tx.run(store.DROP_PENDING, **whose)
            pending = Pending(self._db.next_id(), draw_key(self._random), now + PENDING_FOR)
            await self._insert(tx, org_id, account_id, browser_id, pending)
            return pending

        return await self._db.unit(work)

    async def find_pending(self, org_id: str, account_id: int, browser_id: int) -> Pending | None:
        """The app that is being set up in this browser."""
        row = await self._db.one(
            store.FIND_PENDING,
            org_id=org_id,
            account=account_id,
            browser=browser_id,
            now=self._clock(),
        )
        return None if row is None else self._pending(org_id, account_id, row)

    async def confirm(
        self, tenant: Tenant, account_id: int, browser_id: int, text: str, by: Actor
    ) -> Codes | None:
        """Turn the app on that is being set up, in place of an earlier one; None for a wrong code.

        Answers recovery codes where the account had none left, to be shown this once.
        Raises ``NothingPending``, ``Braked``.
        """
        org_id = tenant.org_id
        tried = Try(Brake.SECOND_STEP, str(account_id), account_id)
        await self._brakes.admit(org_id, tried)
        pending = await self.find_pending(org_id, account_id, browser_id)
        if pending is None:
            raise NothingPending
        code = parse_code(text)
        step = code and find_step(pending.key, code, now=self._clock(), after=0)
        if not step:
            return None

        async def work(tx: Transaction) -> Codes:
            account = await self._accounts.lock(tx, org_id, account_id)
            now, these = self._clock(), {"org_id": org_id, "id": pending.factor_id}
            if await tx.one(store.CONFIRM, **these, now=now, step=step) is None:
                raise NothingPending
            await tx.run(store.DROP_OTHER_APPS, **these, account=account_id)
            await self._record(tx, account, "second_step.turned_on", by)
            await self._tell(tx, tenant, account, Template.SECOND_STEP_ON)
            count = await tx.one(store.COUNT_CODES, org_id=org_id, account=account_id)
            if count is not None and count[0]:
                return ()
            return await self._make_codes(tx, account, by)

        codes = await self._db.unit(work)
        await self._brakes.forgive(org_id, tried)
        return codes

    # Proving

    async def verify_code(self, org_id: str, account_id: int, text: str) -> bool:
        """Whether ``text`` is the app's code of now; each code is good once. Raises ``Braked``."""
        tried = Try(Brake.SECOND_STEP, str(account_id), account_id)
        await self._brakes.admit(org_id, tried)
        code = parse_code(text)
        row = await self._db.one(store.FIND_APP, org_id=org_id, account=account_id)
        if row is None or code is None:
            return False
        factor_id, _, _, sealed, last_step = row
        key = self._open(org_id, account_id, factor_id, sealed)
        step = find_step(key, code, now=self._clock(), after=last_step)
        if step is None:
            return False
        won = await self._db.write_one(
            store.USE_STEP, org_id=org_id, id=factor_id, step=step, now=self._clock()
        )
        if won is None:
            return False
        await self._brakes.forgive(org_id, tried)
        return True

    async def use_recovery_code(
        self, tenant: Tenant, account_id: int, text: str, by: Actor
    ) -> int | None:
        """How many codes are left after ``text`` was used up; None when it is none of them.

        Raises ``Braked``.
        """
        org_id = tenant.org_id
        tried = Try(Brake.RECOVERY_CODE, str(account_id), account_id)
        await self._brakes.admit(org_id, tried)
        code = parse_recovery_code(text)
        if code is None:
            return None
        given = kept_code(org_id, account_id, code)

        async def work(tx: Transaction) -> int | None:
            account = await self._accounts.lock(tx, org_id, account_id)
            whose = {"org_id": org_id, "account": account_id}
            if await tx.one(store.USE_CODE, **whose, given=given, now=self._clock()) is None:
                return None
            count = await tx.one(store.COUNT_CODES, **whose)
            left = 0 if count is None else int(count[0])
            await self._record(tx, account, "recovery_code.used", by, left=left)
            few = left <= FEW_CODES
            template = Template.RECOVERY_CODES_FEW if few else Template.RECOVERY_CODE_USED
            await self._tell(tx, tenant, account, template, left=str(left))
            return left

        left = await self._db.unit(work)
        if left is not None:
            await self._brakes.forgive(org_id, tried)
        return left

    # Changing

    async def make_codes(self, tenant: Tenant, account_id: int, by: Actor) -> Codes:
        """Ten new recovery codes in place of all earlier ones. Raises ``UnknownAccount``."""

        async def work(tx: Transaction) -> Codes:
            account = await self._accounts.lock(tx, tenant.org_id, account_id)
            codes = await self._make_codes(tx, account, by)
            await self._tell(tx, tenant, account, Template.RECOVERY_CODES_MADE)
            return codes

        return await self._db.unit(work)

    async def turn_off(
        self, tenant: Tenant, account_id: int, by: Actor, *, keep_codes: bool = False
    ) -> bool:
        """Remove the app, and the recovery codes unless another kind needs them; whether it was on.

        Raises ``UnknownAccount``.
        """

        async def work(tx: Transaction) -> bool:
            account = await self._accounts.lock(tx, tenant.org_id, account_id)
            return await self._drop(tx, tenant, account, by, keep_codes=keep_codes)

        return await self._db.unit(work)

    async def reset(self, tx: Transaction, tenant: Tenant, account: Account, by: Actor) -> bool:
        """Remove everything of a locked ``account``, which lost it; whether there was anything."""
        whose = {"org_id": tenant.org_id, "account": account.account_id}
        gone = await tx.run(store.DROP_APPS, **whose) + await tx.run(store.DROP_CODES, **whose)
        if gone:
            await self._record(tx, account, "second_step.reset", by)
            await self._tell(tx, tenant, account, Template.SECOND_STEP_RESET)
        return gone > 0

    async def forget_codes(self, org_id: str, account_id: int) -> None:
        """Delete the recovery codes of an account that has no second step any more."""
        await self._db.run(store.DROP_CODES, org_id=org_id, account=account_id)

    async def _drop(
        self, tx: Transaction, tenant: Tenant, account: Account, by: Actor, *, keep_codes: bool
    ) -> bool:
        whose = {"org_id": tenant.org_id, "account": account.account_id}
        had = await tx.one(store.FIND_APP, **whose) is not None
        await tx.run(store.DROP_APPS, **whose)
        if not keep_codes:
            await tx.run(store.DROP_CODES, **whose)
        if had:
            await self._record(tx, account, "second_step.turned_off", by)
            await self._tell(tx, tenant, account, Template.SECOND_STEP_OFF)
        return had

    async def _make_codes(self, tx: Transaction, account: Account, by: Actor) -> Codes:
        codes, now = draw_codes(self._random), self._clock()
        org_id, account_id = account.org_id, account.account_id
        await tx.run(store.DROP_CODES, org_id=org_id, account=account_id)
        for code in codes:
            await tx.run(
                store.INSERT_CODE,
                org_id=org_id,
                id=self._db.next_id(),
                account_id=account_id,
                digest=kept_code(org_id, account_id, code),
                created_at=now,
                used_at=None,
            )
        await self._record(tx, account, "recovery_codes.made", by)
        return codes

    async def _insert(
        self, tx: Transaction, org_id: str, account_id: int, browser_id: int, pending: Pending
    ) -> None:
        about = _about(org_id, account_id, pending.factor_id)
        await tx.run(
            store.INSERT_APP,
            org_id=org_id,
            id=pending.factor_id,
            account_id=account_id,
            browser_id=browser_id,
            sealed=self._ring.seal(pending.key.reveal().encode(), about=about),
            created_at=self._clock(),
            expires_at=pending.expires_at,
            confirmed_at=None,
            last_step=0,
            last_used_at=None,
        )

    def _pending(self, org_id: str, account_id: int, row: tuple[int, bytes, int]) -> Pending:
        factor_id, sealed, expires_at = row
        return Pending(factor_id, self._open(org_id, account_id, factor_id, sealed), expires_at)

    def _open(self, org_id: str, account_id: int, factor_id: int, sealed: bytes) -> Secret[str]:
        about = _about(org_id, account_id, factor_id)
        return Secret(self._ring.open(bytes(sealed), about=about).decode())

    async def _tell(
        self, tx: Transaction, tenant: Tenant, account: Account, template: Template, **values: str
    ) -> None:
        letter = compose_notice(tenant, account, template, "/account/two-step", values)
        if letter is not None:
            await self._outbox.enqueue(tx, letter)

    async def _record(
        self, tx: Transaction, account: Account, action: str, by: Actor, **detail: int
    ) -> None:
        event = by.did(action, account.org_id, ("account", account.subject), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _about(org_id: str, account_id: int, factor_id: int) -> bytes:
    """What the seal of a key is bound to: moved to another account it does not open."""
    return f"factors|{org_id}|totp_factors|{account_id}|{factor_id}|sealed".encode()
