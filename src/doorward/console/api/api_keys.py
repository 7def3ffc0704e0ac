"""``/api-keys``: credentials of staff for programs of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, Field

from doorward.apikeys import ApiKey as StoredKey
from doorward.console.api.authority import verify_may_govern
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    RowId,
    micros,
    moment,
    moment_or_none,
)
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["ApiKeyRoutes"]


class ApiKey(Document):
    """What may be seen of an API key once it was shown."""

    key_id: Id
    account_id: Id
    label: Annotated[str, Field(examples=["Nightly import"])]
    last4: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None

    @classmethod
    def of(cls, key: StoredKey) -> ApiKey:
        """Show ``key``."""
        return cls(
            key_id=str(key.key_id),
            account_id=str(key.account_id),
            label=key.label,
            last4=key.last4,
            created_at=moment(key.created_at),
            expires_at=moment_or_none(key.expires_at),
            last_used_at=moment_or_none(key.last_used_at),
            revoked_at=moment_or_none(key.revoked_at),
        )


class CreatedApiKey(ApiKey):
    """A new API key, which is shown this once."""

    key: Annotated[str, Field(examples=["dw_ak_…"])]


class ApiKeyPage(Document):
    """A page of API keys."""

    items: list[ApiKey]
    next_cursor: NextCursor


class ApiKeyToCreate(Body):
    """A new API key. It can do what its account can do, at every moment."""

    label: Annotated[str, Field(max_length=80, examples=["Nightly import"])]
    account_id: Annotated[Id | None, Field(description="Your own account when left out.")] = None
    expires_at: AwareDatetime | None = None


class ApiKeyQuery(PageQuery):
    """Whose keys to list."""

    account_id: Annotated[
        int | None,
        Query(ge=1, le=(1 << 63) - 1, description="Only those of this account."),
    ] = None


class ApiKeyRoutes:
    """Operations on API keys."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.api_keys``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        one = "/api-keys/{key_id}"
        return (
            Operation("GET", "/api-keys", read, self.list_api_keys, "List API keys"),
            Operation(
                "POST",
                "/api-keys",
                write,
                self.create_api_key,
                "Create an API key",
                status=201,
                creates=True,
            ),
            Operation("DELETE", one, write, self.revoke_api_key, "Revoke an API key", status=204),
        )

    async def list_api_keys(
        self, call: Caller, query: Annotated[ApiKeyQuery, Query()]
    ) -> ApiKeyPage:
        """API keys of staff, the oldest first, revoked ones too."""
        if query.account_id is not None:
            await self._use.accounts.get(call.org_id, query.account_id)
        place = Place(call.org_id, "list_api_keys", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.api_keys.list(
            call.org_id, query.account_id, window.after_number, window.fetch
        )
        rows, following = window.close(found, lambda each: each.key_id)
        return ApiKeyPage(items=[ApiKey.of(each) for each in rows], next_cursor=following)

    async def create_api_key(self, call: Caller, body: ApiKeyToCreate) -> CreatedApiKey:
        """A key that is shown this once, for you or for staff with no more permissions than you."""
        holder = call.account
        if body.account_id is not None:
            holder = await self._use.accounts.get(call.org_id, int(body.account_id))
        verify_may_govern(call, holder)
        expires_at = None if body.expires_at is None else micros(body.expires_at)
        key, secret = await self._use.api_keys.create(
            call.org_id, holder.account_id, body.label, call.actor, expires_at
        )
        return CreatedApiKey(**ApiKey.of(key).model_dump(), key=secret.reveal())

    async def revoke_api_key(self, call: Caller, key_id: RowId) -> None:
        """Make a key worthless at once."""
        await self._use.api_keys.revoke(call.org_id, key_id, call.actor)
