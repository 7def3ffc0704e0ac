"""Minting, single use, rotation and revocation.

Read, verify, win the gate, then insert what was minted: the gate is one statement that says who
won. A refusal that must leave a mark (a replay) is an answer here, never an exception, or the
rollback would erase it.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from doorward.crypto import (
    Malformed,
    Random,
    SealBroken,
    Secret,
    ValueKind,
    digest,
    mint,
    open_under,
    parse_value,
    same,
    seal_under,
)
from doorward.db import SECOND, Clock, Database, Row, Transaction
from doorward.tokens import store
from doorward.tokens.model import (
    AccessOrder,
    ActiveToken,
    CodeFacts,
    Family,
    MintedAccess,
    MintedRefresh,
    RefreshFacts,
    RevocationReason,
    StoredCode,
    joined,
    split,
)
from doorward.tokens.signing import unverified_row_id
from doorward.tokens.winning import access_row, redeem, rotate

__all__ = ["Pair", "Tokens"]

_GRACE = "doorward refresh grace"


class Pair(msgspec.Struct, frozen=True):
    """An answer that a rotated refresh token may fetch again within its grace."""

    access: str
    refresh: str
    scope: str
    expires_at: int


class Tokens:
    """Codes, families, access and refresh tokens of every organization."""

    def __init__(self, *, db: Database, clock: Clock, random: Random) -> None:
        """Keep rows in ``db``, dated by ``clock``, with values from ``random``."""
        self._db = db
        self._clock = clock
        self._random = random

    # Codes

    def mint_code(self) -> tuple[int, Secret[str]]:
        """A new code and its row's identifier, not stored yet."""
        code_id = self._db.next_id()
        return code_id, mint(ValueKind.CODE, code_id, self._random)

    async def insert_code(
        self,
        tx: Transaction,
        org_id: str,
        minted: tuple[int, Secret[str]],
        facts: CodeFacts,
        *,
        lifetime_s: int,
    ) -> None:
        """Store ``minted`` as a code for ``facts`` that lives ``lifetime_s`` seconds."""
        row = self.code_row(org_id, minted, facts, lifetime_s=lifetime_s)
        await tx.run(store.INSERT_CODE, **row)

    def code_row(
        self, org_id: str, minted: tuple[int, Secret[str]], facts: CodeFacts, *, lifetime_s: int
    ) -> dict[str, object]:
        """The columns of the code ``minted``, for whoever stores it with something else."""
        code_id, text = minted
        return {
            "org_id": org_id,
            "id": code_id,
            "digest": digest(text.reveal()),
            "client_id": facts.client_id,
            "account_id": facts.account_id,
            "session_id": facts.session_id,
            "consent_id": facts.consent_id,
            "redirect_uri": facts.redirect_uri,
            "scope": joined(facts.scopes),
            "resources": joined(facts.resources),
            "code_challenge": facts.code_challenge,
            "nonce": facts.nonce,
            "auth_at": facts.auth_at,
            "dialect": facts.dialect,
            "methods": joined(facts.methods),
            "expires_at": self._clock() + lifetime_s * SECOND,
            "redeemed_at": None,
            "family_id": None,
        }

    async def find_code(self, org_id: str, text: str) -> tuple[StoredCode, bool] | None:
        """The code and whether its account is active, or None for an unknown or damaged one."""
        try:
            code_id = parse_value(text, ValueKind.CODE)
        except Malformed:
            return None
        row = await self._db.one(store.FIND_CODE, org_id=org_id, id=code_id)
        if row is None or not same(row[2], digest(text)):
            return None
        return StoredCode.from_row(row[:18]), row[18] == "active"

    async def redeem_code(self, tx: Transaction, code: StoredCode, family_id: int) -> bool:
        """Whether this caller is the one that redeems ``code``, for the family ``family_id``."""
        won = await tx.one(
            store.REDEEM_CODE,
            org_id=code.org_id,
            id=code.code_id,
            now=self._clock(),
            family=family_id,
        )
        return won is not None

    async def redeem(
        self,
        code: StoredCode,
        family: Family,
        access: MintedAccess,
        refresh: MintedRefresh | None,
    ) -> bool:
        """Whether this caller redeems ``code``: then ``family`` and its tokens are stored."""
        return await redeem(self._db, code, self._clock(), family, access, refresh)

    # Families

    async def revoke_family(
        self, tx: Transaction, org_id: str, family_id: int, reason: RevocationReason
    ) -> bool:
        """End everything of a family; whether it was alive."""
        changed = await tx.run(
            store.REVOKE_FAMILY, org_id=org_id, id=family_id, now=self._clock(), reason=reason
        )
        return changed == 1

    async def revoke_consent(self, tx: Transaction, org_id: str, consent_id: int) -> None:
        """End everything that hangs on a consent: codes first, or one could slip through."""
        now = self._clock()
        await tx.run(store.REVOKE_CODES_OF_CONSENT, org_id=org_id, consent=consent_id, now=now)
        await tx.run(
            store.REVOKE_FAMILIES_OF_CONSENT,
            org_id=org_id,
            consent=consent_id,
            now=now,
            reason=RevocationReason.CONSENT_WITHDRAWN,
        )

    # Access tokens

    def mint_access(self, order: AccessOrder) -> MintedAccess:
        """A new access token, not stored yet."""
        token_id = self._db.next_id()
        now = self._clock()
        text = mint(ValueKind.ACCESS, token_id, self._random)
        minted = MintedAccess(
            token_id=token_id,
            text=text,
            digest=digest(text.reveal()),
            client_id=order.client_id,
            account_id=order.account_id,
            family_id=order.family_id,
            scopes=order.scopes,
            audience=order.audience,
            issued_at=now,
            expires_at=now + order.lifetime_s * SECOND,
        )
        if order.sign is None:
            return minted
        signed = order.sign(minted)
        return replace(minted, text=Secret(signed), digest=digest(signed))

    async def store_access(self, org_id: str, minted: MintedAccess) -> None:
        """Store one access token durably, as a unit of its own."""
        await self._db.run(store.INSERT_ACCESS, **access_row(org_id, minted))

    async def find_holder(self, org_id: str, text: str) -> tuple[int, str] | None:
        """The row and the client of the access token ``text``, whatever its state."""
        found = await self._find_access(org_id, text)
        return None if found is None else (found[0], str(found[1][1]))

    async def find_org(self, text: str) -> str | None:
        """The organization whose access token ``text`` is, whatever the token's state."""
        token_id = unverified_row_id(text)
        if token_id is None:
            return None
        given = digest(text)
        # Two processes may have minted one row identifier in two organizations.
        rows = await self._db.all(store.FIND_ACCESS_ANYWHERE, id=token_id)
        return next((str(org_id) for org_id, kept in rows if same(kept, given)), None)

    async def _find_access(self, org_id: str, text: str) -> tuple[int, Row] | None:
        token_id = unverified_row_id(text)
        if token_id is None:
            return None
        row = await self._db.one_anywhere(store.FIND_ACCESS, org_id=org_id, id=token_id)
        if row is None or not same(row[0], digest(text)):
            return None
        return token_id, row

    async def find_active(self, org_id: str, text: str) -> ActiveToken | None:
        """The access token ``text`` if it is good at this moment, else None."""
        found = await self._find_access(org_id, text)
        if found is None:
            return None
        token_id, row = found
        (_, client_id, account_id, family_id, scope, audience, issued_at, expires_at) = row[:8]
        (revoked_at, family_revoked_at, session_id, auth_at, methods, status) = row[8:]
        if expires_at <= self._clock() or revoked_at is not None or family_revoked_at is not None:
            return None
        if account_id is not None and status != "active":
            return None
        if family_id is not None and auth_at is None:
            return None  # its family is gone
        return ActiveToken(
            token_id=token_id,
            org_id=org_id,
            client_id=client_id,
            account_id=account_id,
            family_id=family_id,
            session_id=session_id,
            scopes=split(scope),
            audience=split(audience),
            issued_at=issued_at,
            expires_at=expires_at,
            auth_at=auth_at,
            methods=split(methods or ""),
        )

    async def revoke_access(self, org_id: str, token_id: int) -> bool:
        """End one access token; whether it was alive."""
        changed = await self._db.run(
            store.REVOKE_ACCESS, org_id=org_id, id=token_id, now=self._clock()
        )
        return changed == 1

    # Refresh tokens

    def mint_refresh(self, family: Family, *, idle_s: int) -> MintedRefresh:
        """A new refresh token of ``family``, not stored yet; it never outlives the family."""
        token_id = self._db.next_id()
        text = mint(ValueKind.REFRESH, token_id, self._random)
        now = self._clock()
        return MintedRefresh(
            token_id=token_id,
            text=text,
            digest=digest(text.reveal()),
            family_id=family.family_id,
            issued_at=now,
            expires_at=min(now + idle_s * SECOND, family.expires_at),
        )

    async def find_refresh(self, org_id: str, text: str) -> RefreshFacts | None:
        """The refresh token ``text`` with its family's state, or None for an unknown one."""
        try:
            token_id = parse_value(text, ValueKind.REFRESH)
        except Malformed:
            return None
        row = await self._db.one(store.FIND_REFRESH, org_id=org_id, id=token_id)
        if row is None or not same(row[1], digest(text)):
            return None
        successor_used = False
        if row[17] is not None:
            later = await self._db.one(store.IS_ROTATED, org_id=org_id, id=row[17])
            successor_used = later is None or later[0] is not None
        return RefreshFacts(
            token_id=row[0],
            digest=row[1],
            expires_at=row[2],
            rotated_at=row[3],
            successor=row[4],
            successor_used=successor_used,
            family=Family(
                family_id=row[5],
                org_id=org_id,
                client_id=row[6],
                account_id=row[7],
                session_id=row[8],
                consent_id=row[9],
                scopes=split(row[10]),
                resources=split(row[11]),
                auth_at=row[12],
                methods=split(row[18]),
                created_at=row[13],
                expires_at=row[14],
            ),
            family_revoked=row[15] is not None,
            account_active=row[16] == "active",
        )

    async def rotate_refresh(
        self,
        presented: tuple[RefreshFacts, Secret[str]],
        access: MintedAccess,
        refresh: MintedRefresh,
    ) -> bool:
        """Replace the presented token by ``refresh``, and store ``access``; whether this call won.

        The new pair is kept for the grace, readable only with the old token itself.
        """
        facts, old = presented
        org_id = facts.family.org_id
        pair = Pair(
            access=access.text.reveal(),
            refresh=refresh.text.reveal(),
            scope=joined(access.scopes),
            expires_at=access.expires_at,
        )
        sealed = seal_under(old, msgspec.json.encode(pair), purpose=_GRACE)

        gate = {"org_id": org_id, "id": facts.token_id, "now": self._clock(), "successor": sealed}
        return await rotate(self._db, gate, access, refresh)

    def open_grace(self, facts: RefreshFacts, old: Secret[str], *, grace_s: int) -> Pair | None:
        """The pair that replaced ``old``, while its grace lasts and that pair is still unused."""
        if facts.rotated_at is None or facts.successor is None or facts.successor_used:
            return None
        # Without a grace not even the very microsecond of the rotation counts.
        if grace_s == 0 or self._clock() - facts.rotated_at > grace_s * SECOND:
            return None
        try:
            plain = open_under(old, facts.successor, purpose=_GRACE)
        except SealBroken:
            return None
        return msgspec.json.decode(plain, type=Pair)
