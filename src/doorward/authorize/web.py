"""The authorization endpoint and the consent page.

Without a ``ReturnAddress`` every answer is a page. With one, errors go back to the application.
What is under way is a flow in the database: the browser carries only its handle.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from doorward.authorize.answers import Answers
from doorward.authorize.consent_page import consent_values
from doorward.authorize.front import OAUTH_PATH, Front, Fronts
from doorward.authorize.service import (
    Authorizations,
    BadReturnAddress,
    Caller,
    ClientNotLive,
    ConsentGone,
    UnknownClient,
)
from doorward.authorize.step import Step, staff_refusal
from doorward.clients import Application
from doorward.consents import Consent
from doorward.http import ASGIApp, Call, Mishap, Reply, redirect_reply
from doorward.orgs import (
    PageOrder,
    Tenant,
    TenantPages,
    render_session_cookie,
    session_cookie,
    tenant_of,
)
from doorward.protocol import (
    AskConsent,
    Decision,
    ErrorCode,
    Issue,
    OAuthError,
    PickAccount,
    Prompt,
    SignIn,
    SignUp,
    code_fields,
    parse_form,
)
from doorward.scopes import Scopes
from doorward.sessions import (
    UNREVIEWED,
    Browser,
    Flow,
    FlowGone,
    NewFlow,
    Session,
    Sessions,
    SignInPages,
    visitor_of,
)

__all__ = ["AuthorizePages"]

_Act: TypeAlias = "Callable[[Call, Step], Awaitable[Reply | ASGIApp]]"

_CONTINUE = f"{OAUTH_PATH}/continue"
_CANCEL = f"{OAUTH_PATH}/cancel"
_STAFF = f"{OAUTH_PATH}/staff"
_MAX_QUERY = 16 * 1024
_TICKS = frozenset({"scope"})


class AuthorizePages:
    """``/oauth2/auth`` and what follows it, up to the redirect back."""

    def __init__(
        self,
        *,
        authorizations: Authorizations,
        sessions: Sessions,
        scopes: Scopes,
        pages: TenantPages,
        sign_in: SignInPages,
        fronts: Sequence[Front] = (),
    ) -> None:
        """Serve ``authorizations``; ``sign_in`` shows what is common to all flows.

        Besides ``/oauth2/auth`` an authorization may begin at each of ``fronts``.
        """
        self._fronts = Fronts(fronts)
        self._answers = Answers(pages)
        self._authorizations = authorizations
        self._sessions = sessions
        self._scopes = scopes
        self._pages = pages
        self._sign_in = sign_in

    async def begin(self, call: Call) -> Reply | ASGIApp:
        """``GET`` of a front: answer at once if nobody has to be asked, else open a flow."""
        query = bytes(call.scope["query_string"])
        browser = await self._browser(call)
        read = await self._read(call, call.scope["path"], query, browser, None)
        return await self._go_on(call, read) if isinstance(read, Step) else read

    async def begin_by_post(self, call: Call) -> Reply | ASGIApp:
        """``POST`` of a front: the same, by way of GET.

        The form comes from the application's site, without our cookies; the browser brings them
        to the address that it is sent on to (OpenID Connect Core 3.1.2.1).
        """
        try:
            call.form()
        except OAuthError as error:
            return self._answers.unreadable(call, error)
        if len(call.body) > _MAX_QUERY:
            return self._pages.mishap(call, Mishap.TOO_LARGE)
        query = urlencode(parse_qsl(call.body.decode("utf-8"), keep_blank_values=True))
        return redirect_reply(f"{tenant_of(call.scope).base}{call.scope['path']}?{query}")

    async def resume(self, call: Call) -> Reply | ASGIApp:
        """``GET /oauth2/auth/continue``: look again at a flow after a page."""
        return await self._in_flow(call, call.query().get("flow"), self._go_on)

    async def cancel(self, call: Call) -> Reply | ASGIApp:
        """``GET /oauth2/auth/cancel``: the person goes back without signing in."""
        return await self._in_flow(call, call.query().get("flow"), self._deny)

    async def ask(self, call: Call) -> Reply | ASGIApp:
        """``GET /consent``: the consent page of a flow."""
        return await self._in_flow(call, call.query().get("flow"), self._show_consent)

    async def answer(self, call: Call) -> Reply | ASGIApp:
        """``POST /consent``: allow or deny. The form carries the flow, the decision, and ticks."""
        form = call.form(several=_TICKS)
        browser = await self._browser(call)
        if browser is not None and "flow" in form:
            self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        decision = form.get("decision")
        if decision == "deny":
            return await self._in_flow(call, form.get("flow"), self._deny)
        if decision == "allow":
            return await self._in_flow(call, form.get("flow"), self._allow)
        return self._pages.mishap(call, Mishap.BAD_REQUEST)

    async def staff(self, call: Call) -> Reply | ASGIApp:
        """``GET /oauth2/auth/staff``: this sign-in is not for staff, and the way out."""
        return await self._in_flow(call, call.query().get("flow"), self._show_staff)

    async def leave_staff(self, call: Call) -> Reply | ASGIApp:
        """``POST /oauth2/auth/staff``: end the sign-ins of staff here and go on, or go back."""
        form = call.form()
        browser = await self._browser(call)
        if browser is not None and "flow" in form:
            self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        leaving = form.get("decision") == "sign_out"
        act = self._leave_staff if leaving else self._refuse_staff
        return await self._in_flow(call, form.get("flow"), act)

    # Steps

    async def _browser(self, call: Call) -> Browser | None:
        return await self._sessions.find_browser(tenant_of(call.scope).org, session_cookie(call))

    async def _in_flow(self, call: Call, handle: str | None, act: _Act) -> Reply | ASGIApp:
        browser = await self._browser(call)
        tenant = tenant_of(call.scope)
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, handle)
            path, _, query = flow.restart_path.partition("?")
            read = await self._read(call, path, query.encode("ascii"), browser, flow)
            if not isinstance(read, Step):
                return read
            return await act(call, read)
        except FlowGone as gone:
            return self._sign_in.gone(call, gone)

    async def _read(
        self, call: Call, path: str, query: bytes, browser: Browser | None, flow: Flow | None
    ) -> Step | Reply | ASGIApp:
        """Verify the caller, then the request: an error before the first is only ever a page."""
        tenant = tenant_of(call.scope)
        front = self._fronts.find(tenant.org, path)
        if front is None:
            return self._pages.mishap(call, Mishap.NOT_FOUND)
        try:
            params = parse_form(query)
        except OAuthError as error:
            return self._answers.unreadable(call, error)
        try:
            caller = await self._authorizations.verify_caller(tenant, params, front)
        except (UnknownClient, ClientNotLive) as refused:
            unknown = isinstance(refused, UnknownClient)
            mishap = Mishap.UNKNOWN_APPLICATION if unknown else Mishap.APPLICATION_NOT_LIVE
            return self._pages.mishap(call, mishap)
        except BadReturnAddress as bad:
            return self._answers.bad_address(call, front, params, bad)
        try:
            asked = await self._authorizations.parse_request(tenant, caller)
        except OAuthError as error:
            return self._refuse(call, caller, error)
        return Step(asked, browser, flow)

    async def _decide(
        self, call: Call, step: Step, *, ticked: frozenset[str] | None = None
    ) -> tuple[Decision, Consent | None] | Reply | ASGIApp:
        if step.staff:
            if Prompt.NONE in step.asked.request.prompts:
                return self._refuse(call, step.caller, staff_refusal(step))
            return await self._to_page(call, step, _STAFF)
        try:
            return await self._authorizations.decide(
                tenant_of(call.scope), step.asked, step.browser, step.flow, ticked=ticked
            )
        except OAuthError as error:
            return self._refuse(call, step.caller, error)
        except ClientNotLive:
            return self._pages.mishap(call, Mishap.APPLICATION_NOT_LIVE)

    async def _go_on(self, call: Call, step: Step) -> Reply | ASGIApp:
        decided = await self._decide(call, step)
        if not isinstance(decided, tuple):
            return decided
        decision, consent = decided
        match decision:
            case Issue():
                return await self._issue(call, step, decision, consent)
            case SignIn():
                again = decision.again.session_id if decision.again else None
                return await self._to_page(
                    call, step, "/signin", again=again, by_two=decision.by_two
                )
            case SignUp():
                return await self._to_page(call, step, "/signup")
            case PickAccount():
                return await self._to_page(call, step, "/signin/accounts")
            case AskConsent():
                return await self._to_page(
                    call, step, "/consent", chosen=decision.session.session_id
                )

    async def _issue(
        self, call: Call, step: Step, decision: Issue, consent: Consent | None
    ) -> Reply | ASGIApp:
        try:
            code = await self._authorizations.issue(
                tenant_of(call.scope),
                step.asked,
                decision,
                consent=consent,
                flow=step.flow,
                visitor=visitor_of(call),
            )
        except ConsentGone:
            return await self._go_on(call, step)
        fields = code_fields(step.caller.address, code.reveal(), step.asked.echo(decision))
        return self._answers.send(call, step.caller, fields)

    async def _to_page(
        self,
        call: Call,
        step: Step,
        path: str,
        *,
        again: int | None = None,
        by_two: bool = False,
        chosen: int | None = None,
    ) -> Reply:
        tenant = tenant_of(call.scope)
        cookies: tuple[str, ...] = ()
        flow = step.flow
        if flow is None:
            new = _flow_for(call, step)
            flow, cookie = await self._sessions.open_flow_anywhere(tenant.org, step.browser, new)
            cookies = () if cookie is None else (render_session_cookie(tenant, cookie.reveal()),)
        if again is not None:
            await self._sessions.ask_again(flow, again)
        if by_two:
            await self._sessions.ask_for_two(flow)
        if chosen is not None and flow.chosen_session_id != chosen:
            # The page names a person: only that person's answer to it counts.
            await self._sessions.choose(flow, chosen)
        return redirect_reply(_flow_url(tenant, path, flow), cookies=cookies)

    async def _show_consent(self, call: Call, step: Step) -> Reply | ASGIApp:
        decided = await self._decide(call, step)
        if not isinstance(decided, tuple):
            return decided
        decision, _ = decided
        if not isinstance(decision, AskConsent) or step.flow is None or step.browser is None:
            return await self._go_on(call, step)
        session = step.browser.find(decision.session.session_id)
        if session is None or step.flow.chosen_session_id != session.session_id:
            return await self._go_on(call, step)
        tenant = tenant_of(call.scope)
        catalogue = await self._scopes.catalogue(tenant.org_id)
        flow = step.flow
        locale = self._pages.locale_of(call, step.asked.request.ui_locales)
        values = consent_values(tenant, step.caller, decision, session, catalogue, locale)
        values["flow"] = flow.handle
        values["switch_url"] = _flow_url(tenant, "/signin/accounts", flow)
        order = PageOrder(
            path="/consent",
            query=(("flow", flow.handle),),
            owner_id=flow.browser_id,
            form_targets=(step.caller.address.redirect_uri,),
            ui_locales=step.asked.request.ui_locales,
        )
        return self._pages.page(call, "consent.html", values, order)

    async def _allow(self, call: Call, step: Step) -> Reply | ASGIApp:
        # The consent page pins the person it is about; without one nobody has seen it.
        pinned = step.flow is not None and step.flow.chosen_session_id is not None
        ticked = frozenset(call.form(several=_TICKS).every("scope")) if pinned else None
        decided = await self._decide(call, step, ticked=ticked)
        if not isinstance(decided, tuple):
            return decided
        decision, _ = decided
        if pinned and isinstance(decision, Issue):
            return await self._issue(call, step, decision, None)
        return await self._go_on(call, step)

    async def _deny(self, call: Call, step: Step) -> Reply | ASGIApp:
        error = OAuthError(ErrorCode.ACCESS_DENIED, "The person did not allow the access.")
        return await self._give_up(call, step, error)

    async def _show_staff(self, call: Call, step: Step) -> Reply | ASGIApp:
        flow = step.flow
        if not step.staff or flow is None:
            return await self._go_on(call, step)
        values = {
            "app_name": _find_name(step.caller.application, step.staff),
            "refusal": step.caller.terms.staff_refusal,
            "people": [_person(each) for each in step.staff],
            "flow": flow.handle,
        }
        order = PageOrder(
            path=_STAFF,
            query=(("flow", flow.handle),),
            owner_id=flow.browser_id,
            status=403,
            form_targets=(step.caller.address.redirect_uri,),
            ui_locales=step.asked.request.ui_locales,
        )
        return self._pages.page(call, "staff_here.html", values, order)

    async def _leave_staff(self, call: Call, step: Step) -> Reply | ASGIApp:
        tenant = tenant_of(call.scope)
        for each in step.staff:
            by = visitor_of(call).as_actor(each.account_id)
            await self._sessions.end(tenant.org_id, each.session_id, by)
        assert step.flow is not None  # noqa: S101 - only reached through a flow
        return redirect_reply(_flow_url(tenant, _CONTINUE, step.flow))

    async def _refuse_staff(self, call: Call, step: Step) -> Reply | ASGIApp:
        if not step.staff:
            return await self._deny(call, step)
        return await self._give_up(call, step, staff_refusal(step))

    def _refuse(self, call: Call, caller: Caller, error: OAuthError) -> Reply | ASGIApp:
        self._authorizations.note_refusal(tenant_of(call.scope), caller, error)
        return self._answers.refuse(call, caller, error)

    async def _give_up(self, call: Call, step: Step, error: OAuthError) -> Reply | ASGIApp:
        assert step.flow is not None  # noqa: S101 - only reached through a flow
        await self._authorizations.refuse(step.flow)
        return self._refuse(call, step.caller, error)


def _person(session: Session) -> dict[str, str | None]:
    return {"name": session.name, "email": session.email, "username": session.username}


def _flow_for(call: Call, step: Step) -> NewFlow:
    """What the flow of an authorization request that has none yet is to know."""
    application, browser = step.caller.application, step.browser
    query = quote(bytes(call.scope["query_string"]), safe="!$&'()*+,;=:@/?%-._~")
    return NewFlow(
        continue_path=_CONTINUE,
        restart_path=f"{call.scope['path']}?{query}",
        cancel_path=_CANCEL,
        account_kind=application.account_kind,
        app_name=_find_name(application, browser.sessions if browser else ()),
        form_target=step.caller.address.redirect_uri,
        login_hint=step.asked.request.login_hint,
        ui_locales=step.asked.request.ui_locales,
    )


def _flow_url(tenant: Tenant, path: str, flow: Flow) -> str:
    return f"{tenant.base}{path}?{urlencode({'flow': flow.handle})}"


def _find_name(application: Application, known: Iterable[Session]) -> str:
    """The name to show to whoever is ``known`` here: of one under test, to those who may try it."""
    may_try = any(application.may_be_used_by(each.account_id) for each in known)
    return application.name if application.is_live or may_try else UNREVIEWED
