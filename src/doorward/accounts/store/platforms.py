"""What platforms know of accounts: one document for each."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from doorward.accounts.platforms import PlatformProfile
from doorward.accounts.store.tables import account_platform_profiles
from doorward.db import Reads, Transaction, statement, upsert

__all__ = ["find_platform_profile", "set_platform_profile"]

_NOTHING = PlatformProfile()
_DECODER = msgspec.json.Decoder(PlatformProfile)
_SET = upsert(account_platform_profiles, keys=("org_id", "account_id"), change=("document",))
_FIND = statement(
    select(account_platform_profiles.c.document).where(
        account_platform_profiles.c.org_id == bindparam("org_id"),
        account_platform_profiles.c.account_id == bindparam("account_id"),
    )
)


async def find_platform_profile(reads: Reads, org_id: str, account_id: int) -> PlatformProfile:
    """What is kept about an account; nothing, when nothing ever was."""
    row = await reads.one(_FIND, org_id=org_id, account_id=account_id)
    return _NOTHING if row is None else _DECODER.decode(row[0])


async def set_platform_profile(
    tx: Transaction, org_id: str, account_id: int, profile: PlatformProfile
) -> None:
    """Keep ``profile`` in place of what was kept before."""
    document = msgspec.json.encode(profile).decode()
    await tx.run(_SET, org_id=org_id, account_id=account_id, document=document)
