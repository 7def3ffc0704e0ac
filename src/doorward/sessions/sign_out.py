"""Sign-out that an application asks for (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from doorward.clients import Application, Applications
from doorward.http import ASGIApp, Call, Mishap, Reply, redirect_reply
from doorward.keys import Keys
from doorward.orgs import (
    PageOrder,
    Tenant,
    TenantPages,
    render_session_cookie,
    session_cookie,
    tenant_of,
)
from doorward.protocol import OAuthError, Parameters, matches_registered
from doorward.sessions.arrival import visitor_of
from doorward.sessions.model import Browser, Session
from doorward.sessions.service import Sessions
from doorward.tokens import IdTokenHint, find_id_token_hint

__all__ = ["SignOutPages"]

_PATH = "/oauth2/sessions/logout"
_CARRIED = ("client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a sign-out request proves: the application, whose session, and where to go on."""

    application: Application | None
    hint: IdTokenHint | None
    target: str | None

    @property
    def name(self) -> str | None:
        """What to call the application; of one that nobody reviewed, nothing is said."""
        if self.application is None or not self.application.is_live:
            return None
        return self.application.name


class SignOutPages:
    """``/oauth2/sessions/logout`` and its confirmation."""

    def __init__(
        self, *, sessions: Sessions, applications: Applications, keys: Keys, pages: TenantPages
    ) -> None:
        """End ``sessions``; believe hints by ``keys`` and targets by ``applications``."""
        self._sessions = sessions
        self._applications = applications
        self._keys = keys
        self._pages = pages

    async def begin(self, call: Call) -> Reply | ASGIApp:
        """``GET``: sign out at once when an ID token of the session says so, else ask first.

        Without a live session there is nothing to ask: the person is signed out.
        """
        tenant = tenant_of(call.scope)
        try:
            params = call.query()
            asked = await self._verify(tenant, params)
        except OAuthError as error:
            detail = (("error_description", error.description),)
            return self._pages.mishap(call, Mishap.BAD_REQUEST, detail=detail)
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if browser is None or not browser.sessions:
            return self._done(call, asked, browser=None)
        if asked.hint is None:
            return self._confirm(call, params, asked, browser)
        session = _hinted(browser, asked.hint)
        if session is not None:
            by = visitor_of(call).as_actor(session.account_id)
            await self._sessions.end(tenant.org_id, session.session_id, by)
        left = len(browser.sessions) - (1 if session else 0)
        return self._done(call, asked, browser=None if left == 0 else browser)

    async def begin_by_post(self, call: Call) -> Reply | ASGIApp:
        """``POST``: the same, by way of GET, where the browser sends our cookies along."""
        try:
            form = call.form()
        except OAuthError:
            return self._pages.mishap(call, Mishap.BAD_REQUEST)
        base = tenant_of(call.scope).base
        return redirect_reply(f"{base}{_PATH}?{urlencode(list(form.items()))}")

    async def confirm(self, call: Call) -> Reply | ASGIApp:
        """``POST …/confirm``: the person's own answer."""
        tenant = tenant_of(call.scope)
        form = call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        asked = await self._verify(tenant, form)
        if browser is None:
            return self._done(call, asked, browser=None)
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        if form.get("decision") != "allow":
            return redirect_reply(f"{tenant.base}/account")
        if browser.sessions:
            by = visitor_of(call).as_actor(browser.sessions[-1].account_id)
            await self._sessions.end_browser(browser, by)
        return self._done(call, asked, browser=None)

    async def _verify(self, tenant: Tenant, params: Parameters) -> _Asked:
        hint = await find_id_token_hint(
            self._keys, tenant.org_id, tenant.issuer, params.get("id_token_hint")
        )
        client_id = params.get("client_id") or (hint.client_id if hint else None)
        if hint is not None and client_id != hint.client_id:
            hint = None
        application = None
        if client_id is not None:
            application = await self._applications.find(tenant.org_id, client_id)
        wanted = params.get("post_logout_redirect_uri")
        target = None
        if application is not None and wanted is not None:
            registered = application.post_logout_redirect_uris
            if matches_registered(wanted, registered):
                state = params.get("state")
                separator = "&" if "?" in wanted else "?"
                target = f"{wanted}{separator}{urlencode({'state': state})}" if state else wanted
        return _Asked(application, hint, target)

    def _confirm(self, call: Call, params: Parameters, asked: _Asked, browser: Browser) -> ASGIApp:
        person = browser.sessions[-1]
        fields = [(name, params[name]) for name in _CARRIED if name in params]
        values = {
            "account": {
                "name": person.name,
                "email": person.email,
                "username": person.username,
            },
            "app_name": asked.name,
            "fields": fields,
        }
        order = PageOrder(
            path=f"{_PATH}/confirm",
            owner_id=browser.browser_id,
            form_targets=(asked.target,) if asked.target else (),
        )
        return self._pages.page(call, "signout.html", values, order)

    def _done(self, call: Call, asked: _Asked, *, browser: Browser | None) -> Reply | ASGIApp:
        return self.show_signed_out(call, asked.target, name=asked.name, forget=browser is None)

    def show_signed_out(
        self, call: Call, target: str | None, *, name: str | None, forget: bool
    ) -> Reply | ASGIApp:
        """On to ``target``, which is proved to be registered, or the page that says it is done.

        ``name`` is the application to go back to; ``forget`` takes the browser's cookie away.
        """
        tenant = tenant_of(call.scope)
        gone = (render_session_cookie(tenant, ""),) if forget else ()
        if target is not None and target.startswith(("http://", "https://")):
            return redirect_reply(target, cookies=gone)
        values = {
            "return_url": target,
            "return_name": name,
            "signin_url": f"{tenant.base}/signin",
        }
        return self._pages.page(
            call, "signed_out.html", values, PageOrder(path="/signedout", cookies=gone)
        )

    async def signed_out(self, call: Call) -> Reply | ASGIApp:
        """``GET /signedout``: the page that language links of the last page lead to."""
        tenant = tenant_of(call.scope)
        values = {"return_url": None, "return_name": None, "signin_url": f"{tenant.base}/signin"}
        return self._pages.page(call, "signed_out.html", values, PageOrder(path="/signedout"))


def _hinted(browser: Browser, hint: IdTokenHint) -> Session | None:
    """The session that the ID token was issued in, or another one of the same account."""
    by_session = (each for each in browser.sessions if str(each.session_id) == hint.session)
    by_account = (each for each in browser.sessions if str(each.account_id) == hint.subject)
    return next(by_session, None) or next(by_account, None)
