"""Winning a gate: exactly one caller redeems a code, or replaces a refresh token.

What the winner gets is stored with the gate, in one unit, or in one statement where each is a way
to the database and back.
"""

from __future__ import annotations

from doorward.db import Database, Transaction
from doorward.tokens import store
from doorward.tokens.model import Family, MintedAccess, MintedRefresh, StoredCode, joined
from doorward.tokens.store import at_once

__all__ = ["access_row", "family_row", "redeem", "refresh_row", "rotate"]

_Row = dict[str, object]


def family_row(family: Family) -> _Row:
    """The columns of a new family."""
    return {
        "org_id": family.org_id,
        "id": family.family_id,
        "client_id": family.client_id,
        "account_id": family.account_id,
        "session_id": family.session_id,
        "consent_id": family.consent_id,
        "scope": joined(family.scopes),
        "resources": joined(family.resources),
        "auth_at": family.auth_at,
        "methods": joined(family.methods),
        "created_at": family.created_at,
        "expires_at": family.expires_at,
        "revoked_at": None,
        "revoked_reason": None,
    }


def access_row(org_id: str, minted: MintedAccess) -> _Row:
    """The columns of a new access token."""
    return {
        "org_id": org_id,
        "id": minted.token_id,
        "digest": minted.digest,
        "client_id": minted.client_id,
        "account_id": minted.account_id,
        "family_id": minted.family_id,
        "scope": joined(minted.scopes),
        "audience": joined(minted.audience),
        "issued_at": minted.issued_at,
        "expires_at": minted.expires_at,
        "revoked_at": None,
    }


def refresh_row(org_id: str, minted: MintedRefresh) -> _Row:
    """The columns of a new refresh token."""
    return {
        "org_id": org_id,
        "id": minted.token_id,
        "digest": minted.digest,
        "family_id": minted.family_id,
        "expires_at": minted.expires_at,
        "rotated_at": None,
        "successor_id": None,
        "successor": None,
    }


async def redeem(
    db: Database,
    code: StoredCode,
    now: int,
    family: Family,
    access: MintedAccess,
    refresh: MintedRefresh | None,
) -> bool:
    """Whether this caller redeems ``code``, at ``now``: then the rest is stored."""
    org_id = code.org_id
    gate = {"org_id": org_id, "id": code.code_id, "now": now, "family": family.family_id}
    put = [(store.families, family_row(family)), (store.access_tokens, access_row(org_id, access))]
    if refresh is not None:
        put.append((store.refresh_tokens, refresh_row(org_id, refresh)))
    if db.is_far:
        whole = at_once.REDEEM_FOR_ACCESS if refresh is None else at_once.REDEEM
        for table, row in put:
            gate |= at_once.named(table, row)
        return await db.write_one(whole, **gate) is not None

    async def work(tx: Transaction) -> bool:
        if await tx.one(store.REDEEM_CODE, **gate) is None:
            return False
        for statement, (_, row) in zip(_INSERTS, put, strict=False):
            await tx.run(statement, **row)
        return True

    return await db.unit(work)


_INSERTS = (store.INSERT_FAMILY, store.INSERT_ACCESS, store.INSERT_REFRESH)


async def rotate(
    db: Database,
    gate: _Row,
    access: MintedAccess,
    refresh: MintedRefresh,
) -> bool:
    """Whether this caller replaces a refresh token: then its successors are stored.

    ``gate`` holds ``org_id``, ``id``, ``now``, and the ``successor`` that is sealed for the grace.
    """
    org_id = str(gate["org_id"])
    gate = {**gate, "successor_id": refresh.token_id}
    new_access, new_refresh = access_row(org_id, access), refresh_row(org_id, refresh)
    if db.is_far:
        puts = at_once.named(store.access_tokens, new_access)
        puts |= at_once.named(store.refresh_tokens, new_refresh)
        whole = {**gate, **puts, "family": refresh.family_id}
        return await db.write_one(at_once.ROTATE, **whole) is not None

    async def work(tx: Transaction) -> bool:
        # The family's row first: a revocation under way is waited for, and then wins.
        alive = await tx.one(store.KEEP_FAMILY, org_id=org_id, id=refresh.family_id)
        if alive is None or await tx.one(store.ROTATE_REFRESH, **gate) is None:
            return False
        await tx.run(store.INSERT_ACCESS, **new_access)
        await tx.run(store.INSERT_REFRESH, **new_refresh)
        return True

    return await db.unit(work)
