"""``/accounts/{account_id}/sessions``: where a person is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from doorward import sessions
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
from doorward.console.api.refusals import UnknownSession
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["SessionRoutes"]


class Session(Document):
    """A person's sign-in in one browser."""

    session_id: Id
    account_id: Id
    signed_in_at: Moment
    last_seen_at: Moment
    address: str | None
    user_agent: str | None

    @classmethod
    def of(cls, session: sessions.Session) -> Session:
        """Show ``session``."""
        return cls(
            session_id=str(session.session_id),
            account_id=str(session.account_id),
            signed_in_at=moment(session.auth_at),
            last_seen_at=moment(session.last_seen_at),
            address=session.address,
            user_agent=session.user_agent,
        )


class SessionPage(Document):
    """A page of sessions."""

    items: list[Session]
    next_cursor: NextCursor


class SessionRoutes:
    """Operations on sessions."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.sessions``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.SESSIONS_READ, Permission.SESSIONS_WRITE
        every = "/accounts/{account_id}/sessions"
        one = f"{every}/{{session_id}}"
        return (
            Operation("GET", every, read, self.list_sessions, "List an account's sessions"),
            Operation("DELETE", one, write, self.end_session, "End a session", status=204),
        )

    async def list_sessions(
        self, call: Caller, account_id: RowId, query: Annotated[PageQuery, Query()]
    ) -> SessionPage:
        """Every live sign-in of the account, the oldest first."""
        account = await self._use.accounts.get(call.org_id, account_id)
        place = Place(call.org_id, f"list_sessions {account_id}", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.sessions.list_live(call.tenant.org, account.account_id)
        rows, following = window.cut(found, lambda each: each.session_id, window.after_number)
        return SessionPage(items=[Session.of(each) for each in rows], next_cursor=following)

    async def end_session(self, call: Caller, account_id: RowId, session_id: RowId) -> None:
        """Sign the person out of one browser."""
        account = await self._use.accounts.get(call.org_id, account_id)
        live = await self._use.sessions.list_live(call.tenant.org, account.account_id)
        if all(each.session_id != session_id for each in live):
            raise UnknownSession
        await self._use.sessions.end(call.org_id, session_id, call.actor)
