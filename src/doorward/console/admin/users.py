"""User Management: the organization's staff, and new users for colleagues and integrations."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Account, AccountKind, AccountsRefusal, NewAccount
from doorward.console.admin.forms import Problem, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.crypto import Random, Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.protocol import Parameters

__all__ = ["UserPages", "make_password"]

_PATH = "/admin/users"
_NEW = "/admin/users/new"
_USER = "/admin/users/user"
_PAGE_SIZE = 50
_LETTERS: Final = "bcdfghjklmnpqrstvwxzBDGR23456789"
"""Thirty-two, so that each is as likely, and no vowel: no name comes about by chance."""
_FIELDS = ("name", "username", "email", "password")
_EVERY: Final = frozenset(str(permission) for permission in Permission)
_NEEDS_LOGIN = message("Write a user name.")


class UserPages:
    """``/admin/users`` and ``/admin/users/new``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """List and create staff of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "users", self.show),
            AdminRoute("GET", _NEW, write, "users", self.ask),
            AdminRoute("POST", _NEW, write, "users", self.create),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Staff, in the order of their numbers or those that a search finds."""
        query = call.query()
        wanted = (query.get("q") or "").strip()
        after = query.get("after") or ""
        last = int(after) if after.isascii() and after.isdigit() and len(after) < 17 else None
        found = await self._use.accounts.list(
            staff.org_id, AccountKind.SYSTEM, wanted or None, last, _PAGE_SIZE + 1
        )
        users = [await self._line(staff, each) for each in found[:_PAGE_SIZE]]
        more = found[_PAGE_SIZE - 1].account_id if len(found) > _PAGE_SIZE else None
        values: dict[str, object] = {
            "users": users,
            "q": wanted,
            "after": last,
            "more": more,
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
        }
        kept = tuple((name, query[name]) for name in ("q", "after") if name in query)
        page = AdminPage("admin_users.html", "users", _PATH, query=kept)
        return self._frame.page(call, staff, page, values)

    async def _line(self, staff: Staff, account: Account) -> dict[str, object]:
        return {
            "id": account.subject,
            "name": account.name,
            "username": account.username,
            "email": account.email,
            "active": account.is_active,
            "itself": account.account_id == staff.account.account_id,
            "permissions": len(account.permissions & _EVERY),
            "everything": account.permissions >= _EVERY,
            "api_access": await self._use.api_keys.has_access(staff.org_id, account.account_id),
        }

    async def ask(self, call: Call, staff: Staff) -> ASGIApp:
        """The form for a new user: a colleague, or an integration that nobody signs in with."""
        return self._form(call, staff, call.query())

    async def create(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Create the user without permissions; a password that was made is shown this once."""
        form = call.form()
        integration = form.get("for") == "integration"
        given = form.get("password")
        made = None if integration or given else make_password(self._use.random)
        password = None if integration else (made or Secret(given or ""))
        if not form.get("username"):
            return self._form(call, staff, form, [Problem(_NEEDS_LOGIN, "username")])
        new = NewAccount(
            org_id=staff.org_id,
            kind=AccountKind.SYSTEM,
            username=form["username"].strip(),
            email=form.get("email"),
            name=form.get("name"),
            password=password,
        )
        try:
            account = await self._use.accounts.create(new, staff.actor)
        except AccountsRefusal as refusal:
            return self._form(call, staff, form, [problem_of(refusal, _FIELDS)])
        if made is None:
            return self._frame.back(staff, _USER, done="created", id=account.subject)
        values: dict[str, object] = {
            "user": {"id": account.subject, "name": account.name or account.username},
            "username": account.username,
            "password": made.reveal(),
            "is_new": True,
        }
        page = AdminPage("admin_password.html", "users", _USER, query=(("id", account.subject),))
        return self._frame.page(call, staff, page, values)

    def _form(
        self,
        call: Call,
        staff: Staff,
        given: Parameters,
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        integration = given.get("for") == "integration"
        values: dict[str, object] = {
            "integration": integration,
            "form_values": typed_texts(given, "name", "username", "email") if problems else {},
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_user_new.html",
            "users",
            _NEW,
            query=(("for", "integration"),) if integration else (),
            status=422 if problems else 200,
        )
        return self._frame.page(call, staff, page, values)


def make_password(random: Random) -> Secret[str]:
    """A password of 24 characters in four groups, with 120 bits of ``random``."""
    text = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random(24))
    return Secret("-".join(text[at : at + 6] for at in range(0, 24, 6)))
