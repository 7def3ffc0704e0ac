"""Roles: what each may do, who has which, and giving one to a colleague."""

from __future__ import annotations

from collections import Counter
from typing import Final

from doorward.accounts import Account, AccountChange, AccountKind, AccountsRefusal
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.permissions import GROUPS
from doorward.console.admin.role_words import ROLE_WORDS
from doorward.console.admin.user_view import USER_PATH, UserView, named_user
from doorward.console.api import MorePowerful, verify_may_give, verify_may_govern
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import ROLES, Permission, Role, find_role

__all__ = ["RolePages"]

_PATH: Final = "/admin/roles"
_AT_ONCE: Final = 200
_MOST: Final = 1000
_OWN_ROLE = message("You can't change your own role. Ask a colleague.")
_NO_ROLE = message("Choose a role.")


class RolePages:
    """``/admin/roles``, and the form on a user's page that gives one."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: UserView) -> None:
        """Change staff of ``use``, within ``frame``; a user's page is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "roles", self.show),
            AdminRoute("POST", "/admin/users/role", write, "users", self.give),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The table of roles and permissions, and the staff by role."""
        people = await self._list_staff(staff)
        counts = Counter(find_role(each.permissions) for each in people if each.permissions)
        values: dict[str, object] = {
            "roles": [
                {"title": words.title, "sentence": words.sentence, "count": counts[role]}
                for role, words in ROLE_WORDS.items()
            ],
            "groups": [
                {
                    "title": group.title,
                    "rows": [
                        {
                            "name": str(permission),
                            "sentence": sentence,
                            "held": [
                                (words.title, permission in ROLES[role])
                                for role, words in ROLE_WORDS.items()
                            ],
                        }
                        for permission, sentence in group.permissions
                    ],
                }
                for group in GROUPS
            ],
            "people": [_person(each) for each in people[:_MOST]],
            "own_choice": counts[None],
        }
        return self._frame.page(call, staff, AdminPage("admin_roles.html", "roles", _PATH), values)

    async def give(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Give the role that was chosen: its permissions instead of those that they had."""
        account, form = await self._view.find(call, staff), call.form()
        if account.account_id == staff.account.account_id:
            return await self._view.page(call, staff, account, [Problem(_OWN_ROLE)])
        try:
            role = Role(form.get("role") or "")
        except ValueError:
            return await self._view.page(call, staff, account, [Problem(_NO_ROLE, "role")])
        try:
            verify_may_govern(staff.caller, account)
            verify_may_give(staff.caller, ROLES[role])
            await self._use.accounts.update(
                staff.org_id,
                account.account_id,
                AccountChange(permissions=ROLES[role]),
                staff.actor,
            )
        except (AccountsRefusal, MorePowerful) as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal)])
        return self._frame.back(staff, USER_PATH, done="role", id=account.subject)

    async def _list_staff(self, staff: Staff) -> list[Account]:
        found: list[Account] = []
        last: int | None = None
        while len(found) <= _MOST:
            page = await self._use.accounts.list(
                staff.org_id, AccountKind.SYSTEM, None, last, _AT_ONCE
            )
            found += [each for each in page if each.is_active]
            if len(page) < _AT_ONCE:
                break
            last = page[-1].account_id
        return found


def _person(account: Account) -> dict[str, object]:
    role = find_role(account.permissions)
    return {
        **named_user(account),
        "role": None if role is None else ROLE_WORDS[role].title,
        "permissions": len(account.permissions),
    }
