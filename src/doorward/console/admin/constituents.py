"""Constituents: the list that is searched and walked, one person's page, suspending them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from doorward.accounts import (
    Account,
    AccountKind,
    AccountStatus,
    ListWanted,
    UnknownAccount,
)
from doorward.console.admin.constituent_view import ACCOUNT_PATH, ConstituentView
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.orgs import Permission

__all__ = ["ConstituentPages"]

_PATH = "/admin/constituents"
_STATUS = "/admin/constituents/status"
_PAGE_SIZE = 50
_LONGEST_QUERY = 254
_NUMBER = re.compile(r"[0-9]{1,16}\Z")
_STATUSES = {"active": AccountStatus.ACTIVE, "suspended": AccountStatus.DISABLED}


@dataclass(frozen=True, slots=True)
class _Found:
    """A page of the list, and whether there is more on either side."""

    accounts: list[Account]
    has_before: bool
    has_after: bool


class ConstituentPages:
    """``/admin/constituents``, ``…/account`` and ``…/status``."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: ConstituentView) -> None:
        """Show the constituents of ``use`` within ``frame``; one person's page is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "constituents", self.show),
            AdminRoute("GET", ACCOUNT_PATH, read, "constituents", self.show_account),
            AdminRoute("POST", _STATUS, write, "constituents", self.set_status),
        )

    async def show(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """A page of the list: those that a search finds, or all in the order of their numbers."""
        query = call.query()
        q = (query.get("q") or "").strip()[:_LONGEST_QUERY]
        status = _STATUSES.get(query.get("status") or "")
        after, before = _number(query.get("after")), _number(query.get("before"))
        found = await self._find(staff, q, status, (after, before))
        if not found.accounts and (after is not None or before is not None):
            # Whoever the page hung on does not match any more: begin anew.
            kept = {"q": q, "status": query.get("status")}
            searched = urlencode({name: value for name, value in kept.items() if value})
            return redirect_reply(f"{staff.tenant.base}{_PATH}?{searched}")
        values: dict[str, object] = {
            "people": [self._view.line(each) for each in found.accounts],
            "q": q,
            "status": query.get("status") if status is not None else "",
            "total": f"{await self._use.accounts.count(staff.org_id, AccountKind.CONSTITUENT):,}",
            "first": found.has_before,
            "before": found.accounts[0].account_id if found.has_before else None,
            "after": found.accounts[-1].account_id if found.has_after else None,
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
        }
        names = ("q", "status", "after", "before")
        page = AdminPage(
            "admin_constituents.html",
            "constituents",
            _PATH,
            query=tuple((name, query[name]) for name in names if name in query),
        )
        return self._frame.page(call, staff, page, values)

    async def _find(
        self,
        staff: Staff,
        q: str,
        status: AccountStatus | None,
        place: tuple[int | None, int | None],
    ) -> _Found:
        after, before = place
        back = before is not None and after is None
        wanted = ListWanted(
            query=q or None,
            status=status,
            after=after,
            before=before if back else None,
            limit=_PAGE_SIZE + 1,
        )
        found = await self._use.accounts.browse(staff.org_id, AccountKind.CONSTITUENT, wanted)
        more = len(found) > _PAGE_SIZE
        if back:
            return _Found(found[1:] if more else found, has_before=more, has_after=True)
        return _Found(found[:_PAGE_SIZE], has_before=after is not None, has_after=more)

    async def show_account(self, call: Call, staff: Staff) -> ASGIApp:
        """Everything about one person."""
        return await self._view.page(call, staff, await self._view.find(call, staff))

    async def set_status(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Suspend or reactivate, after asking."""
        account, form = await self._view.find(call, staff), call.form()
        wanted = _STATUSES.get(form.get("status") or "")
        if wanted is None:
            raise UnknownAccount
        if form.get("decision") != "confirm":
            values: dict[str, object] = {
                "person": self._view.line(account),
                "status": form.get("status"),
            }
            query = (("id", account.subject),)
            page = AdminPage(
                "admin_constituent_status.html", "constituents", ACCOUNT_PATH, query=query
            )
            return self._frame.page(call, staff, page, values)
        suspend = wanted is AccountStatus.DISABLED
        change = self._use.accounts.disable if suspend else self._use.accounts.enable
        await change(staff.org_id, account.account_id, staff.actor)
        done = "suspended" if suspend else "reactivated"
        return self._frame.back(staff, ACCOUNT_PATH, done=done, id=account.subject)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.match(text) else None
