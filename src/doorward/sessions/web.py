"""Sign-in, the account picker, sign-out, and the list of one's own sessions."""

from __future__ import annotations

from dataclasses import replace

from doorward.accounts import (
    STAFF_SIGN_IN,
    Account,
    AccountKind,
    Accounts,
    Busy,
    SignInRefused,
)
from doorward.brakes import Braked
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.orgs import (
    PageOrder,
    Tenant,
    TenantPages,
    render_session_cookie,
    session_cookie,
    tenant_of,
)
from doorward.passkeys import Passkeys, find_relying_party
from doorward.protocol import Parameters
from doorward.sessions.arrival import SIGN_INS, Arrival, onward, step_path
from doorward.sessions.model import Browser, Flow, FlowGone, NewFlow, Session
from doorward.sessions.second_steps import SecondSteps
from doorward.sessions.service import Sessions

__all__ = ["SignInPages", "order_of", "who_signs_in"]

_PASSWORD_CHARACTERS = 256


def who_signs_in(call: Call) -> AccountKind:
    """Whose sign-in form this page leads to, while nobody is signed in."""
    name, staff = STAFF_SIGN_IN
    is_staff = call.query().get(name) == staff
    return AccountKind.SYSTEM if is_staff else AccountKind.CONSTITUENT


class SignInPages:
    """The pages under ``/signin``. They go on where the flow says, and nowhere else."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        second_steps: SecondSteps,
        passkeys: Passkeys,
        pages: TenantPages,
    ) -> None:
        """Serve from ``sessions`` and ``accounts``, rendering with ``pages``.

        Whoever came in by a password, and could have a passkey, is offered one by ``passkeys``.
        """
        self._sessions = sessions
        self._accounts = accounts
        self._second_steps = second_steps
        self._passkeys = passkeys
        self._pages = pages
        self.arrival = Arrival(sessions=sessions, second_steps=second_steps)
        """What comes of a proof, here and wherever else somebody proves who they are."""

    async def begin(self, call: Call) -> Reply | ASGIApp:
        """``GET /signin``: show the form of a flow, or start a flow that ends at ``/account``."""
        tenant = tenant_of(call.scope)
        query = call.query()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if "flow" in query:
            try:
                flow = await self._sessions.get_flow(tenant.org_id, browser, query["flow"])
            except FlowGone as gone:
                return self.gone(call, gone)
            return self._form(call, flow, browser)
        kind = AccountKind.CONSTITUENT
        return await self.lead_back(tenant, browser, "/account", kind, restart_path="/signin")

    async def lead_back(
        self,
        tenant: Tenant,
        browser: Browser | None,
        path: str,
        kind: AccountKind,
        *,
        restart_path: str | None = None,
    ) -> Reply:
        """Lead to the sign-in form of accounts of ``kind``, and from there back to ``path``.

        ``path`` is a page of our own under the organization, with its query, and never taken from
        a request as it came. An expired form starts again at ``restart_path``, or at ``path``.
        """
        new = _leading_to(path, kind, restart_path)
        flow, cookie = await self._sessions.open_flow_anywhere(tenant.org, browser, new)
        cookies = () if cookie is None else (render_session_cookie(tenant, cookie.reveal()),)
        return redirect_reply(step_path(tenant, "/signin", flow), cookies=cookies)

    async def prove_again(
        self, tenant: Tenant, browser: Browser, session: Session, path: str
    ) -> Reply | None:
        """None where ``session`` was proved within ten minutes, by all that its account has.

        Else the way to prove it once more, and from there to ``path``, a page of our own.
        """
        if await self._second_steps.is_recent(tenant.org, session):
            return None
        return await self.ask_again(tenant, browser, session, path)

    async def ask_again(
        self, tenant: Tenant, browser: Browser, session: Session, path: str
    ) -> Reply:
        """Lead ``session``'s person to prove once more who they are, and then to ``path``."""
        kind = AccountKind(session.account_kind)
        flow = await self._sessions.open_flow(tenant.org, browser, _leading_to(path, kind))
        await self._sessions.ask_again(flow, session.session_id)
        return redirect_reply(step_path(tenant, "/signin", flow))

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin``: one attempt with a password."""
        tenant = tenant_of(call.scope)
        form = call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, form.get("flow"))
        except FlowGone as gone:
            return self.gone(call, gone)
        assert browser is not None  # noqa: S101 - a flow belongs to a known browser
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        username, password = form.get("username"), form.get("password")
        again = browser.find(flow.reauthenticate_id)
        if again is not None and username is None:
            username = again.username
        if not username or not password or len(password) > _PASSWORD_CHARACTERS:
            error = "refused" if username and password else "empty"
            return self._form(call, flow, browser, error=error, username=username)
        try:
            outcome = await self._accounts.verify_password(
                tenant.org_id,
                AccountKind(flow.account_kind),
                username,
                Secret(password),
                self._sessions.known.doorway(call),
            )
        except Busy:
            SIGN_INS.add("busy")
            return self._form(call, flow, browser, error="busy", username=username)
        except Braked as braked:
            SIGN_INS.add("slowed_down")
            wait_s = braked.retry_after_s
            return self._form(call, flow, browser, error="braked", username=username, wait_s=wait_s)
        if isinstance(outcome, SignInRefused):
            SIGN_INS.add("refused")
            return self._form(call, flow, browser, error="refused", username=username)
        can_have_passkeys = form.get("passkeys") == "yes"
        offers = can_have_passkeys and await self._passkeys.may_offer(tenant, outcome)
        return await self.arrival.proved(call, browser, flow, outcome, ("pwd",), offers=offers)

    async def enter(
        self, call: Call, browser: Browser, account: Account, flow: Flow | None, path: str
    ) -> Reply:
        """Go on with ``account``, whose password has just been proved, as after the form.

        Without a ``flow`` it goes on at ``path``, a page of our own.
        """
        if flow is None:
            new = _leading_to(path, AccountKind(account.kind), None)
            flow = await self._sessions.open_flow(tenant_of(call.scope).org, browser, new)
        return await self.arrival.proved(call, browser, flow, account, ("pwd",))

    def refuse_passkey(
        self, call: Call, browser: Browser, flow: Flow, wait_s: int | None = None
    ) -> ASGIApp:
        """The form again, after a passkey that proved nothing: the same for every reason.

        ``wait_s`` says that there were too many of them.
        """
        SIGN_INS.add("refused" if wait_s is None else "slowed_down")
        error = "passkey" if wait_s is None else "braked"
        return self._form(call, flow, browser, error=error, wait_s=wait_s)

    def _form(
        self,
        call: Call,
        flow: Flow,
        browser: Browser | None,
        *,
        error: str | None = None,
        username: str | None = None,
        wait_s: int | None = None,
    ) -> ASGIApp:
        tenant = tenant_of(call.scope)
        again = browser.find(flow.reauthenticate_id) if browser else None
        several = browser is not None and bool(browser.of_kind(flow.account_kind))
        pick_url = step_path(tenant, "/signin/accounts", flow) if several else None
        values = {
            "app_name": flow.app_name,
            "account_kind": flow.account_kind,
            "error": error,
            "wait_s": wait_s,
            "username": username or (flow.login_hint or ""),
            "reauthenticate": _person(again) if again else None,
            "flow": flow.handle,
            "cancel_url": step_path(tenant, flow.cancel_path, flow) if flow.cancel_path else None,
            "pick_url": pick_url,
            "has_passkeys": find_relying_party(tenant) is not None,
            "forgot_url": step_path(tenant, "/forgot", flow),
            "sign_up_url": _sign_up_url(tenant, flow) if again is None else None,
        }
        status = {None: 200, "busy": 503, "braked": 429}.get(error, 400)
        order = replace(order_of(flow, "/signin", status), retry_after_s=wait_s)
        return self._pages.page(call, "signin.html", values, order)

    async def accounts(self, call: Call) -> Reply | ASGIApp:
        """``GET /signin/accounts``: choose among the people signed in here."""
        tenant = tenant_of(call.scope)
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, call.query().get("flow"))
        except FlowGone as gone:
            return self.gone(call, gone)
        people = browser.of_kind(flow.account_kind) if browser else ()
        if not people:
            return redirect_reply(step_path(tenant, "/signin", flow))
        values = {
            "app_name": flow.app_name,
            "accounts": [
                {"session": str(each.session_id), **_person(each), "signed_out": False}
                for each in people
            ],
            "flow": flow.handle,
        }
        return self._pages.page(call, "pick.html", values, order_of(flow, "/signin/accounts", 200))

    async def pick(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin/accounts``: go on as one of them, or as somebody else."""
        tenant = tenant_of(call.scope)
        form = call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, form.get("flow"))
        except FlowGone as gone:
            return self.gone(call, gone)
        assert browser is not None  # noqa: S101 - a flow belongs to a known browser
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        chosen = _chosen(form, browser, flow)
        await self._sessions.choose(flow, chosen.session_id if chosen else None)
        if chosen is None:
            return redirect_reply(step_path(tenant, "/signin", flow))
        return redirect_reply(onward(tenant, flow))

    def gone(self, call: Call, gone: FlowGone) -> ASGIApp:
        """The page that says that a page is over, and offers to start again where that is safe."""
        tenant = tenant_of(call.scope)
        restart = tenant.base + gone.flow.restart_path if gone.flow else None
        order = PageOrder(path=str(call.scope["path"]), status=410)
        values = {"reason": gone.reason, "restart_url": restart}
        return self._pages.page(call, "expired.html", values, order)


def _sign_up_url(tenant: Tenant, flow: Flow) -> str | None:
    """Where people make an account of their own; None where the organization does that."""
    for_people = flow.account_kind == AccountKind.CONSTITUENT
    return step_path(tenant, "/signup", flow) if for_people and tenant.org.policy.sign_up else None


def _chosen(form: Parameters, browser: Browser, flow: Flow) -> Session | None:
    text = form.get("session") or ""
    if not (text.isascii() and text.isdigit()):
        return None
    known = browser.of_kind(flow.account_kind)
    return next((each for each in known if str(each.session_id) == text), None)


def _person(session: Session) -> dict[str, str | None]:
    return {
        "name": session.name,
        "email": session.email,
        "username": session.username,
    }


def _leading_to(path: str, kind: AccountKind, restart_path: str | None = None) -> NewFlow:
    return NewFlow(
        continue_path=path,
        restart_path=restart_path or path,
        cancel_path=None,
        account_kind=kind,
        app_name=None,
        form_target=None,
        login_hint=None,
        ui_locales=None,
    )


def order_of(flow: Flow, path: str, status: int) -> PageOrder:
    """A page of ``flow``: its forms are this browser's, and may lead where the flow ends."""
    return PageOrder(
        path=path,
        query=(("flow", flow.handle),),
        owner_id=flow.browser_id,
        status=status,
        form_targets=(flow.form_target,) if flow.form_target else (),
        ui_locales=flow.ui_locales,
    )
