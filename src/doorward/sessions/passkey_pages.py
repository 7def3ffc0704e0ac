"""Signing in with a passkey, and the offer of one after a password."""

from __future__ import annotations

from dataclasses import replace

from doorward.accounts import Account, AccountKind, Accounts
from doorward.brakes import Braked
from doorward.factors import Factors
from doorward.http import ASGIApp, Call, Reply, json_reply, message, redirect_reply
from doorward.orgs import TenantPages, session_cookie, tenant_of
from doorward.passkeys import (
    Ceremony,
    NoPasskeysHere,
    Passkey,
    PasskeyRefused,
    Passkeys,
    PasskeysRefusal,
    Purpose,
)
from doorward.protocol import Parameters
from doorward.sessions.arrival import OFFER_PATH, Arrived, onward, visitor_of
from doorward.sessions.devices import name_device
from doorward.sessions.model import Browser, Flow, FlowGone
from doorward.sessions.service import Sessions
from doorward.sessions.web import SignInPages, order_of

__all__ = ["PasskeySignIn"]


class PasskeySignIn:
    """The pages under ``/signin/passkey``, by the rules of ``/signin``: a flow of this browser."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        passkeys: Passkeys,
        factors: Factors,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Believe ``passkeys``; go on as ``sign_in`` does.

        Who has no recovery codes of ``factors`` gets some with the first passkey.
        """
        self._sessions = sessions
        self._accounts = accounts
        self._passkeys = passkeys
        self._factors = factors
        self._sign_in = sign_in
        self._pages = pages

    async def options(self, call: Call) -> Reply:
        """``POST /signin/passkey/options``: what the script hands to the browser."""
        try:
            browser, flow, _ = await self._flow_of(call)
            return json_reply(
                await self._passkeys.begin_proof(
                    tenant_of(call.scope), _sign_in(browser, flow), address=call.client_address
                )
            )
        except (FlowGone, NoPasskeysHere) as refusal:
            return json_reply({"error": refusal.code}, status=refusal.status)

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin/passkey``: what a passkey answered."""
        tenant = tenant_of(call.scope)
        try:
            browser, flow, form = await self._flow_of(call)
        except FlowGone as gone:
            return self._sign_in.gone(call, gone)
        try:
            outcome = await self._passkeys.verify(
                tenant,
                _sign_in(browser, flow),
                form.get("credential") or "",
                kind=AccountKind(flow.account_kind),
                address=call.client_address,
            )
        except Braked as braked:
            return self._sign_in.refuse_passkey(call, browser, flow, braked.retry_after_s)
        if isinstance(outcome, PasskeyRefused):
            return self._sign_in.refuse_passkey(call, browser, flow)
        return await self._sign_in.arrival.proved(
            call, browser, flow, outcome.account, outcome.methods
        )

    # The offer

    async def offer(self, call: Call) -> Reply | ASGIApp:
        """``GET /signin/passkey/offer``: whether whoever just signed in wants a passkey."""
        tenant, query = tenant_of(call.scope), call.query()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        try:
            flow = await self._sessions.get_flow(tenant.org_id, browser, query.get("flow"))
        except FlowGone as gone:
            return self._sign_in.gone(call, gone)
        account = await self._just_signed_in(browser, flow)
        if account is None or not await self._passkeys.may_offer(tenant, account):
            return redirect_reply(onward(tenant, flow))
        return self._offer(call, flow, account, None)

    async def offer_options(self, call: Call) -> Reply:
        """``POST /signin/passkey/offer/options``: what the script hands to the browser."""
        try:
            browser, flow, _ = await self._flow_of(call)
            account = await self._just_signed_in(browser, flow)
            if account is None:
                raise FlowGone("used")
            return json_reply(
                await self._passkeys.begin_enrolment(
                    tenant_of(call.scope),
                    account,
                    browser.browser_id,
                    address=call.client_address,
                )
            )
        except (FlowGone, PasskeysRefusal) as refusal:
            return json_reply({"error": refusal.code}, status=refusal.status)

    async def answer_offer(self, call: Call) -> Reply | ASGIApp:
        """``POST /signin/passkey/offer``: a new passkey, or none for now."""
        tenant = tenant_of(call.scope)
        try:
            browser, flow, form = await self._flow_of(call)
        except FlowGone as gone:
            return self._sign_in.gone(call, gone)
        account = await self._just_signed_in(browser, flow)
        if account is not None and form.get("part") == "not_now":
            await self._passkeys.put_off(tenant.org_id, account.account_id)
        elif account is not None:
            try:
                made = await self._enrol(call, browser, account, form.get("credential") or "")
            except PasskeysRefusal as refusal:
                return self._offer(call, flow, account, refusal.sentence)
            methods = ("pwd", *made.methods)
            arrived = await self._sign_in.arrival.arrive(call, browser, flow, account, methods)
            return await self._codes(call, flow, account, arrived)
        return redirect_reply(onward(tenant, flow))

    async def _codes(
        self, call: Call, flow: Flow, account: Account, arrived: Arrived
    ) -> Reply | ASGIApp:
        """Recovery codes for who had none: the device may be lost, and the password needs it."""
        tenant = tenant_of(call.scope)
        standing = await self._factors.get_standing(tenant.org_id, account.account_id)
        if standing.codes_left or tenant.org.policy.second_step == "off":
            return redirect_reply(arrived.onward, cookies=arrived.cookies)
        by = visitor_of(call).as_actor(account.account_id)
        codes = await self._factors.make_codes(tenant, account.account_id, by)
        values = {
            "codes": [each.reveal() for each in codes],
            "as_staff": account.kind is AccountKind.SYSTEM,
            "onward_url": arrived.onward,
        }
        # The form with the codes belongs to the new session.
        order = replace(
            order_of(flow, OFFER_PATH, 200), owner_id=arrived.session_id, cookies=arrived.cookies
        )
        return self._pages.page(call, "signin_codes.html", values, order)

    async def _enrol(self, call: Call, browser: Browser, account: Account, answer: str) -> Passkey:
        return await self._passkeys.enrol(
            tenant_of(call.scope),
            Ceremony(Purpose.ENROL, browser.browser_id, account_id=account.account_id),
            answer,
            name=name_device(
                call.header(b"user-agent"),
                self._pages.locale_of(call),
                otherwise=message("Passkey"),
            ),
            by=visitor_of(call).as_actor(account.account_id),
        )

    def _offer(self, call: Call, flow: Flow, account: Account, problem: str | None) -> ASGIApp:
        values = {
            "flow": flow.handle,
            "account": {
                "name": account.name,
                "email": account.email,
                "username": account.username,
            },
            "problem": problem,
            "asked_after_password": tenant_of(call.scope).org.policy.second_step != "off",
        }
        status = 422 if problem else 200
        return self._pages.page(
            call, "passkey_offer.html", values, order_of(flow, OFFER_PATH, status)
        )

    async def _just_signed_in(self, browser: Browser | None, flow: Flow) -> Account | None:
        """Who signed in within this flow: nobody else's sign-in is recent enough for it."""
        session = browser.find(flow.chosen_session_id) if browser else None
        if session is None or session.auth_at < flow.created_at:
            return None
        if not self._sessions.is_fresh(session):
            return None
        return await self._accounts.get(flow.org_id, session.account_id)

    async def _flow_of(self, call: Call) -> tuple[Browser, Flow, Parameters]:
        """The flow that a form of this browser's belongs to.

        Raises ``FlowGone``, and ``ForgedRequest`` for a form that is not our own.
        """
        tenant, form = tenant_of(call.scope), call.form()
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        flow = await self._sessions.get_flow(tenant.org_id, browser, form.get("flow"))
        assert browser is not None  # noqa: S101 - a flow belongs to a known browser
        self._pages.verify_form(call, form.get("csrf"), owner_id=browser.browser_id)
        return browser, flow, form


def _sign_in(browser: Browser, flow: Flow) -> Ceremony:
    return Ceremony(Purpose.SIGN_IN, browser.browser_id, flow.flow_id)
