"""Signing up: the form, the page that waits for the letter, and the link of the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from doorward.accounts import AccountKind, BadAccount, Busy, WeakPassword
from doorward.console.account.new_password import (
    PasswordProblem,
    guide_of,
    problem_about,
)
from doorward.console.account.public import PublicFrame, Visit
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Organization
from doorward.protocol import Refusal
from doorward.recovery import (
    Link,
    LinkGone,
    Recovery,
    SignUpClosed,
    SignUpForm,
    TooSoon,
    WrongCode,
    WrongDomain,
    WrongPassword,
)
from doorward.sessions import SignInPages

__all__ = ["SignUpPages"]

_PATH = "/signup"
_SENT = "/signup/sent"
_WELCOME = "/account?done=welcome"
_SECOND = 1_000_000
_NO_NAME = message("Write your name.")
_LONG_NAME = message("A name is one line of up to 200 visible characters.")
_NO_ADDRESS = message("Write your email address, like name@example.org.")
_OTHER_DOMAIN = message("Use an email address of one of these domains: {domains}")
_WRONG_CODE = message("The code is not right. Look at the newest letter, or use its link.")
_WRONG_PASSWORD = message("This is not the password that was chosen when signing up.")
_TOO_SOON = message("A letter was sent a moment ago. Another can be sent a minute after it.")
_WAITING_PROBLEMS: Mapping[type[Refusal], PasswordProblem] = {
    WrongCode: PasswordProblem(_WRONG_CODE, "code"),
    TooSoon: PasswordProblem(_TOO_SOON, None, status=429),
}


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stays in the form."""

    email: str = ""
    name: str = ""


class SignUpPages:
    """``/signup``, ``/signup/sent`` and ``/signup/confirm``.

    Nothing here tells whether an address has an account: only the letter does.
    """

    def __init__(self, *, recovery: Recovery, frame: PublicFrame, sign_in: SignInPages) -> None:
        """Make accounts with ``recovery``, and go on as after a sign-in by ``sign_in``."""
        self._recovery = recovery
        self._frame = frame
        self._sign_in = sign_in

    async def show(self, call: Call) -> ASGIApp:
        """``GET /signup``: the form."""
        visit = await self._frame.open(call)
        if not self._is_open(visit):
            return self._closed(call, visit)
        hint = visit.flow.login_hint if visit.flow else None
        return self._form(call, visit, _Typed(email=hint if hint and "@" in hint else ""))

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST /signup``: send the letter, or say what is wrong with what was typed."""
        visit, form = await self._frame.posted(call)
        if not self._is_open(visit):
            return self._closed(call, visit)
        typed = _Typed((form.get("email") or "").strip(), (form.get("name") or "").strip())
        if not typed.name:
            return self._form(call, visit, typed, PasswordProblem(_NO_NAME, "name"))
        password = Secret(form.get("password") or "")
        wanted = SignUpForm(typed.email, typed.name, password)
        try:
            asker = self._frame.asker(call, visit)
            await self._recovery.sign_ups.begin(visit.tenant, wanted, asker)
        except SignUpClosed:
            return self._closed(call, visit)
        except Refusal as refusal:
            problem = _problem(refusal, visit.tenant.org)
            if problem is None:
                raise
            return self._form(call, visit, typed, problem)
        return self._frame.to(visit, _SENT)

    async def sent(self, call: Call) -> ASGIApp:
        """``GET /signup/sent``: what comes next, and the field for the code."""
        visit = await self._frame.open(call)
        try:
            link = await self._recovery.sign_ups.waiting(visit.tenant, visit.browser.browser_id)
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        return self._waiting(call, visit, link)

    async def answer(self, call: Call) -> Reply | ASGIApp:
        """``POST /signup/sent``: the code was typed, or another letter is wanted."""
        visit, form = await self._frame.posted(call)
        sign_ups, here = self._recovery.sign_ups, visit.browser.browser_id
        try:
            link = await sign_ups.waiting(visit.tenant, here)
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        try:
            if form.get("part") == "resend":
                await sign_ups.resend(visit.tenant, self._frame.asker(call, visit))
                return self._frame.to(visit, _SENT, ("done", "sent"))
            account = await sign_ups.confirm_by_code(
                visit.tenant, here, form.get("code") or "", self._frame.stranger(call)
            )
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        except (WrongCode, TooSoon) as refusal:
            return self._waiting(call, visit, link, _WAITING_PROBLEMS[type(refusal)])
        return await self._sign_in.enter(call, visit.browser, account, visit.flow, _WELCOME)

    async def opened(self, call: Call) -> ASGIApp:
        """``GET /signup/confirm``: whose account it will be. Opening the link changes nothing."""
        visit = await self._frame.open(call)
        code = call.query().get("code") or ""
        try:
            link = await self._frame.follow(
                call, lambda: self._recovery.sign_ups.find(visit.tenant, code)
            )
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        return self._confirm(call, visit, (link, code))

    async def confirm(self, call: Call) -> Reply | ASGIApp:
        """``POST /signup/confirm``: make the account, and go on where the sign-up began."""
        visit, form = await self._frame.posted(call)
        code, typed = form.get("code") or "", form.get("password")
        sign_ups = self._recovery.sign_ups
        try:
            link = await self._frame.follow(call, lambda: sign_ups.find(visit.tenant, code))
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        try:
            account = await sign_ups.confirm(
                visit.tenant,
                code,
                self._frame.stranger(call),
                browser_id=visit.browser.browser_id,
                password=None if typed is None else Secret(typed),
            )
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        except WrongPassword:
            return self._confirm(call, visit, (link, code), PasswordProblem(_WRONG_PASSWORD))
        except Busy as busy:
            return self._confirm(call, visit, (link, code), problem_about(busy))
        return await self._sign_in.enter(call, visit.browser, account, visit.flow, _WELCOME)

    def _is_open(self, visit: Visit) -> bool:
        constituents = visit.kind is AccountKind.CONSTITUENT
        allowed = visit.tenant.org.policy.sign_up
        return constituents and allowed and self._recovery.sends_mail

    def _closed(self, call: Call, visit: Visit) -> ASGIApp:
        return self._frame.page(call, visit, "signup_closed.html", {}, status=403)

    def _form(
        self, call: Call, visit: Visit, typed: _Typed, problem: PasswordProblem | None = None
    ) -> ASGIApp:
        org = visit.tenant.org
        values = {
            "typed": typed,
            "problem": problem,
            "guide": guide_of(org),
            "domains": org.policy.sign_up_domains,
        }
        status = 200 if problem is None else problem.status
        return self._frame.page(call, visit, "signup.html", values, status=status)

    def _waiting(
        self, call: Call, visit: Visit, link: Link, problem: PasswordProblem | None = None
    ) -> ASGIApp:
        again = call.method != "POST" and call.query().get("done") == "sent"
        values = {
            "address": link.bound.address,
            "problem": problem,
            "wait_s": max(0, (link.resend_at() - self._recovery.clock()) // _SECOND),
            "sent_again": again,
            "change_url": visit.url(_PATH),
        }
        status = 200 if problem is None else problem.status
        return self._frame.page(call, visit, "signup_sent.html", values, status=status)

    def _confirm(
        self,
        call: Call,
        visit: Visit,
        opened: tuple[Link, str],
        problem: PasswordProblem | None = None,
    ) -> ASGIApp:
        link, code = opened
        values = {
            "address": link.bound.address,
            "name": link.bound.name,
            "code": code,
            "asks_password": link.browser_id != visit.browser.browser_id,
            "problem": problem,
        }
        status = 200 if problem is None else problem.status
        asked = (("code", code),)
        return self._frame.page(
            call, visit, "signup_confirm.html", values, status=status, query=asked
        )


def _problem(refusal: Refusal, org: Organization) -> PasswordProblem | None:
    """What is wrong with what was typed; None for what the form cannot cause."""
    match refusal:
        case WeakPassword() | Busy():
            return problem_about(refusal)
        case WrongDomain():
            given = {"domains": ", ".join(org.policy.sign_up_domains)}
            return PasswordProblem(_OTHER_DOMAIN, "email", given)
        case BadAccount():
            named = refusal.field == "name"
            return PasswordProblem(
                _LONG_NAME if named else _NO_ADDRESS, "name" if named else "email"
            )
    return None
