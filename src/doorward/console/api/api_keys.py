"""``/api-keys``: credentials of staff for programs of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, Field

from doorward.apikeys import MAX_GRACE, MAX_NETWORKS
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
    last_used_from: Annotated[str | None, Field(description="The network address.")]
    revoked_at: Moment | None
    replaced_by: Annotated[Id | None, Field(description="The key that took its place.")]
    networks: Annotated[list[str], Field(description="Where it may be used from; none: anywhere.")]

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
            last_used_from=key.last_used_from,
            revoked_at=moment_or_none(key.revoked_at),
            replaced_by=None if key.replaced_by is None else str(key.replaced_by),
            networks=list(key.networks),
        )


class CreatedApiKey(ApiKey):
    """A new API key, which is shown this once."""

    key: Annotated[str, Field(examples=["dw_ak_…"])]


class ApiKeyPage(Document):
    """A page of API keys."""

    items: list[ApiKey]
    next_cursor: NextCursor


class ApiAccess(Document):
    """Whether a member of staff may hold API keys."""

    account_id: Id
    on: bool


class ApiAccessSwitch(Body):
    """Which way to switch."""

    on: bool


Networks = Annotated[
    tuple[Annotated[str, Field(max_length=64)], ...],
    Field(max_length=MAX_NETWORKS, examples=[["192.0.2.0/24", "2001:db8::/32"]]),
]


class ApiKeyToCreate(Body):
    """A new API key. It can do what its account can do, at every moment."""

    label: Annotated[str, Field(max_length=80, examples=["Nightly import"])]
    account_id: Annotated[Id | None, Field(description="Your own account when left out.")] = None
    expires_at: AwareDatetime | None = None
    networks: Annotated[Networks, Field(description="Where it may be used from.")] = ()


class ApiKeyLimits(Body):
    """Where a key may be used from from now on; an empty list means anywhere."""

    networks: Networks


class ApiKeyRotation(Body):
    """How long the old key lives on beside the new one."""

    grace_s: Annotated[
        int, Field(ge=0, le=MAX_GRACE // timedelta(seconds=1), description="In seconds.")
    ]


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
        switch = "/accounts/{account_id}/api-access"
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
            Operation("PATCH", one, write, self.restrict_api_key, "Limit an API key to networks"),
            Operation(
                "POST",
                f"{one}/regenerate",
                write,
                self.regenerate_api_key,
                "Regenerate an API key",
                status=201,
                creates=True,
            ),
            Operation(
                "POST",
                f"{one}/rotate",
                write,
                self.rotate_api_key,
                "Rotate an API key",
                status=201,
                creates=True,
            ),
            Operation("DELETE", one, write, self.revoke_api_key, "Revoke an API key", status=204),
            Operation("GET", switch, read, self.get_api_access, "Read API access"),
            Operation("PUT", switch, write, self.switch_api_access, "Switch API access"),
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
        """A key that is shown this once, for you or for staff with no more permissions than you.

        API access must be on for the account.
        """
        holder = call.account
        if body.account_id is not None:
            holder = await self._use.accounts.get(call.org_id, int(body.account_id))
        verify_may_govern(call, holder)
        expires_at = None if body.expires_at is None else micros(body.expires_at)
        key, secret = await self._use.api_keys.create(
            call.org_id, holder.account_id, body.label, call.actor, expires_at, body.networks
        )
        return CreatedApiKey(**ApiKey.of(key).model_dump(), key=secret.reveal())

    async def restrict_api_key(self, call: Caller, key_id: RowId, body: ApiKeyLimits) -> ApiKey:
        """Say anew where a key may be used from."""
        await self._govern(call, key_id)
        key = await self._use.api_keys.restrict(call.org_id, key_id, body.networks, call.actor)
        return ApiKey.of(key)

    async def regenerate_api_key(self, call: Caller, key_id: RowId) -> CreatedApiKey:
        """A new value with the same label and limits; the old one is worthless at once."""
        await self._govern(call, key_id)
        key, secret = await self._use.api_keys.regenerate(call.org_id, key_id, call.actor)
        return CreatedApiKey(**ApiKey.of(key).model_dump(), key=secret.reveal())

    async def rotate_api_key(
        self, call: Caller, key_id: RowId, body: ApiKeyRotation
    ) -> CreatedApiKey:
        """A new key with the same label and limits; the old one lives on until the grace ends."""
        await self._govern(call, key_id)
        grace = timedelta(seconds=body.grace_s)
        key, secret = await self._use.api_keys.rotate(call.org_id, key_id, call.actor, grace)
        return CreatedApiKey(**ApiKey.of(key).model_dump(), key=secret.reveal())

    async def revoke_api_key(self, call: Caller, key_id: RowId) -> None:
        """Make a key worthless at once."""
        await self._use.api_keys.revoke(call.org_id, key_id, call.actor)

    async def get_api_access(self, call: Caller, account_id: RowId) -> ApiAccess:
        """Whether API access is on for an account."""
        account = await self._use.accounts.get(call.org_id, account_id)
        on = await self._use.api_keys.has_access(call.org_id, account_id)
        return ApiAccess(account_id=account.subject, on=on)

    async def switch_api_access(
        self, call: Caller, account_id: RowId, body: ApiAccessSwitch
    ) -> ApiAccess:
        """Let a member of staff hold API keys, or end every key and API session of theirs."""
        verify_may_govern(call, await self._use.accounts.get(call.org_id, account_id))
        if body.on:
            await self._use.api_keys.switch_access_on(call.org_id, account_id, call.actor)
        else:
            await self._use.api_keys.switch_access_off(call.org_id, account_id, call.actor)
        return ApiAccess(account_id=str(account_id), on=body.on)

    async def _govern(self, call: Caller, key_id: int) -> None:
        key = await self._use.api_keys.get(call.org_id, key_id)
        verify_may_govern(call, await self._use.accounts.get(call.org_id, key.account_id))
