"""Accounts that are to be deleted: what people ask staff for, and what staff decide themselves."""

from __future__ import annotations

import re
from typing import Final

from doorward.accounts import Account, UnknownAccount, login_key
from doorward.belongings import Deletion, DeletionState, DeletionUnderWay, LastOfStaff, NoDeletion
from doorward.console.admin.forms import Problem, parse_row_id, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.api import MorePowerful, verify_may_govern
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission

__all__ = ["DeletionListPages"]

_LIST: Final = "/admin/deletions"
_ONE: Final = "/admin/deletions/account"
_PAGE: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,16}\Z")
_DAY_S: Final = 86_400
_OTHER_NAME: Final = message("This is not their user name.")
_NOTICES: Final = {
    "scheduled": message("The account is scheduled to be deleted."),
    "kept": message("The account is kept."),
}


class DeletionListPages:
    """``/admin/deletions`` and one person's page below it."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Decide about the people of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", _LIST, read, "constituents", self.show),
            AdminRoute("GET", _ONE, write, "constituents", self.show_one),
            AdminRoute("POST", _ONE, write, "constituents", self.decide),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Everybody whose account is to be deleted, by number."""
        after = call.query().get("after") or ""
        start = int(after) if _NUMBER.match(after) else 0
        found = await self._use.deletions.list_of_org(staff.org_id, after=start, limit=_PAGE + 1)
        values: dict[str, object] = {
            "deletions": [await self._line(each) for each in found[:_PAGE]],
            "after": found[_PAGE - 1].account_id if len(found) > _PAGE else None,
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
        }
        page = AdminPage("admin_deletions.html", "constituents", _LIST, notices=_NOTICES)
        return self._frame.page(call, staff, page, values)

    async def show_one(self, call: Call, staff: Staff) -> ASGIApp:
        """What would happen to one person, or how far it is."""
        account = await self._use.accounts.get(staff.org_id, parse_row_id(call))
        return await self._page(call, staff, account)

    async def decide(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Schedule it, or keep the account."""
        form = call.form()
        account = await self._use.accounts.get(staff.org_id, parse_row_id(call))
        tenant, number = staff.tenant, account.account_id
        try:
            verify_may_govern(staff.caller, account)
            if form.get("decision") == "keep":
                await self._use.deletions.cancel(tenant, number, staff.actor)
                return self._frame.back(staff, _LIST, done="kept")
            if login_key((form.get("name") or "").strip()) != login_key(account.username):
                return await self._page(call, staff, account, Problem(_OTHER_NAME, "name"))
            await self._use.deletions.schedule(tenant, number, staff.actor)
        except NoDeletion:
            return self._frame.back(staff, _LIST, done="kept")
        except (MorePowerful, LastOfStaff, DeletionUnderWay) as refusal:
            return await self._page(call, staff, account, problem_of(refusal))
        return self._frame.back(staff, _LIST, done="scheduled")

    async def _line(self, deletion: Deletion) -> dict[str, object]:
        try:
            account = await self._use.accounts.get(*deletion.key)
        except UnknownAccount:
            # Of one that is being erased only the number is left.
            account = None
        return {
            "id": deletion.account_id,
            "name": None if account is None else account.name or account.username,
            "asked_at": deletion.asked_at,
            "due_at": deletion.due_at,
            "state": str(deletion.state),
        }

    async def _page(
        self, call: Call, staff: Staff, account: Account, problem: Problem | None = None
    ) -> ASGIApp:
        found = await self._use.deletions.find(account.org_id, account.account_id)
        values: dict[str, object] = {
            "person": {
                "id": account.subject,
                "title": account.name or account.username,
                "username": account.username,
            },
            "asked_at": found.asked_at if found and found.state is DeletionState.ASKED else None,
            "due_at": None if found is None else found.due_at,
            "days": staff.tenant.org.policy.deletion_grace_s // _DAY_S,
            "problems": [problem] if problem else [],
        }
        query = (("id", account.subject),)
        status = 422 if problem else 200
        page = AdminPage("admin_deletion.html", "constituents", _ONE, query=query, status=status)
        return self._frame.page(call, staff, page, values)
