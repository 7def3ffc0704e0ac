"""``/accounts/{account_id}/platform-profile``: what platforms know of a person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from doorward import accounts
from doorward.accounts import PatreonLink
from doorward.console.api.authority import verify_may_govern
from doorward.console.api.fields import Body, Caller, Document, RowId
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["PlatformProfileRoutes"]

UserNumber = Annotated[str, Field(max_length=20, examples=["4711"])]
Name = Annotated[str, Field(max_length=200, examples=["Anna Example"])]
Tier = Annotated[str, Field(max_length=100, examples=["Lantern"])]
Day = Annotated[str, Field(max_length=10, examples=["2024-05-01"])]
Tag = Annotated[str, Field(max_length=50, examples=["mentor"])]


class Patreon(Document):
    """A person's account at Patreon, as a stored fact: nobody asks Patreon about it."""

    user_id: UserNumber
    full_name: Name | None
    tier: Tier | None
    pledge_cents: int
    since: Day | None
    active: bool
    verified: Annotated[bool, Field(description="Staff entered or confirmed it.")]


class PatreonToSet(Body):
    """Everything that is to be kept; what is left out is blank afterwards."""

    user_id: UserNumber
    full_name: Name | None = None
    tier: Tier | None = None
    pledge_cents: Annotated[StrictInt, Field(ge=0, le=100_000_000)] = 0
    since: Day | None = None
    active: StrictBool = True
    verified: StrictBool


class PlatformProfile(Document):
    """The facts of one account."""

    tags: list[Tag]
    patreon: Patreon | None

    @classmethod
    def of(cls, profile: accounts.PlatformProfile) -> PlatformProfile:
        """Show ``profile``."""
        link = profile.patreon
        patreon = None
        if link is not None:
            patreon = Patreon(
                user_id=link.user_id,
                full_name=link.full_name,
                tier=link.tier,
                pledge_cents=link.pledge_cents,
                since=link.since,
                active=link.active,
                verified=link.verified,
            )
        return cls(tags=list(profile.tags), patreon=patreon)


class TagsToSet(Body):
    """Every tag that the account is to have."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=50)]


class PlatformProfileRoutes:
    """Operations on tags and Patreon links."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.platform_profiles``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        path = "/accounts/{account_id}/platform-profile"
        patreon = f"{path}/patreon"
        return (
            Operation("GET", path, read, self.get_platform_profile, "Read what platforms know"),
            Operation("PUT", f"{path}/tags", write, self.replace_platform_tags, "Replace the tags"),
            Operation("PUT", patreon, write, self.replace_patreon, "Set the Patreon account"),
            Operation(
                "DELETE", patreon, write, self.remove_patreon, "Remove the Patreon account", 204
            ),
        )

    async def get_platform_profile(self, call: Caller, account_id: RowId) -> PlatformProfile:
        """Blank, when nothing was ever said."""
        await self._use.accounts.get(call.org_id, account_id)
        found = await self._use.platform_profiles.get(call.org_id, account_id)
        return PlatformProfile.of(found)

    async def replace_platform_tags(
        self, call: Caller, account_id: RowId, body: TagsToSet
    ) -> PlatformProfile:
        """Applications with the scope `profile` are told these."""
        verify_may_govern(call, await self._use.accounts.get(call.org_id, account_id))
        changed = await self._use.platform_profiles.set_tags(
            call.org_id, account_id, body.tags, call.actor
        )
        return PlatformProfile.of(changed)

    async def replace_patreon(
        self, call: Caller, account_id: RowId, body: PatreonToSet
    ) -> PlatformProfile:
        """With `verified`, sites are told that the person is a supporter while it is active."""
        verify_may_govern(call, await self._use.accounts.get(call.org_id, account_id))
        link = PatreonLink(**body.model_dump())
        changed = await self._use.platform_profiles.link_patreon(
            call.org_id, account_id, link, call.actor
        )
        return PlatformProfile.of(changed)

    async def remove_patreon(self, call: Caller, account_id: RowId) -> None:
        """Applications see it no more."""
        verify_may_govern(call, await self._use.accounts.get(call.org_id, account_id))
        await self._use.platform_profiles.unlink_patreon(call.org_id, account_id, call.actor)
