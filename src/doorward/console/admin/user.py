"""One user: profile, permissions, password, whether they may come in."""

from __future__ import annotations

from doorward.accounts import (
    Account,
    AccountChange,
    AccountsRefusal,
)
from doorward.console.admin.forms import Problem, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.user_view import PROFILE, USER_PATH, UserView, named_user
from doorward.console.admin.users import make_password
from doorward.console.api import MorePowerful, verify_may_give, verify_may_govern
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission

__all__ = ["OneUserPages"]

_OWN_PERMISSIONS = message("You can't change your own permissions. Ask a colleague.")
_OWN_ACCOUNT = message("You can't disable your own account. Ask a colleague.")
_OWN_PASSWORD = message("You can't set your own password here.")


class OneUserPages:
    """``/admin/users/user`` and the forms on it, but those of API Access."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: UserView) -> None:
        """Change staff of ``use``, within ``frame``; the page itself is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", USER_PATH, read, "users", self.show),
            AdminRoute("POST", "/admin/users/profile", write, "users", self.save_profile),
            AdminRoute("POST", "/admin/users/permissions", write, "users", self.save_permissions),
            AdminRoute("POST", "/admin/users/status", write, "users", self.set_status),
            AdminRoute("POST", "/admin/users/password", write, "users", self.set_password),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Everything about one user."""
        return await self._view.page(call, staff, await self._view.find(call, staff))

    async def save_profile(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Name, user name, e-mail address."""
        account, form = await self._view.find(call, staff), call.form()
        change = AccountChange(
            name=form.get("name"),
            username=(form.get("username") or "").strip(),
            email=form.get("email"),
        )
        try:
            verify_may_govern(staff.caller, account)
            await self._use.accounts.update(staff.org_id, account.account_id, change, staff.actor)
        except (AccountsRefusal, MorePowerful) as refusal:
            problem = problem_of(refusal, PROFILE)
            typed = typed_texts(form, *PROFILE)
            return await self._view.page(call, staff, account, [problem], typed)
        return self._frame.back(staff, USER_PATH, done="profile", id=account.subject)

    async def save_permissions(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """The boxes that are ticked, among those that the giver holds."""
        account, form = await self._view.find(call, staff), call.form()
        if account.account_id == staff.account.account_id:
            return await self._view.page(call, staff, account, [Problem(_OWN_PERMISSIONS)])
        wanted = [each for each in Permission if f"permission.{each}" in form]
        try:
            verify_may_govern(staff.caller, account)
            verify_may_give(staff.caller, wanted)
            await self._use.accounts.update(
                staff.org_id, account.account_id, AccountChange(permissions=wanted), staff.actor
            )
        except (AccountsRefusal, MorePowerful) as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal)])
        return self._frame.back(staff, USER_PATH, done="permissions", id=account.subject)

    async def set_status(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Disable, after asking, or enable."""
        account, form = await self._view.find(call, staff), call.form()
        disable = form.get("status") == "disabled"
        if disable and account.account_id == staff.account.account_id:
            return await self._view.page(call, staff, account, [Problem(_OWN_ACCOUNT)])
        try:
            verify_may_govern(staff.caller, account)
        except MorePowerful as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal)])
        if disable and form.get("decision") != "confirm":
            return self._confirm_disable(call, staff, account)
        change = self._use.accounts.disable if disable else self._use.accounts.enable
        await change(staff.org_id, account.account_id, staff.actor)
        done = "disabled" if disable else "enabled"
        return self._frame.back(staff, USER_PATH, done=done, id=account.subject)

    async def set_password(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Set the password that was typed, or one that is made and shown this once."""
        account = await self._view.find(call, staff)
        if account.account_id == staff.account.account_id:
            return await self._view.page(call, staff, account, [Problem(_OWN_PASSWORD, "password")])
        given = call.form().get("password")
        password = Secret(given) if given else make_password(self._use.random)
        try:
            verify_may_govern(staff.caller, account)
            await self._use.accounts.set_password(
                staff.org_id, account.account_id, password, staff.actor
            )
        except (AccountsRefusal, MorePowerful) as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal, ("password",))])
        for session in await self._use.sessions.list_live(staff.tenant.org, account.account_id):
            await self._use.sessions.end(staff.org_id, session.session_id, staff.actor)
        if given:
            return self._frame.back(staff, USER_PATH, done="password", id=account.subject)
        values: dict[str, object] = {
            "user": named_user(account),
            "username": account.username,
            "password": password.reveal(),
            "is_new": False,
        }
        page = AdminPage(
            "admin_password.html", "users", USER_PATH, query=(("id", account.subject),)
        )
        return self._frame.page(call, staff, page, values)

    def _confirm_disable(self, call: Call, staff: Staff, account: Account) -> ASGIApp:
        values: dict[str, object] = {
            "question": "disable",
            "user": named_user(account),
            "key": None,
        }
        page = AdminPage("admin_confirm.html", "users", USER_PATH, query=(("id", account.subject),))
        return self._frame.page(call, staff, page, values)
