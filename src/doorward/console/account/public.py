"""What the pages share that people open without being signed in: their browser and their flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from doorward.accounts import STAFF_SIGN_IN, AccountKind
from doorward.audit import Actor
from doorward.brakes import Brake, Brakes, Try
from doorward.http import (
    ASGIApp,
    Call,
    ForgedRequest,
    Reply,
    redirect_reply,
    subscriber_of,
)
from doorward.orgs import (
    PageOrder,
    Tenant,
    TenantPages,
    render_session_cookie,
    session_cookie,
    tenant_of,
)
from doorward.protocol import Parameters
from doorward.recovery import Asker
from doorward.sessions import (
    Browser,
    Flow,
    FlowGone,
    Sessions,
    SignInPages,
)

__all__ = ["PublicFrame", "Visit"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at a page: a browser, and the flow that it came from, if that is still open."""

    tenant: Tenant
    browser: Browser
    flow: Flow | None
    kind: AccountKind
    cookies: tuple[str, ...] = ()

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """What the addresses of the next pages say: the flow, or that staff are meant."""
        if self.flow is not None:
            return (("flow", self.flow.handle),)
        return (STAFF_SIGN_IN,) if self.kind is AccountKind.SYSTEM else ()

    def url(self, path: str, *more: tuple[str, str]) -> str:
        """A page of ours that belongs to the same flow."""
        asked = urlencode([*more, *self.query])
        return f"{self.tenant.base}{path}" + (f"?{asked}" if asked else "")

    def sign_in_url(self) -> str:
        """Where the person signs in, in the flow that they came from."""
        if self.flow is None and self.kind is AccountKind.SYSTEM:
            return f"{self.tenant.base}/admin"
        return self.url("/signin")


class PublicFrame:
    """Finds who looks at a page that needs no sign-in, verifies forms, puts pages together."""

    def __init__(
        self, *, sessions: Sessions, sign_in: SignInPages, pages: TenantPages, brakes: Brakes
    ) -> None:
        """Know browsers by ``sessions``, go on by ``sign_in``, render with ``pages``.

        ``brakes`` count links that lead nowhere.
        """
        self._sessions = sessions
        self._sign_in = sign_in
        self._pages = pages
        self._brakes = brakes

    async def open(self, call: Call) -> Visit:
        """The visit of a GET; a browser that is not known yet gets its cookie."""
        tenant = tenant_of(call.scope)
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        cookies: tuple[str, ...] = ()
        if browser is None:
            browser, cookie = await self._sessions.open_browser(tenant.org)
            cookies = (render_session_cookie(tenant, cookie.reveal()),)
        return await self._visit(call, browser, call.query(), cookies)

    async def posted(self, call: Call) -> tuple[Visit, Parameters]:
        """The visit of a form that was sent from a page of ours. Raises ``ForgedRequest``."""
        tenant, form = tenant_of(call.scope), call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if browser is None:
            raise ForgedRequest
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        return await self._visit(call, browser, form, ()), form

    async def _visit(
        self, call: Call, browser: Browser, said: Parameters, cookies: tuple[str, ...]
    ) -> Visit:
        tenant = tenant_of(call.scope)
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, said.get("flow"))
        except FlowGone:
            # It is over, or another browser's: what is asked for here needs none.
            name, staff = STAFF_SIGN_IN
            is_staff = said.get(name) == staff
            kind = AccountKind.SYSTEM if is_staff else AccountKind.CONSTITUENT
            return Visit(tenant, browser, None, kind, cookies)
        return Visit(tenant, browser, flow, AccountKind(flow.account_kind), cookies)

    def asker(self, call: Call, visit: Visit) -> Asker:
        """The visitor, as whoever asks for a letter."""
        flow = visit.flow
        return Asker(
            by=self.stranger(call),
            locale=self._pages.locale_of(call, flow.ui_locales if flow else None),
            browser_id=visit.browser.browser_id,
            onward=visit.query,
        )

    @staticmethod
    def stranger(call: Call) -> Actor:
        """The visitor as the author of what nobody's account does."""
        return Actor(kind="system", id="doorward", address=call.client_address)

    async def follow(self, call: Call, find: Callable[[], Awaitable[T]]) -> T:
        """What ``find`` finds by the link in an address; links that lead nowhere are counted.

        Raises ``Braked`` before anything is looked up, and what ``find`` raises.
        """
        org_id = tenant_of(call.scope).org_id
        tried = Try(Brake.LINK, subscriber_of(call.client_address))
        await self._brakes.admit(org_id, tried)
        found = await find()
        await self._brakes.forgive(org_id, tried)
        return found

    def page(
        self,
        call: Call,
        visit: Visit,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        query: tuple[tuple[str, str], ...] = (),
    ) -> ASGIApp:
        """``template`` at the address that was asked; its form belongs to the browser."""
        flow = visit.flow
        shown = {
            "flow": flow.handle if flow else None,
            "app_name": flow.app_name if flow else None,
            "sign_in_url": visit.sign_in_url(),
            "for_staff": flow is None and visit.kind is AccountKind.SYSTEM,
            **values,
        }
        order = PageOrder(
            path=str(call.scope["path"]),
            query=(*query, *visit.query),
            owner_id=visit.browser.browser_id,
            status=status,
            cookies=visit.cookies,
            # A form may lead on into the flow, and from there back to the application.
            form_targets=(flow.form_target,) if flow and flow.form_target else (),
            ui_locales=flow.ui_locales if flow else None,
        )
        return self._pages.page(call, template, shown, order)

    def gone(self, call: Call, visit: Visit, begin_path: str | None) -> ASGIApp:
        """The page of a link that cannot be used, with the way to begin again."""
        values = {"begin_url": visit.url(begin_path) if begin_path else None}
        return self.page(call, visit, "link_gone.html", values, status=410)

    @staticmethod
    def to(visit: Visit, path: str, *more: tuple[str, str]) -> Reply:
        """On to a page of ours within the same flow."""
        return redirect_reply(visit.url(path, *more))
