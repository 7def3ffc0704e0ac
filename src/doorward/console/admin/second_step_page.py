"""Resetting the second steps of somebody who lost theirs: of a user, or of a constituent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from doorward.accounts import Account
from doorward.console.admin.constituent_view import ACCOUNT_PATH, ConstituentView
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.user_view import USER_PATH, UserView
from doorward.console.api import MorePowerful, verify_may_govern
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission

__all__ = ["SecondStepResetPages"]

_OWN: Final = message("You can't reset your own second step here. Ask a colleague.")
_DONE: Final = "second_step_reset"


class SecondStepResetPages:
    """``/admin/users/second-step`` and ``/admin/constituents/second-step``.

    Staff have made sure that it is really the person who asks; nothing here can.
    """

    def __init__(
        self,
        use: AdminServices,
        frame: AdminFrame,
        views: tuple[UserView, ConstituentView],
    ) -> None:
        """Reset by ``use``, within ``frame``; the pages that it is asked for on are ``views``'."""
        self._use = use
        self._frame = frame
        self._user, self._constituent = views

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        write = Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("POST", "/admin/users/second-step", write, "users", self.reset_user),
            AdminRoute(
                "POST",
                "/admin/constituents/second-step",
                write,
                "constituents",
                self.reset_constituent,
            ),
        )

    async def reset_user(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """One of the staff, by somebody who may do all that they may, and not by themselves."""
        account = await self._user.find(call, staff)
        if account.account_id == staff.account.account_id:
            return await self._user.page(call, staff, account, [Problem(_OWN)])
        try:
            verify_may_govern(staff.caller, account)
        except MorePowerful as refusal:
            return await self._user.page(call, staff, account, [problem_of(refusal)])
        return await self._reset(call, staff, account, {"section": "users", "path": USER_PATH})

    async def reset_constituent(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """A constituent."""
        account = await self._constituent.find(call, staff)
        where = {"section": "constituents", "path": ACCOUNT_PATH}
        return await self._reset(call, staff, account, where)

    async def _reset(
        self, call: Call, staff: Staff, account: Account, where: Mapping[str, str]
    ) -> Reply | ASGIApp:
        """After asking."""
        if call.form().get("decision") != "confirm":
            values: dict[str, object] = {
                "person": {"id": account.subject, "name": account.name or account.username},
                **where,
            }
            query = (("id", account.subject),)
            page = AdminPage("admin_second_step.html", where["section"], where["path"], query=query)
            return self._frame.page(call, staff, page, values)
        await self._use.second_steps.reset(staff.tenant, account.account_id, staff.actor)
        return self._frame.back(staff, where["path"], done=_DONE, id=account.subject)
