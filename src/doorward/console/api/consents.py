"""``/consents``: what people allowed which application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from doorward import consents
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

__all__ = ["ConsentRoutes"]


class Consent(Document):
    """What one account allowed one application."""

    consent_id: Id
    account_id: Id
    client_id: Annotated[str, Field(examples=["donor-portal"])]
    scopes: list[str]
    granted_at: Moment
    last_used_at: Moment

    @classmethod
    def of(cls, consent: consents.Consent) -> Consent:
        """Show ``consent``."""
        return cls(
            consent_id=str(consent.consent_id),
            account_id=str(consent.account_id),
            client_id=consent.client_id,
            scopes=list(consent.scopes),
            granted_at=moment(consent.granted_at),
            last_used_at=moment(consent.last_used_at),
        )


class ConsentPage(Document):
    """A page of consents."""

    items: list[Consent]
    next_cursor: NextCursor


class ConsentQuery(PageQuery):
    """Whose consents to list."""

    account_id: Annotated[
        int | None,
        Query(ge=1, le=(1 << 63) - 1, description="Only those of this account."),
    ] = None


class ConsentRoutes:
    """Operations on consents."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.consents``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.CONSENTS_READ, Permission.CONSENTS_WRITE
        one = "/consents/{consent_id}"
        return (
            Operation("GET", "/consents", read, self.list_consents, "List consents"),
            Operation("GET", one, read, self.get_consent, "Read a consent"),
            Operation(
                "DELETE", one, write, self.withdraw_consent, "Withdraw a consent", status=204
            ),
        )

    async def list_consents(
        self, call: Caller, query: Annotated[ConsentQuery, Query()]
    ) -> ConsentPage:
        """Consents that stand, the oldest first."""
        place = Place(call.org_id, "list_consents", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        after = window.after_number
        if query.account_id is None:
            found = await self._use.consents.list_all(
                call.org_id, after=after or 0, limit=window.fetch
            )
        else:
            await self._use.accounts.get(call.org_id, query.account_id)
            found = await self._use.consents.list_of_account(call.org_id, query.account_id)
        rows, following = window.cut(found, lambda each: each.consent_id, after)
        return ConsentPage(items=[Consent.of(each) for each in rows], next_cursor=following)

    async def get_consent(self, call: Caller, consent_id: RowId) -> Consent:
        """One consent that stands."""
        return Consent.of(await self._use.consents.get(call.org_id, consent_id))

    async def withdraw_consent(self, call: Caller, consent_id: RowId) -> None:
        """End the consent, and every code and token that hangs on it."""
        await self._use.consents.withdraw(call.org_id, consent_id, call.actor)
