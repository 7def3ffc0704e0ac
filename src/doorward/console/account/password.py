"""A person's own password: the current one and a new one."""

from __future__ import annotations

from doorward.accounts import Account, Accounts, Busy, WeakPassword
from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.new_password import (
    DIFFERENT,
    PasswordProblem,
    guide_for,
    problem_about,
)
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import render_session_cookie, tenant_of
from doorward.recovery import NewPassword, Recovery, WrongPassword
from doorward.sessions import Sessions, visitor_of

__all__ = ["PasswordPage", "lead_to_password_page"]

_PATH = "/account/password"
_NOTICES = {"changed": message("Your password is changed.")}
_WRONG = message("This is not your current password.")


class PasswordPage:
    """``/account/password``."""

    def __init__(
        self, *, recovery: Recovery, accounts: Accounts, sessions: Sessions, frame: AccountFrame
    ) -> None:
        """Change the password with ``recovery`` for whoever ``frame`` lets in.

        ``sessions`` keep the sign-in in which it was changed.
        """
        self._recovery = recovery
        self._accounts = accounts
        self._sessions = sessions
        self._frame = frame

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: the form."""
        return await self._frame.signed_in(call, self._show)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST``: keep the new password, or say what is wrong."""
        return await self._frame.signed_in(call, self._change)

    async def _show(self, call: Call, person: Person) -> Reply | ASGIApp:
        again = await self._prove_more(person)
        if again is not None:
            return again
        return self._page(call, person, await self._accounts.get(*person.whose), [])

    async def _prove_more(self, person: Person) -> Reply | None:
        """Who came in by more than a password proves more than the password here, too.

        Else the current password alone would make all that this sign-in proved look new.
        """
        if person.session.methods == ("pwd",):
            return None
        return await self._frame.require_recent(person, way_back=_PATH)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        again = await self._prove_more(person)
        if again is not None:
            return again
        account = await self._accounts.get(*person.whose)
        password = form.get("password") or ""
        if password != (form.get("again") or ""):
            return self._page(call, person, account, [DIFFERENT])
        wanted = NewPassword(Secret(password), keep_sign_ins=form.get("others") != "yes")
        visitor = visitor_of(call)
        by = visitor.as_actor(account.account_id)
        passwords, current = self._recovery.passwords, Secret(form.get("current") or "")
        try:
            account = await passwords.verify_current(
                account, current, self._sessions.known.doorway(call)
            )
            changed = await passwords.change(person.tenant, account, wanted, by)
        except WrongPassword:
            return self._page(call, person, account, [PasswordProblem(_WRONG, "current")])
        except (WeakPassword, Busy) as refusal:
            return self._page(call, person, account, [problem_about(refusal)])
        # This sign-in goes on, under another cookie: both passwords were known here.
        _, cookie = await self._sessions.sign_in(
            person.tenant.org, person.browser, changed, visitor, methods=person.session.methods
        )
        return redirect_reply(
            f"{person.tenant.base}{_PATH}?done=changed",
            cookies=(render_session_cookie(person.tenant, cookie.reveal()),),
        )

    def _page(
        self, call: Call, person: Person, account: Account, problems: list[PasswordProblem]
    ) -> ASGIApp:
        values: dict[str, object] = {
            "username": account.username,
            "has_password": account.password_changed_at is not None,
            "changed_at": account.password_changed_at,
            "guide": guide_for(account, person.tenant.org),
            "problems": problems,
            "problem": problems[0] if problems else None,
            "notices": _NOTICES,
        }
        return self._frame.page(call, person, "account_password.html", _PATH, values)


async def lead_to_password_page(call: Call) -> Reply:
    """``GET /.well-known/change-password``: where password managers send people (W3C)."""
    return redirect_reply(f"{tenant_of(call.scope).base}{_PATH}")
