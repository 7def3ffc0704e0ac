"""Accepting an invitation: the link shows a form, the form sets the first password."""

from __future__ import annotations

from doorward.accounts import Account, Busy, WeakPassword
from doorward.console.account.new_password import (
    DIFFERENT,
    PasswordProblem,
    guide_for,
    problem_about,
)
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, ForgedRequest, Reply
from doorward.invitations import InvitationGone, Invitations
from doorward.orgs import (
    PageOrder,
    TenantPages,
    render_session_cookie,
    session_cookie,
    tenant_of,
)
from doorward.sessions import Browser, Sessions, SignInPages, visitor_of

__all__ = ["InvitationPages"]

_PATH = "/invitation"


class InvitationPages:
    """``/invitation``. Opening the link changes nothing: mail scanners open links, too."""

    def __init__(
        self,
        *,
        invitations: Invitations,
        sessions: Sessions,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Accept ``invitations`` in a browser of ``sessions``, and go on as after a sign-in."""
        self._invitations = invitations
        self._sessions = sessions
        self._sign_in = sign_in
        self._pages = pages

    async def show(self, call: Call) -> ASGIApp:
        """``GET /invitation``: whose account it is, and the form."""
        tenant = tenant_of(call.scope)
        code = call.query().get("code") or ""
        try:
            account = await self._invitations.get(tenant.org_id, code)
        except InvitationGone:
            return self._gone(call)
        cookies: tuple[str, ...] = ()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if browser is None:
            browser, cookie = await self._sessions.open_browser(tenant.org)
            cookies = (render_session_cookie(tenant, cookie.reveal()),)
        return self._form(call, browser, (account, code), cookies=cookies)

    async def accept(self, call: Call) -> Reply | ASGIApp:
        """``POST /invitation``: set the password, sign in, and go to the account's own page."""
        tenant, form = tenant_of(call.scope), call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if browser is None:
            raise ForgedRequest
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        code, password = form.get("code") or "", form.get("password") or ""
        try:
            invited = await self._invitations.get(tenant.org_id, code), code
        except InvitationGone:
            return self._gone(call)
        if password != (form.get("again") or ""):
            return self._form(call, browser, invited, problem=DIFFERENT)
        by = visitor_of(call).as_actor(invited[0].account_id)
        try:
            account = await self._invitations.accept(tenant.org_id, code, Secret(password), by)
        except InvitationGone:
            return self._gone(call)
        except (WeakPassword, Busy) as refusal:
            return self._form(call, browser, invited, problem=problem_about(refusal))
        return await self._sign_in.enter(call, browser, account, None, "/account")

    def _form(
        self,
        call: Call,
        browser: Browser,
        invited: tuple[Account, str],
        *,
        problem: PasswordProblem | None = None,
        cookies: tuple[str, ...] = (),
    ) -> ASGIApp:
        account, code = invited
        person = {"name": account.name, "email": account.email, "username": account.username}
        values = {
            "account": person,
            "code": code,
            "problem": problem,
            "guide": guide_for(account, tenant_of(call.scope).org),
        }
        order = PageOrder(
            path=_PATH,
            query=(("code", code),),
            owner_id=browser.browser_id,
            status=200 if problem is None else problem.status,
            cookies=cookies,
            ui_locales=account.locale,
        )
        return self._pages.page(call, "invitation.html", values, order)

    def _gone(self, call: Call) -> ASGIApp:
        """One answer for every link that cannot be used, whatever the reason."""
        values = {"account": None, "code": "", "problem": None, "guide": None}
        return self._pages.page(call, "invitation.html", values, PageOrder(_PATH, status=410))
