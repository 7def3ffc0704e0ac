"""Asking, remembering and withdrawing."""

from __future__ import annotations

from msgspec.structs import replace

from doorward.audit import Actor, record
from doorward.consents import store
from doorward.consents.model import Consent, ConsentStep, FindHerald, Herald, UnknownConsent
from doorward.crypto import Secret
from doorward.db import Clock, Database, Transaction
from doorward.tokens import CodeFacts, Tokens

__all__ = ["Consents"]


class Consents:
    """The ledger of what people allowed."""

    def __init__(
        self, *, db: Database, clock: Clock, tokens: Tokens, heralds: FindHerald | None = None
    ) -> None:
        """Keep rows in ``db``, dated by ``clock``; withdrawing ends what ``tokens`` issued.

        People are told of it by ``heralds``.
        """
        self._db = db
        self._clock = clock
        self._tokens = tokens
        self._heralds = heralds

    async def find(self, org_id: str, account_id: int, client_id: str) -> Consent | None:
        """What this account allowed this application, if anything."""
        row = await self._db.one(
            store.FIND_CONSENT, org_id=org_id, account=account_id, client=client_id
        )
        return None if row is None else Consent.from_row(row)

    async def list_of_account(self, org_id: str, account_id: int) -> list[Consent]:
        """Everything this account allowed, the last used first."""
        rows = await self._db.all(store.LIST_CONSENTS, org_id=org_id, account=account_id)
        return [Consent.from_row(row) for row in rows]

    async def list_all(self, org_id: str, *, after: int, limit: int) -> list[Consent]:
        """A page of the organization's consents, by identifier, after ``after`` (0 to begin)."""
        rows = await self._db.scan(store.LIST_ORG_CONSENTS, org_id=org_id, after=after, count=limit)
        return [Consent.from_row(row) for row in rows]

    async def get(self, org_id: str, consent_id: int) -> Consent:
        """One consent. Raises ``UnknownConsent``."""
        row = await self._db.one(store.GET_CONSENT, org_id=org_id, id=consent_id)
        if row is None:
            raise UnknownConsent
        return Consent.from_row(row)

    async def find_herald(self, wanted: tuple[str, int, str]) -> Herald | None:
        """Whoever tells (org_id, account_id, client_id) what they are about to ``allow``."""
        return None if self._heralds is None else await self._heralds(*wanted)

    async def allow(
        self,
        tx: Transaction,
        wanted: tuple[str, int, str],
        scopes: tuple[str, ...],
        by: Actor,
        *,
        left_out: tuple[str, ...] = (),
        herald: Herald | None = None,
    ) -> int:
        """Record, within a unit, that an account allows an application ``scopes`` as well.

        Those ``left_out`` were offered and not allowed. ``wanted`` is (org_id, account_id,
        client_id). Answers the consent's identifier, whose row stays locked until the unit ends:
        a withdrawal at the same time comes before or after. ``herald`` hears of what is new: give
        one where the person was asked, none where the organization decided for them.
        """
        org_id, account_id, client_id = wanted
        now = self._clock()
        row = await tx.one(store.FIND_CONSENT, org_id=org_id, account=account_id, client=client_id)
        # Locked before its scopes are read: another tab may be widening it at the same time.
        kept = row and await tx.one(store.USE_CONSENT, org_id=org_id, id=row[0], now=now)
        if kept:
            before = (str(kept[1]).split(), str(kept[2]).split())
            if await self._widen(tx, (org_id, int(kept[0])), before, (scopes, left_out)):
                event = by.did("consent.widened", org_id, ("application", client_id))
                await record(tx, event, event_id=self._db.next_id(), now=now)
                await _tell(tx, herald, ConsentStep.CHANGED)
            return int(kept[0])
        consent_id = self._db.next_id()
        await tx.run(
            store.INSERT_CONSENT,
            org_id=org_id,
            id=consent_id,
            account_id=account_id,
            client_id=client_id,
            scope=" ".join(scopes),
            granted_at=now,
            last_used_at=now,
            withdrawn_at=None,
            declined=" ".join(left_out),
        )
        event = by.did("consent.granted", org_id, ("application", client_id))
        await record(tx, event, event_id=self._db.next_id(), now=now)
        await _tell(tx, herald, ConsentStep.GIVEN)
        return consent_id

    async def _widen(
        self,
        tx: Transaction,
        which: tuple[str, int],
        before: tuple[list[str], list[str]],
        now_said: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> bool:
        """Add scopes, and what was left out, to a locked consent; whether it allows more now."""
        (known, declined), (scopes, left_out) = before, now_said
        merged = dict.fromkeys((*known, *scopes))
        apart = dict.fromkeys(name for name in (*declined, *left_out) if name not in merged)
        if list(merged) != known or list(apart) != declined:
            await tx.run(
                store.WIDEN_CONSENT,
                org_id=which[0],
                id=which[1],
                new_scope=" ".join(merged),
                new_declined=" ".join(apart),
                now=self._clock(),
            )
        return bool(set(scopes) - set(known))

    async def use(self, tx: Transaction, consent: Consent) -> bool:
        """Mark ``consent`` as used within a unit; False when it was withdrawn meanwhile."""
        row = await tx.one(
            store.USE_CONSENT, org_id=consent.org_id, id=consent.consent_id, now=self._clock()
        )
        return row is not None

    async def use_for_code(
        self, consent: Consent, minted: tuple[int, Secret[str]], facts: CodeFacts, lifetime_s: int
    ) -> bool:
        """Mark ``consent`` as used and store a code of it; False when it was withdrawn meanwhile.

        Then there is no code. ``lifetime_s`` is in seconds.
        """
        row = self._tokens.code_row(consent.org_id, minted, facts, lifetime_s=lifetime_s)
        used_at = self._clock()
        if self._db.is_far:
            found = await self._db.write_one(store.USE_FOR_CODE, **row, used_at=used_at)
            return found is not None

        async def work(tx: Transaction) -> bool:
            if not await self.use(tx, consent):
                return False
            await self._tokens.insert_code(tx, consent.org_id, minted, facts, lifetime_s=lifetime_s)
            return True

        return await self._db.unit(work)

    async def narrow(
        self, org_id: str, consent_id: int, kept: frozenset[str], by: Actor
    ) -> Consent:
        """Let a consent go on with the scopes that are ``kept``, and end what was issued for more.

        Nothing is added, whatever ``kept`` names. Raises ``UnknownConsent``.
        """
        herald = await self._find_herald_of(org_id, consent_id)

        async def work(tx: Transaction) -> Consent:
            row = await tx.one(store.LOCK_CONSENT, org_id=org_id, id=consent_id)
            if row is None:
                raise UnknownConsent
            consent = Consent.from_row(row)
            scopes = tuple(name for name in consent.scopes if name in kept)
            gone = [name for name in consent.scopes if name not in kept]
            if not gone:
                return consent
            narrowed = replace(consent, scopes=scopes, declined=consent.declined.union(gone))
            await tx.run(
                store.NARROW_CONSENT,
                org_id=org_id,
                id=consent_id,
                new_scope=" ".join(scopes),
                new_declined=" ".join(sorted(narrowed.declined)),
            )
            await self._tokens.revoke_consent(tx, org_id, consent_id)
            target = ("application", consent.client_id)
            event = by.did("consent.narrowed", org_id, target, removed=" ".join(gone))
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())
            await _tell(tx, herald, ConsentStep.CHANGED)
            return narrowed

        return await self._db.unit(work)

    async def withdraw(self, org_id: str, consent_id: int, by: Actor) -> None:
        """End a consent and every code and token that hangs on it. Raises ``UnknownConsent``."""
        herald = await self._find_herald_of(org_id, consent_id)

        async def work(tx: Transaction) -> None:
            now = self._clock()
            row = await tx.one(store.WITHDRAW_CONSENT, org_id=org_id, id=consent_id, now=now)
            if row is None:
                raise UnknownConsent
            await self._tokens.revoke_consent(tx, org_id, consent_id)
            event = by.did(
                "consent.withdrawn", org_id, ("application", row[1]), account=str(row[0])
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            own = (by.kind, by.id) == ("account", str(row[0]))
            await _tell(tx, herald, ConsentStep.REMOVED if own else ConsentStep.ENDED)

        await self._db.unit(work)

    async def _find_herald_of(self, org_id: str, consent_id: int) -> Herald | None:
        if self._heralds is None:
            return None
        consent = await self.get(org_id, consent_id)
        return await self._heralds(org_id, consent.account_id, consent.client_id)


async def _tell(tx: Transaction, herald: Herald | None, step: ConsentStep) -> None:
    if herald is not None:
        await herald(tx, step)
