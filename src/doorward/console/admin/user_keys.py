"""API Access of one user: the switch, and the keys of their programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from doorward.accounts import Account
from doorward.apikeys import ApiKey, ApiKeysRefusal, UnknownApiKey
from doorward.console.admin.forms import Problem, parse_number, problem_of, split_lines, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.user_view import (
    USER_PATH,
    UserView,
    describe_key,
    named_user,
)
from doorward.console.api import MorePowerful, verify_may_govern
from doorward.crypto import Secret
from doorward.db import SECOND, find_row_id
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission

__all__ = ["KeyPages"]

_KEY = "/admin/users/key"
_DAY = 86_400
_MOST_DAYS = 3660
_NO_DAYS = message("Write a number of days from 1 to 3660, or nothing.")
_GRACES = {"0": timedelta(), "1": timedelta(hours=1), "24": timedelta(days=1)}
_GRACES |= {"168": timedelta(days=7)}
"""How long a rotated key lives on, by its hours."""


class KeyPages:
    """The forms of API Access, and the page of one key."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: UserView) -> None:
        """Manage keys of ``use`` within ``frame``; what is refused is said on ``view``."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("POST", "/admin/users/access", write, "users", self.switch),
            AdminRoute("POST", "/admin/users/keys", write, "users", self.create),
            AdminRoute("GET", _KEY, read, "users", self.show),
            AdminRoute("POST", "/admin/users/key/networks", write, "users", self.restrict),
            AdminRoute("POST", "/admin/users/key/replace", write, "users", self.replace),
            AdminRoute("POST", "/admin/users/key/revoke", write, "users", self.revoke),
        )

    async def switch(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Switch API Access on, or off after asking."""
        account, form = await self._view.find(call, staff), call.form()
        on = form.get("access") == "on"
        problem = _governance(staff, account)
        if problem is not None:
            return await self._view.page(call, staff, account, [problem])
        if not on and form.get("decision") != "confirm":
            return self._confirm(call, staff, account, "access_off")
        service = self._use.api_keys
        change = service.switch_access_on if on else service.switch_access_off
        try:
            await change(staff.org_id, account.account_id, staff.actor)
        except ApiKeysRefusal as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal)])
        done = "access_on" if on else "access_off"
        return self._frame.back(staff, USER_PATH, done=done, id=account.subject)

    async def create(self, call: Call, staff: Staff) -> ASGIApp:
        """A key for one program, shown this once."""
        account, form = await self._view.find(call, staff), call.form()
        problem = _governance(staff, account)
        expires_at, bad_days = self._parse_days(form.get("days"))
        fields = ("label", "networks")
        if problem is None and bad_days is None:
            try:
                key, secret = await self._use.api_keys.create(
                    staff.org_id,
                    account.account_id,
                    form.get("label") or "",
                    staff.actor,
                    expires_at,
                    split_lines(form.get("networks")),
                )
            except ApiKeysRefusal as refusal:
                problem = problem_of(refusal, fields)
            else:
                return self._show_once(call, staff, account, key, secret)
        found = [each for each in (problem, bad_days) if each is not None]
        typed = typed_texts(form, *fields, "days")
        return await self._view.page(call, staff, account, found, typed)

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """One key: where it may be used from, and how to replace it."""
        account, key = await self._find(call, staff)
        return self._page(call, staff, account, key)

    async def restrict(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep the networks, one in a line."""
        account, key = await self._find(call, staff)
        text = call.form().get("networks")

        async def act() -> Reply:
            await self._use.api_keys.restrict(
                staff.org_id, key.key_id, split_lines(text), staff.actor
            )
            return self._frame.back(staff, USER_PATH, done="networks", id=account.subject)

        return await self._try(call, staff, (account, key), act, {"networks": text or ""})

    async def replace(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """A new key with the same limits; the old one lives on for the chosen grace, or not."""
        account, key = await self._find(call, staff)
        grace = _GRACES.get(call.form().get("grace") or "", timedelta())

        async def act() -> ASGIApp:
            service = self._use.api_keys
            if grace:
                new, secret = await service.rotate(staff.org_id, key.key_id, staff.actor, grace)
            else:
                new, secret = await service.regenerate(staff.org_id, key.key_id, staff.actor)
            old = await service.get(staff.org_id, key.key_id)
            return self._show_once(call, staff, account, new, secret, replaced=old)

        return await self._try(call, staff, (account, key), act)

    async def revoke(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Make the key worthless, after asking."""
        account, key = await self._find(call, staff)
        if call.form().get("decision") != "confirm":
            return self._confirm(call, staff, account, "revoke", key)

        async def act() -> Reply:
            await self._use.api_keys.revoke(staff.org_id, key.key_id, staff.actor)
            return self._frame.back(staff, USER_PATH, done="revoked", id=account.subject)

        return await self._try(call, staff, (account, key), act)

    async def _try(
        self,
        call: Call,
        staff: Staff,
        whose: tuple[Account, ApiKey],
        act: Callable[[], Awaitable[Reply | ASGIApp]],
        typed: dict[str, str] | None = None,
    ) -> Reply | ASGIApp:
        account, key = whose
        try:
            verify_may_govern(staff.caller, account)
            return await act()
        except UnknownApiKey:
            # Somebody revoked it in the meantime.
            raise
        except (ApiKeysRefusal, MorePowerful) as refusal:
            problem = problem_of(refusal, ("networks",))
            return self._page(call, staff, account, key, [problem], typed)

    async def _find(self, call: Call, staff: Staff) -> tuple[Account, ApiKey]:
        """The key of the call and its user. Raises ``UnknownApiKey``, ``UnknownAccount``."""
        account = await self._view.find(call, staff)
        given = call.form() if call.method == "POST" else call.query()
        key_id = find_row_id(given.get("key"))
        if key_id is None:
            raise UnknownApiKey
        key = await self._use.api_keys.get(staff.org_id, key_id)
        if key.account_id != account.account_id:
            raise UnknownApiKey
        return account, key

    def _parse_days(self, text: str | None) -> tuple[int | None, Problem | None]:
        if text is None:
            return None, None
        days = parse_number(text)
        if days is None or not 1 <= days <= _MOST_DAYS:
            return None, Problem(_NO_DAYS, "days")
        return self._use.clock() + round(days * _DAY) * SECOND, None

    def _show_once(
        self,
        call: Call,
        staff: Staff,
        account: Account,
        key: ApiKey,
        secret: Secret[str],
        *,
        replaced: ApiKey | None = None,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "user": named_user(account),
            "label": key.label,
            "secret": secret.reveal(),
            "org_id": staff.org_id,
            "issuer": staff.tenant.issuer,
            "replaced": replaced is not None,
            "lives_until": replaced.expires_at
            if replaced is not None and replaced.is_live(self._use.clock())
            else None,
        }
        page = AdminPage(
            "admin_key_shown.html", "users", USER_PATH, query=(("id", account.subject),)
        )
        return self._frame.page(call, staff, page, values)

    def _page(
        self,
        call: Call,
        staff: Staff,
        account: Account,
        key: ApiKey,
        problems: list[Problem] | None = None,
        typed: dict[str, str] | None = None,
    ) -> ASGIApp:
        shown = describe_key(key, self._use.clock())
        values: dict[str, object] = {
            "user": named_user(account),
            "key": shown,
            "form_values": typed or {"networks": "\n".join(key.networks)},
            "governs": staff.may(Permission.ACCOUNTS_WRITE) and _governance(staff, account) is None,
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_key.html",
            "users",
            _KEY,
            query=(("id", account.subject), ("key", str(key.key_id))),
            status=422 if problems else 200,
        )
        return self._frame.page(call, staff, page, values)

    def _confirm(
        self,
        call: Call,
        staff: Staff,
        account: Account,
        question: str,
        key: ApiKey | None = None,
    ) -> ASGIApp:
        shown = None if key is None else describe_key(key, self._use.clock())
        values: dict[str, object] = {
            "question": question,
            "user": named_user(account),
            "key": shown,
        }
        page = AdminPage("admin_confirm.html", "users", USER_PATH, query=(("id", account.subject),))
        return self._frame.page(call, staff, page, values)


def _governance(staff: Staff, account: Account) -> Problem | None:
    try:
        verify_may_govern(staff.caller, account)
    except MorePowerful as refusal:
        return problem_of(refusal)
    return None
