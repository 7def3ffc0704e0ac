"""The frame of the developer portal: who is there, and what stands around every page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from doorward.accounts import Account, Accounts, UnknownAccount
from doorward.clients import Application, Applications, UnknownApplication, logo_path
from doorward.console.admin import status_of
from doorward.console.developer.model import (
    APP_SECTIONS,
    HOME,
    Developer,
    DeveloperPage,
    DeveloperRoute,
)
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
from doorward.orgs import PageOrder, Tenant, TenantPages, session_cookie, tenant_of
from doorward.protocol import Refusal
from doorward.sessions import Browser, Sessions, SignInPages, visitor_of, who_signs_in

__all__ = ["DeveloperFrame"]

_LONGEST_QUERY = 1000
_SIGN_OUT = "/oauth2/sessions/logout"
_DRAINED = 16


class DeveloperFrame:
    """Finds who is signed in, and renders the portal for them."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        applications: Applications,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Find people in ``sessions``, read them anew from ``accounts``, or lead to ``sign_in``."""
        self._sessions = sessions
        self._accounts = accounts
        self._applications = applications
        self._sign_in = sign_in
        self._pages = pages

    def guarded(self, route: DeveloperRoute) -> Endpoint:
        """The endpoint of ``route``.

        Nobody is let in without a session; a form must be this session's own; what does not exist,
        or is somebody else's, is 404.
        """

        async def endpoint(call: Call) -> Reply | ASGIApp:
            tenant = tenant_of(call.scope)
            browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
            developer = await self._find_developer(call, tenant, browser)
            if developer is None:
                path = _way_back(call, route)
                return await self._sign_in.lead_back(tenant, browser, path, who_signs_in(call))
            if route.method == "POST" and not call.is_streamed:
                self._verify_form(call, developer, call.form(wide=True).get("csrf"))
            try:
                return await route.act(call, developer)
            except Refusal as refusal:
                if refusal.status != Mishap.NOT_FOUND.value.status:
                    raise
                return self._pages.mishap(call, Mishap.NOT_FOUND)

        return endpoint

    async def find_application(self, call: Call, developer: Developer) -> Application:
        """The person's own application that ``app`` in the address or the form names.

        Raises ``UnknownApplication``, also for somebody else's.
        """
        form = call.method == "POST" and not call.is_streamed
        given = call.form(wide=True) if form else call.query()
        application = await self._applications.get(developer.org_id, given.get("app") or "")
        if not developer.owns(application):
            raise UnknownApplication
        return application

    def page(
        self,
        call: Call,
        developer: Developer,
        page: DeveloperPage,
        values: Mapping[str, object],
        application: Application | None = None,
    ) -> ASGIApp:
        """Render ``page``; with ``application`` among the pages about it."""
        done = call.query().get("done") if call.method != "POST" else None
        shown = {
            **values,
            "account": _person(developer.account),
            "account_number": str(developer.account.account_id),
            "signout_url": f"{developer.tenant.base}{_SIGN_OUT}",
            "section": page.section,
            "sections": APP_SECTIONS if application is not None else (),
            "app": None if application is None else _named(application),
            "notice": page.notices.get(done or ""),
        }
        order = PageOrder(
            path=page.path,
            query=page.query if application is None else (("app", application.client_id),),
            owner_id=developer.session.session_id,
            status=page.status,
        )
        return self._pages.page(call, page.template, shown, order)

    def locale_of(self, call: Call) -> Locale:
        """The language that the answer to ``call`` is in."""
        return self._pages.locale_of(call)

    async def receive_file(
        self,
        call: Call,
        developer: Developer,
        field: str,
        *,
        max_bytes: int,
        among_fields: bool = False,
    ) -> Upload:
        """The file that a streamed form sends. Close it after use.

        ``among_fields``: it is one field of many, and may be left out.

        The form must be this session's own before a byte of the file is kept. Raises
        ``ForgedRequest``, ``UploadRefused``.
        """

        def verify(fields: Mapping[str, str]) -> bool:
            return self._verify_form(call, developer, fields.get("csrf"))

        order = UploadOrder(
            field, max_bytes, verify, _DRAINED, wide=among_fields, optional=among_fields
        )
        return await receive_upload(call, order)

    async def receive_text(
        self, call: Call, developer: Developer, field: str, *, max_bytes: int
    ) -> Upload:
        """A form whose ``field`` is a long text, or a file ``{field}-file`` in its place.

        Close it after use. Raises ``ForgedRequest``, ``UploadRefused``.
        """

        def verify(fields: Mapping[str, str]) -> bool:
            return self._verify_form(call, developer, fields.get("csrf"))

        order = UploadOrder(
            f"{field}-file", max_bytes, verify, optional=True, longest={field: 2 * max_bytes}
        )
        return await receive_upload(call, order)

    def back(
        self, developer: Developer, path: str, application: Application | None, done: str | None
    ) -> Reply:
        """See the page at ``path`` with GET, saying that something is done."""
        query = {"app": application.client_id} if application is not None else {}
        if done is not None:
            query["done"] = done
        tail = f"?{urlencode(query)}" if query else ""
        return redirect_reply(f"{developer.tenant.base}{path}{tail}")

    def _verify_form(self, call: Call, developer: Developer, presented: str | None) -> bool:
        owner_id = developer.session.session_id
        return self._pages.verify_form(call, presented, owner_id=owner_id)

    async def _find_developer(
        self, call: Call, tenant: Tenant, browser: Browser | None
    ) -> Developer | None:
        if browser is None or not browser.sessions:
            return None
        session = max(browser.sessions, key=lambda each: each.auth_at)
        try:
            account = await self._accounts.get(tenant.org_id, session.account_id)
        except UnknownAccount:
            return None
        if not account.is_active:
            return None
        return Developer(tenant, account, session, visitor_of(call))


def _way_back(call: Call, route: DeveloperRoute) -> str:
    """The page that was asked for, with its query; after a form, the first page."""
    if route.method == "POST":
        return HOME
    query = urlencode(list(call.query().items()))
    return f"{route.path}?{query}" if 0 < len(query) <= _LONGEST_QUERY else route.path


def _person(account: Account) -> dict[str, str | None]:
    return {"name": account.name, "email": account.email, "username": account.username}


def _named(application: Application) -> dict[str, object]:
    return {
        "client_id": application.client_id,
        "name": application.name,
        "status": status_of(application.status),
        "logo": logo_path(application.logo, small=True),
        "public": application.is_public,
        "kind": application.kind,
    }
