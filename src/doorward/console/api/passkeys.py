"""``/accounts/{account_id}/passkeys``: by which keys a person signs in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from doorward import passkeys
from doorward.console.api.authority import verify_may_govern
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    RowId,
    moment,
)
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["PasskeyRoutes"]


class Passkey(Document):
    """A passkey of a person. Its key is public, and not shown."""

    passkey_id: Id
    name: str
    host: str
    synced: bool
    user_verified: bool
    created_at: Moment
    last_used_at: Moment | None

    @classmethod
    def of(cls, passkey: passkeys.Passkey) -> Passkey:
        """Show ``passkey``."""
        used = passkey.used_at
        return cls(
            passkey_id=str(passkey.passkey_id),
            name=passkey.name,
            host=passkey.rp_id,
            synced=passkey.backed_up,
            user_verified=passkey.user_verified,
            created_at=moment(passkey.created_at),
            last_used_at=None if used is None else moment(used),
        )


class PasskeyPage(Document):
    """A page of passkeys; a person has at most twenty."""

    items: list[Passkey]
    next_cursor: NextCursor


class PasskeyRoutes:
    """Operations on passkeys."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.passkeys``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        every = "/accounts/{account_id}/passkeys"
        one = f"{every}/{{passkey_id}}"
        return (
            Operation("GET", every, read, self.list_passkeys, "List an account's passkeys"),
            Operation("DELETE", one, write, self.remove_passkey, "Remove a passkey", status=204),
        )

    async def list_passkeys(
        self, call: Caller, account_id: RowId, query: Annotated[PageQuery, Query()]
    ) -> PasskeyPage:
        """Every passkey of the account, the oldest first."""
        account = await self._use.accounts.get(call.org_id, account_id)
        place = Place(call.org_id, f"list_passkeys {account_id}", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        kept = await self._use.passkeys.list_of_account(call.org_id, account.account_id)
        rows, following = window.cut(kept, lambda each: each.passkey_id, window.after_number)
        return PasskeyPage(items=[Passkey.of(each) for each in rows], next_cursor=following)

    async def remove_passkey(self, call: Caller, account_id: RowId, passkey_id: RowId) -> None:
        """Nobody signs in by it any more, and the person is told by mail.

        It may be the last way into the account: invite the person to choose a password then.
        """
        account = await self._use.accounts.get(call.org_id, account_id)
        verify_may_govern(call, account)
        await self._use.passkeys.remove(
            call.tenant, account.account_id, passkey_id, call.actor, keeps_way_in=False
        )
