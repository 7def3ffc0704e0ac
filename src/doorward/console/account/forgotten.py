"""A forgotten password: asking for a letter, following its link, choosing a new one."""

from __future__ import annotations

from doorward.accounts import Account, BadAccount, Busy, WeakPassword
from doorward.console.account.new_password import (
    DIFFERENT,
    PasswordProblem,
    guide_for,
    problem_about,
)
from doorward.console.account.public import PublicFrame, Visit
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.recovery import LinkGone, NewPassword, Recovery
from doorward.sessions import visitor_of

__all__ = ["ForgottenPages"]

_PATH = "/forgot"
_NO_ADDRESS = message("Write the email address of your account, like name@example.org.")


class ForgottenPages:
    """``/forgot``, ``/forgot/sent``, ``/reset`` and ``/reset/done``.

    Whether there is an account, only a letter tells. A new password signs nobody in: whatever a
    sign-in asks for, it asks for afterwards, too.
    """

    def __init__(self, *, recovery: Recovery, frame: PublicFrame) -> None:
        """Change passwords with ``recovery``."""
        self._recovery = recovery
        self._frame = frame

    async def show(self, call: Call) -> ASGIApp:
        """``GET /forgot``: the form."""
        visit = await self._frame.open(call)
        hint = visit.flow.login_hint if visit.flow else None
        return self._form(call, visit, hint if hint and "@" in hint else "")

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST /forgot``: one answer for every address."""
        visit, form = await self._frame.posted(call)
        address = (form.get("email") or "").strip()
        if not self._recovery.sends_mail:
            return self._form(call, visit, address)
        try:
            await self._recovery.passwords.ask(
                visit.tenant, visit.kind, address, self._frame.asker(call, visit)
            )
        except BadAccount:
            return self._form(call, visit, address, PasswordProblem(_NO_ADDRESS, "email"))
        return self._frame.to(visit, "/forgot/sent")

    async def sent(self, call: Call) -> ASGIApp:
        """``GET /forgot/sent``: what comes next."""
        visit = await self._frame.open(call)
        values = {"again_url": visit.url(_PATH)}
        return self._frame.page(call, visit, "forgot_sent.html", values)

    async def opened(self, call: Call) -> ASGIApp:
        """``GET /reset``: the form of a link. Opening it changes nothing."""
        visit = await self._frame.open(call)
        code = call.query().get("code") or ""
        try:
            account = await self._frame.follow(
                call, lambda: self._recovery.passwords.find(visit.tenant, code)
            )
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        return self._new(call, visit, (account, code))

    async def reset(self, call: Call) -> Reply | ASGIApp:
        """``POST /reset``: keep the new password."""
        visit, form = await self._frame.posted(call)
        code, password = form.get("code") or "", form.get("password") or ""
        passwords = self._recovery.passwords
        try:
            account = await self._frame.follow(call, lambda: passwords.find(visit.tenant, code))
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        opened = account, code
        if password != (form.get("again") or ""):
            return self._new(call, visit, opened, DIFFERENT)
        wanted = NewPassword(Secret(password), keep_sign_ins=form.get("others") != "yes")
        by = visitor_of(call).as_actor(account.account_id)
        try:
            await passwords.reset(visit.tenant, code, wanted, by)
        except LinkGone:
            return self._frame.gone(call, visit, _PATH)
        except (WeakPassword, Busy) as refusal:
            return self._new(call, visit, opened, problem_about(refusal), form.get("others"))
        return self._frame.to(visit, "/reset/done")

    async def done(self, call: Call) -> ASGIApp:
        """``GET /reset/done``: the way to the sign-in."""
        visit = await self._frame.open(call)
        return self._frame.page(call, visit, "reset_done.html", {})

    def _form(
        self, call: Call, visit: Visit, address: str, problem: PasswordProblem | None = None
    ) -> ASGIApp:
        values = {
            "address": address,
            "problem": problem,
            "sends_mail": self._recovery.sends_mail,
            "kind": visit.kind,
        }
        status = 200 if problem is None else problem.status
        return self._frame.page(call, visit, "forgot.html", values, status=status)

    def _new(
        self,
        call: Call,
        visit: Visit,
        opened: tuple[Account, str],
        problem: PasswordProblem | None = None,
        others: str | None = "yes",
    ) -> ASGIApp:
        account, code = opened
        values = {
            "account": {
                "name": account.name,
                "email": account.email,
                "username": account.username,
            },
            "code": code,
            "problem": problem,
            "guide": guide_for(account, visit.tenant.org),
            "others": others == "yes",
        }
        status = 200 if problem is None else problem.status
        asked = (("code", code),)
        return self._frame.page(call, visit, "reset.html", values, status=status, query=asked)
