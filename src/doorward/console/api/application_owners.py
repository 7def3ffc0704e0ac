"""``/applications/{client_id}``: its test users, handing it to another owner, and its use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from doorward import clients
from doorward.clients import MAX_TESTERS, UnknownOffer, UsageOfDay
from doorward.console.api.applications import Application, ClientPath
from doorward.console.api.authority import verify_may_change_application
from doorward.console.api.fields import Body, Caller, Document, Id, Moment, moment
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["ApplicationOwnerRoutes"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Testers(Document):
    """The accounts that may use an application before it is approved."""

    account_ids: list[Id]

    @classmethod
    def of(cls, application: clients.Application) -> Testers:
        """Show those of ``application``."""
        return cls(account_ids=[str(each) for each in application.testers])


class TestersToSet(Body):
    """The test users, in place of those before."""

    account_ids: Annotated[tuple[Id, ...], Field(max_length=MAX_TESTERS)]


class Offer(Document):
    """An offer to become the owner of an application."""

    client_id: str
    from_account_id: Id | None
    to_account_id: Id
    created_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, offer: clients.Offer) -> Offer:
        """Show ``offer``."""
        owner = offer.from_account_id
        return cls(
            client_id=offer.client_id,
            from_account_id=None if owner is None else str(owner),
            to_account_id=str(offer.to_account_id),
            created_at=moment(offer.created_at),
            expires_at=moment(offer.expires_at),
        )


class OfferToMake(Body):
    """Who is to become the owner."""

    account_id: Id


class DayOfUsage(Document):
    """What an application did on one day, in UTC."""

    day: Annotated[str, Field(examples=["2026-11-26"])]
    grants: int
    tokens: int
    errors: dict[str, int]

    @classmethod
    def of(cls, used: UsageOfDay) -> DayOfUsage:
        """Show ``used``."""
        day = (_EPOCH + timedelta(days=used.day)).date().isoformat()
        return cls(day=day, grants=used.grants, tokens=used.tokens, errors=used.errors)


class Usage(Document):
    """What an application did, day by day."""

    items: list[DayOfUsage]


class UsageQuery(BaseModel):
    """How far back to look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Query(ge=1, le=90, description="With today.")] = 30


class ApplicationOwnerRoutes:
    """Operations on whose an application is, who tries it, and how it is used."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.ownership`` and ``use.usage``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE
        one = "/applications/{client_id}"
        offer = f"{one}/offer"
        return (
            Operation("GET", f"{one}/testers", read, self.get_testers, "List its test users"),
            Operation("PUT", f"{one}/testers", write, self.set_testers, "Set its test users"),
            Operation("GET", offer, read, self.get_offer, "Read its offer"),
            Operation("PUT", offer, write, self.make_offer, "Offer it to another owner"),
            Operation("DELETE", offer, write, self.end_offer, "End its offer", status=204),
            Operation("POST", f"{offer}/accept", write, self.accept_offer, "Become its owner"),
            Operation("GET", f"{one}/usage", read, self.get_usage, "Read its use"),
        )

    async def get_testers(self, call: Caller, client_id: ClientPath) -> Testers:
        """Who may use it, besides its owner, before it is approved."""
        return Testers.of(await self._use.applications.get(call.org_id, client_id))

    async def set_testers(self, call: Caller, client_id: ClientPath, body: TestersToSet) -> Testers:
        """Replace its test users. What was issued to those left out stops working."""
        await self._verify(call, client_id)
        accounts = [await self._use.accounts.get(call.org_id, int(i)) for i in body.account_ids]
        return Testers.of(
            await self._use.ownership.set_testers(
                call.org_id, client_id, [each.account_id for each in accounts], call.author
            )
        )

    async def get_offer(self, call: Caller, client_id: ClientPath) -> Offer:
        """To whom it is offered, while that can be accepted."""
        await self._use.applications.get(call.org_id, client_id)
        offer = await self._use.ownership.find_offer(call.org_id, client_id)
        if offer is None:
            raise UnknownOffer
        return Offer.of(offer)

    async def make_offer(self, call: Caller, client_id: ClientPath, body: OfferToMake) -> Offer:
        """Offer it to another account, which accepts within seven days, once."""
        await self._verify(call, client_id)
        account = await self._use.accounts.get(call.org_id, int(body.account_id))
        return Offer.of(
            await self._use.ownership.offer(call.org_id, client_id, account.account_id, call.author)
        )

    async def end_offer(self, call: Caller, client_id: ClientPath) -> None:
        """Take the offer back, or turn down one that was made to you."""
        await self._use.ownership.cancel_offer(call.org_id, client_id, call.author)

    async def accept_offer(self, call: Caller, client_id: ClientPath) -> Application:
        """Become the owner by an offer to you. A change that waits is dropped."""
        return Application.of(await self._use.ownership.accept(call.org_id, client_id, call.author))

    async def get_usage(
        self, call: Caller, client_id: ClientPath, query: Annotated[UsageQuery, Query()]
    ) -> Usage:
        """Grants, tokens and errors of each day, the oldest first; a few seconds late."""
        await self._use.applications.get(call.org_id, client_id)
        found = await self._use.usage.of(call.org_id, client_id, query.days)
        return Usage(items=[DayOfUsage.of(each) for each in found])

    async def _verify(self, call: StaffCall, client_id: str) -> None:
        before = await self._use.applications.get(call.org_id, client_id)
        verify_may_change_application(call, before)
