"""The frame of the staff console: who may come in, and what stands around every page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from doorward.accounts import Account, AccountKind, Accounts, UnknownAccount
from doorward.console.admin.model import SECTIONS, AdminPage, AdminRoute, Staff
from doorward.console.admin.permissions import title_of
from doorward.console.api import StaffCall
from doorward.http import (
    ASGIApp,
    Call,
    Endpoint,
    Locale,
    Mishap,
    Reply,
    Upload,
    UploadOrder,
    receive_upload,
    redirect_reply,
)
from doorward.orgs import PageOrder, Permission, Tenant, TenantPages, session_cookie, tenant_of
from doorward.protocol import Refusal
from doorward.sessions import Browser, Sessions, SignInPages, visitor_of

__all__ = ["AdminFrame"]

_LONGEST_QUERY = 1000
_NAMED = 3
_STAFF_LOOKED_THROUGH = 200
_PATHS = {section.name: section.path for section in SECTIONS}


class AdminFrame:
    """Lets staff in, and renders their pages. Everything under ``/admin`` goes through it."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Find staff in ``sessions``, read them anew from ``accounts``, or lead to ``sign_in``."""
        self._sessions = sessions
        self._accounts = accounts
        self._sign_in = sign_in
        self._pages = pages

    def guarded(self, route: AdminRoute) -> Endpoint:
        """The endpoint of ``route``.

        Without a session of staff it leads to sign-in and back; without the permission it says
        which one is missing; a form must be this session's own; what does not exist is 404.
        """

        async def endpoint(call: Call) -> Reply | ASGIApp:
            tenant = tenant_of(call.scope)
            browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
            staff = await self._find_staff(call, tenant, browser)
            if staff is None:
                path = _way_back(call, route)
                return await self._sign_in.lead_back(tenant, browser, path, AccountKind.SYSTEM)
            if route.permission is not None and not staff.may(route.permission):
                return await self._refuse(call, staff, route, route.permission)
            if route.method == "POST" and not call.is_streamed:
                self._verify_form(call, staff, call.form().get("csrf"))
            try:
                return await route.act(call, staff)
            except Refusal as refusal:
                if refusal.status != Mishap.NOT_FOUND.value.status:
                    raise
                return self._pages.mishap(call, Mishap.NOT_FOUND)

        return endpoint

    def page(self, call: Call, staff: Staff, page: AdminPage, values: dict[str, object]) -> ASGIApp:
        """Render ``page`` for ``staff`` within the navigation that they may use."""
        done = call.query().get("done") if call.method != "POST" else None
        shown = {
            **values,
            "staff": _person(staff.account),
            "sections": [
                {
                    "path": each.path,
                    "icon": each.icon,
                    "title": each.title,
                    "here": each.name == page.section,
                }
                for each in SECTIONS
                if each.permission is None or staff.may(each.permission)
            ],
            "notice": page.notices.get(done or ""),
        }
        order = PageOrder(
            path=page.path,
            query=page.query,
            owner_id=staff.session.session_id,
            status=page.status,
        )
        return self._pages.page(call, page.template, shown, order)

    def locale_of(self, call: Call) -> Locale:
        """The language that the answer to ``call`` is in."""
        return self._pages.locale_of(call)

    async def receive_file(self, call: Call, staff: Staff, field: str, *, max_bytes: int) -> Upload:
        """The file that a streamed form sends. Close it after use.

        The form must be this session's own before a byte of the file is kept. Raises
        ``ForgedRequest``, ``UploadRefused``.
        """

        def verify(fields: Mapping[str, str]) -> bool:
            return self._verify_form(call, staff, fields.get("csrf"))

        return await receive_upload(call, UploadOrder(field, max_bytes, verify))

    def _verify_form(self, call: Call, staff: Staff, presented: str | None) -> bool:
        return self._pages.verify_form(call, presented, owner_id=staff.session.session_id)

    def back(self, staff: Staff, path: str, *, done: str, **query: str) -> Reply:
        """See the page at ``path`` with GET, saying that something is done."""
        return redirect_reply(f"{staff.tenant.base}{path}?{urlencode({**query, 'done': done})}")

    async def sign_out(self, _call: Call, staff: Staff) -> Reply:
        """``POST /admin/signout``: end the staff's sign-ins here; constituents stay signed in."""
        for each in staff.browser.of_kind(AccountKind.SYSTEM):
            await self._sessions.end(staff.org_id, each.session_id, staff.actor)
        return redirect_reply(f"{staff.tenant.base}/admin/signedout")

    async def signed_out(self, call: Call) -> ASGIApp:
        """``GET /admin/signedout``: nobody of the staff is signed in here any more."""
        signin_url = f"{tenant_of(call.scope).base}/admin"
        values = {"return_url": None, "return_name": None, "signin_url": signin_url}
        return self._pages.page(call, "signed_out.html", values, PageOrder(path="/admin/signedout"))

    async def _find_staff(
        self, call: Call, tenant: Tenant, browser: Browser | None
    ) -> Staff | None:
        found = browser.of_kind(AccountKind.SYSTEM) if browser is not None else ()
        if browser is None or not found:
            return None
        session = max(found, key=lambda each: each.auth_at)
        try:
            account = await self._accounts.get(tenant.org_id, session.account_id)
        except UnknownAccount:
            return None
        if account.kind is not AccountKind.SYSTEM or not account.is_active:
            return None
        caller = StaffCall(tenant=tenant, account=account, visitor=visitor_of(call))
        return Staff(caller, browser, session)

    async def _refuse(
        self, call: Call, staff: Staff, route: AdminRoute, missing: Permission
    ) -> ASGIApp:
        page = AdminPage("admin_refused.html", route.section, _PATHS[route.section], status=403)
        values: dict[str, object] = {
            "permission": str(missing),
            "permission_title": title_of(missing),
            "helpers": await self._who_can_help(staff),
        }
        return self.page(call, staff, page, values)

    async def _who_can_help(self, staff: Staff) -> list[str]:
        """The names of a few colleagues who can give permissions."""
        colleagues = await self._accounts.list(
            staff.org_id, AccountKind.SYSTEM, None, None, _STAFF_LOOKED_THROUGH
        )
        able = [
            each.name or each.username
            for each in colleagues
            if each.is_active and Permission.ACCOUNTS_WRITE in each.permissions
        ]
        return able[:_NAMED]


def _way_back(call: Call, route: AdminRoute) -> str:
    """The page that was asked for, with its query; after a form, the section that it was in."""
    if route.method == "POST":
        return _PATHS[route.section]
    query = urlencode(list(call.query().items()))
    return f"{route.path}?{query}" if 0 < len(query) <= _LONGEST_QUERY else route.path


def _person(account: Account) -> dict[str, str | None]:
    return {"name": account.name, "email": account.email, "username": account.username}
