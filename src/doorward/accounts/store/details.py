"""The details of accounts: one document for each, and the columns that searches read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from sqlalchemy import BigInteger, bindparam, select

from doorward.accounts.details import AccountDetails, Address, Coded, Named
from doorward.accounts.keys import login_key
from doorward.accounts.store.tables import account_details
from doorward.db import Database, Reads, Statement, Transaction, statement, upsert

__all__ = ["NO_DETAILS", "find_details", "list_details", "set_details"]

NO_DETAILS = AccountDetails()
_DECODER = msgspec.json.Decoder(AccountDetails)
_LONGEST_KEY = 200
_COLUMNS = ("document", "city_key", "state_key", "zip_key", "country_key", "phone_key")
_SET = upsert(account_details, keys=("org_id", "account_id"), change=_COLUMNS)
_FIND = statement(
    select(account_details.c.document).where(
        account_details.c.org_id == bindparam("org_id"),
        account_details.c.account_id == bindparam("account_id"),
    )
)


@cache
def _find_several(count: int) -> Statement:
    # The cache holds one statement for each power of two up to the largest page.
    wanted = [bindparam(f"id_{n}", type_=BigInteger) for n in range(count)]
    return statement(
        select(account_details.c.account_id, account_details.c.document).where(
            account_details.c.org_id == bindparam("org_id"),
            account_details.c.account_id.in_(wanted),
        )
    )


async def find_details(reads: Reads, org_id: str, account_id: int) -> AccountDetails:
    """What is kept about an account; nothing, when nothing ever was."""
    row = await reads.one(_FIND, org_id=org_id, account_id=account_id)
    return NO_DETAILS if row is None else _DECODER.decode(row[0])


async def list_details(
    db: Database, org_id: str, account_ids: Sequence[int]
) -> dict[int, AccountDetails]:
    """What is kept about each of ``account_ids``, in their order."""
    found: dict[int, AccountDetails] = dict.fromkeys(account_ids, NO_DETAILS)
    if not found:
        return found
    count = 1 << (len(account_ids) - 1).bit_length()
    # The rest of the places ask again for the last one.
    padded = [*account_ids, *([account_ids[-1]] * (count - len(account_ids)))]
    named = {f"id_{n}": account_id for n, account_id in enumerate(padded)}
    for account_id, document in await db.scan(_find_several(count), org_id=org_id, **named):
        found[account_id] = _DECODER.decode(document)
    return found


async def set_details(
    tx: Transaction, org_id: str, account_id: int, details: AccountDetails
) -> None:
    """Keep ``details`` in place of what was kept before."""
    address = details.primary_address or Address()
    state, country = address.state_province or Coded(), address.country or Named()
    await tx.run(
        _SET,
        org_id=org_id,
        account_id=account_id,
        document=msgspec.json.encode(details).decode(),
        city_key=_key(address.city),
        state_key=_key(state.code or state.name),
        zip_key=_key(address.zip_code),
        country_key=_key(country.name or country.id),
        phone_key=_key(address.phone1),
    )


def _key(text: str | None) -> str | None:
    return None if text is None else login_key(text)[:_LONGEST_KEY]
