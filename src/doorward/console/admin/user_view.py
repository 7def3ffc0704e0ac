"""The page of one user: everything that it shows, and what was wrong with a form on it."""

from __future__ import annotations

from doorward.accounts import Account, AccountKind, UnknownAccount
from doorward.apikeys import ApiKey
from doorward.console.admin.forms import Problem, parse_row_id
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminServices, Staff
from doorward.console.admin.permissions import GROUPS
from doorward.console.admin.role_words import ROLE_WORDS
from doorward.http import ASGIApp, Call, message
from doorward.orgs import ROLES, Permission, find_role

__all__ = ["PROFILE", "USER_PATH", "UserView", "describe_key", "named_user"]

USER_PATH = "/admin/users/user"
PROFILE = ("name", "username", "email")
"""The fields of the profile's form."""
_NO_KEY = {"label": "", "days": "", "networks": ""}
_AT_ONCE = 200
_NOTICES = {
    "created": message("The user is created. Choose what they may do."),
    "profile": message("The profile is saved."),
    "permissions": message("The permissions are saved. They count at once."),
    "role": message("The role is given. It counts at once."),
    "enabled": message("The user may come in again."),
    "disabled": message("The user is disabled: their sign-ins and API keys work no more."),
    "password": message("The new password is set."),
    "access_on": message("API access is on. Create a key for each program."),
    "access_off": message("API access is off, and every key of this user works no more."),
    "revoked": message("The key works no more."),
    "networks": message("The addresses of the key are saved."),
    "second_step_reset": message("Two-step verification is reset, and they are signed out."),
}


class UserView:
    """Finds the user that a call is about, and shows the page about them."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Read from ``use``, render within ``frame``."""
        self._use = use
        self._frame = frame

    async def find(self, call: Call, staff: Staff) -> Account:
        """The user that the call is about. Raises ``UnknownAccount``, for constituents too."""
        account = await self._use.accounts.get(staff.org_id, parse_row_id(call))
        if account.kind is not AccountKind.SYSTEM:
            raise UnknownAccount
        return account

    async def page(
        self,
        call: Call,
        staff: Staff,
        account: Account,
        problems: list[Problem] | None = None,
        typed: dict[str, str] | None = None,
    ) -> ASGIApp:
        """The page of ``account``, with what is wrong and what was typed."""
        itself = account.account_id == staff.account.account_id
        may_write = staff.may(Permission.ACCOUNTS_WRITE)
        profile = {name: getattr(account, name) or "" for name in PROFILE}
        values: dict[str, object] = {
            "user": {
                **named_user(account),
                "username": account.username,
                "active": account.is_active,
                "itself": itself,
                "created_at": account.created_at,
            },
            "may_write": may_write,
            "governs": may_write and (itself or account.permissions <= staff.account.permissions),
            "form_values": {**profile, **_NO_KEY, **(typed or {})},
            "role": str(find_role(account.permissions) or ""),
            "roles": [
                (str(role), words.title)
                for role, words in ROLE_WORDS.items()
                if ROLES[role] <= staff.account.permissions
            ],
            "groups": _boxes(account, staff.account),
            "access": await self._use.api_keys.has_access(staff.org_id, account.account_id),
            "keys": await _list_live_keys(self._use, staff, account),
            "second_steps": await self._use.second_steps.list_of(staff.org_id, account.account_id),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_user.html",
            "users",
            USER_PATH,
            query=(("id", account.subject),),
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


async def _list_live_keys(
    use: AdminServices, staff: Staff, account: Account
) -> list[dict[str, object]]:
    """The live keys of ``account``, as its page shows them; the newest first."""
    now = use.clock()
    live: list[dict[str, object]] = []
    last: int | None = None
    while True:
        found = await use.api_keys.list(staff.org_id, account.account_id, last, _AT_ONCE)
        live += [describe_key(key, now) for key in found if key.is_live(now)]
        if len(found) < _AT_ONCE:
            return live[::-1]
        last = found[-1].key_id


def describe_key(key: ApiKey, now: int) -> dict[str, object]:
    """What a page shows of ``key`` at ``now``."""
    return {
        "id": str(key.key_id),
        "label": key.label,
        "last4": key.last4,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_used_from,
        "networks": list(key.networks),
        "live": key.is_live(now),
        "replaced": key.replaced_by is not None,
    }


def named_user(account: Account) -> dict[str, object]:
    """How a page names ``account``."""
    return {"id": account.subject, "name": account.name or account.username}


def _boxes(account: Account, giver: Account) -> list[dict[str, object]]:
    return [
        {
            "title": group.title,
            "boxes": [
                {
                    "name": str(permission),
                    "sentence": sentence,
                    "held": permission in account.permissions,
                    "givable": permission in giver.permissions,
                }
                for permission, sentence in group.permissions
            ],
        }
        for group in GROUPS
    ]
