"""The second step of a sign-in: a code of an app, a recovery code, or setting an app up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from doorward.accounts import Account, Accounts, UnknownAccount
from doorward.brakes import Braked
from doorward.crypto import Secret
from doorward.factors import FEW_CODES, Factors, NothingPending, draw_qr, grouped, setup_uri
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.orgs import PageOrder, Tenant, TenantPages, session_cookie, tenant_of
from doorward.protocol import Parameters
from doorward.sessions.arrival import (
    SECOND_STEP_PATH,
    SETUP_PATH,
    Arrival,
    Arrived,
    step_path,
    visitor_of,
)
from doorward.sessions.model import Browser, Flow, FlowGone
from doorward.sessions.second_steps import PROVEN_FOR, SecondSteps
from doorward.sessions.service import Sessions
from doorward.sessions.web import SignInPages

__all__ = ["Proven", "SecondStepPages"]

_APP: Final = "app"
_CODE: Final = "code"
_STATUS: Final = {None: 200, "braked": 429}


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who has proved something in a flow, and is not signed in yet.

    ``ways`` are the kinds of second step that the account has set up.
    """

    tenant: Tenant
    browser: Browser
    flow: Flow
    account: Account
    ways: tuple[str, ...]

    @property
    def order(self) -> PageOrder:
        """What is common to the pages of this step."""
        return PageOrder(
            path=SECOND_STEP_PATH,
            query=(("flow", self.flow.handle),),
            owner_id=self.browser.browser_id,
            form_targets=(self.flow.form_target,) if self.flow.form_target else (),
            ui_locales=self.flow.ui_locales,
        )

    @property
    def person(self) -> dict[str, str | None]:
        """Whose step it is, for a page."""
        account = self.account
        return {"name": account.name, "email": account.email, "username": account.username}


class SecondStepPages:
    """``/signin/second`` and below. Nobody is here without a proof of the first step."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        factors: Factors,
        second_steps: SecondSteps,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Prove by ``factors``; ``sign_in`` shows what is common to all flows."""
        self._sessions = sessions
        self._accounts = accounts
        self._factors = factors
        self._second_steps = second_steps
        self._sign_in = sign_in
        self._pages = pages
        self._elsewhere: dict[str, str] = {}

    @property
    def arrival(self) -> Arrival:
        """The way to a session."""
        return self._sign_in.arrival

    def offer(self, name: str, path: str) -> None:
        """Have the kind of second step ``name`` asked at a page of its own."""
        self._elsewhere[name] = path

    async def find_proven(self, call: Call, handle: str | None) -> Proven | Reply | ASGIApp:
        """Who has proved the first step in the flow ``handle``; else the step to begin with."""
        tenant = tenant_of(call.scope)
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, handle)
        except FlowGone as gone:
            return self._sign_in.gone(call, gone)
        assert browser is not None  # noqa: S101 - a flow belongs to a known browser
        account = await self._find_account(flow)
        if account is None:
            return redirect_reply(step_path(tenant, "/signin", flow))
        ways = await self._second_steps.list_of(tenant.org_id, account.account_id)
        return Proven(tenant, browser, flow, account, ways)

    async def find_posted(self, call: Call, form: Parameters) -> Proven | Reply | ASGIApp:
        """The same for a form of theirs. Raises ``ForgedRequest``."""
        found = await self.find_proven(call, form.get("flow"))
        if isinstance(found, Proven):
            self._pages.verify_form(call, form.get("csrf"), owner_id=found.browser.browser_id)
        return found

    @staticmethod
    def list_others(found: Proven, way: str) -> list[dict[str, str]]:
        """The ways besides ``way``, for a page that lists them."""
        return [
            {
                "way": each,
                "url": step_path(found.tenant, SECOND_STEP_PATH, found.flow, way=each),
            }
            for each in (*found.ways, _CODE)
            if each != way
        ]

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /signin/second``: the first way that the person has, or the one they asked for."""
        found = await self.find_proven(call, call.query().get("flow"))
        if not isinstance(found, Proven):
            return found
        if not found.ways:
            return redirect_reply(step_path(found.tenant, SETUP_PATH, found.flow))
        way = call.query().get("way") or found.ways[0]
        if way not in (*found.ways, _CODE):
            way = found.ways[0]
        if way in self._elsewhere:
            return redirect_reply(step_path(found.tenant, self._elsewhere[way], found.flow))
        return self._form(call, found, way)

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin/second``: one attempt with a code."""
        form = call.form()
        found = await self.find_posted(call, form)
        if not isinstance(found, Proven):
            return found
        way = form.get("way") or _APP
        if not found.ways or way not in (_CODE, *found.ways) or way in self._elsewhere:
            return redirect_reply(step_path(found.tenant, SECOND_STEP_PATH, found.flow))
        code = form.get("code")
        if not code:
            return self._form(call, found, way, error="empty")
        prove = self._recover if way == _CODE else self._prove
        try:
            return await prove(call, found, code)
        except Braked as braked:
            return self._form(call, found, way, error="braked", wait_s=braked.retry_after_s)

    async def show_setup(self, call: Call) -> Reply | ASGIApp:
        """``GET /signin/second/setup``: an app's key, for who has to have a second step."""
        found = await self.find_proven(call, call.query().get("flow"))
        if not isinstance(found, Proven):
            return found
        if found.ways:
            return redirect_reply(step_path(found.tenant, SECOND_STEP_PATH, found.flow))
        return await self._setup(call, found)

    async def set_up(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin/second/setup``: the code that proves the key, then the recovery codes."""
        form = call.form()
        found = await self.find_posted(call, form)
        if not isinstance(found, Proven):
            return found
        if found.ways:
            # Meanwhile there is one: whoever comes now has to prove that.
            return redirect_reply(step_path(found.tenant, SECOND_STEP_PATH, found.flow))
        try:
            codes = await self._confirm(call, found, form.get("code") or "")
        except Braked as braked:
            return await self._setup(call, found, error="braked", wait_s=braked.retry_after_s)
        except NothingPending:
            return await self._setup(call, found, error="gone")
        if codes is None:
            error = "refused" if form.get("code") else "empty"
            return await self._setup(call, found, error=error)
        arrived = await self._arrive(call, found)
        values = {
            "codes": [each.reveal() for each in codes],
            "as_staff": found.account.kind == "system",
            "onward_url": arrived.onward,
        }
        # The form with the codes belongs to the new session.
        order = replace(found.order, owner_id=arrived.session_id, cookies=arrived.cookies)
        return self._pages.page(call, "signin_codes.html", values, order)

    # Parts

    async def _find_account(self, flow: Flow) -> Account | None:
        """Whose proof of the first step still counts."""
        account_id, proven_at = flow.proven_account_id, flow.proven_at
        if account_id is None or proven_at is None:
            return None
        if self._second_steps.clock() - proven_at > PROVEN_FOR:
            return None
        try:
            account = await self._accounts.get(flow.org_id, account_id)
        except UnknownAccount:
            return None
        if not account.is_active or (account.password_changed_at or 0) > proven_at:
            return None
        return account

    async def _prove(self, call: Call, found: Proven, code: str) -> Reply | ASGIApp:
        org_id, account_id = found.tenant.org_id, found.account.account_id
        if not await self._factors.verify_code(org_id, account_id, code):
            return self._form(call, found, _APP, error="refused")
        arrived = await self._arrive(call, found)
        return redirect_reply(arrived.onward, cookies=arrived.cookies)

    async def _confirm(
        self, call: Call, found: Proven, code: str
    ) -> tuple[Secret[str], ...] | None:
        if not code:
            return None
        account_id, browser_id = found.account.account_id, found.browser.browser_id
        by = visitor_of(call).as_actor(account_id)
        return await self._factors.confirm(found.tenant, account_id, browser_id, code, by)

    async def _recover(self, call: Call, found: Proven, code: str) -> Reply | ASGIApp:
        account_id = found.account.account_id
        by = visitor_of(call).as_actor(account_id)
        left = await self._factors.use_recovery_code(found.tenant, account_id, code, by)
        if left is None:
            return self._form(call, found, _CODE, error="refused")
        arrived = await self._arrive(call, found)
        staff = "?sign_in=staff" if found.account.kind == "system" else ""
        values = {
            "left": left,
            "few": left <= FEW_CODES,
            "onward_url": arrived.onward,
            "two_step_url": f"{found.tenant.base}/account/two-step{staff}",
        }
        order = replace(found.order, cookies=arrived.cookies)
        return self._pages.page(call, "signin_code_used.html", values, order)

    async def _arrive(self, call: Call, found: Proven) -> Arrived:
        methods = (*found.flow.proven_methods, "otp")
        return await self.arrival.arrive(call, found.browser, found.flow, found.account, methods)

    def _form(
        self,
        call: Call,
        found: Proven,
        way: str,
        *,
        error: str | None = None,
        wait_s: int | None = None,
    ) -> ASGIApp:
        tenant, flow = found.tenant, found.flow
        values = {
            "way": way,
            "person": found.person,
            "error": error,
            "wait_s": wait_s,
            "flow": flow.handle,
            "others": self.list_others(found, way),
            "start_url": step_path(tenant, "/signin", flow),
        }
        query = (("flow", flow.handle), ("way", way))
        status = _STATUS.get(error, 400)
        order = replace(found.order, query=query, status=status, retry_after_s=wait_s)
        return self._pages.page(call, "signin_second.html", values, order)

    async def _setup(
        self, call: Call, found: Proven, *, error: str | None = None, wait_s: int | None = None
    ) -> ASGIApp:
        org_id, account = found.tenant.org_id, found.account
        pending = await self._factors.begin(org_id, account.account_id, found.browser.browser_id)
        uri = setup_uri(pending.key, issuer=found.tenant.org.name, label=account.username)
        values = {
            "person": found.person,
            "app_name": found.flow.app_name,
            "error": error,
            "wait_s": wait_s,
            "flow": found.flow.handle,
            "qr": draw_qr(uri),
            "key": grouped(pending.key.reveal()).replace("-", " "),
            "start_url": step_path(found.tenant, "/signin", found.flow),
        }
        status = _STATUS.get(error, 400)
        order = replace(found.order, path=SETUP_PATH, status=status, retry_after_s=wait_s)
        return self._pages.page(call, "signin_setup.html", values, order)
