"""A person's own e-mail address: proving it, changing it, and a change that waits."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from doorward.accounts import Account, Accounts, BadAccount, is_email
from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.new_password import PasswordProblem
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import TenantPages
from doorward.protocol import Parameters, Refusal
from doorward.recovery import (
    AddressTaken,
    Asker,
    Link,
    LinkGone,
    Purpose,
    Recovery,
    SameAddress,
    TooSoon,
    WrongCode,
)
from doorward.sessions import visitor_of

__all__ = ["EmailPage"]

_PATH = "/account/email"
_SECOND = 1_000_000
_NOTICES = {
    "asked": message("A letter with a code is on its way."),
    "confirmed": message("Your email address is confirmed."),
    "cancelled": message("The change is cancelled. Your address stays as it is."),
}
_PROBLEMS: Mapping[type[Refusal], PasswordProblem] = {
    BadAccount: PasswordProblem(message("Write an email address, like name@example.org."), "email"),
    SameAddress: PasswordProblem(message("This is the address that you have already."), "email"),
    WrongCode: PasswordProblem(
        message("The code is not right. Look at the newest letter, or use its link."), "code"
    ),
    TooSoon: PasswordProblem(
        message("A letter was sent a moment ago. Another can be sent a minute after it."), None
    ),
    LinkGone: PasswordProblem(
        message("The code is not valid any more. Ask for another letter."), None
    ),
    AddressTaken: PasswordProblem(
        message("Another account has this address now. Choose another address."), None
    ),
}
"""What the page says to each refusal that it can bring about."""


class EmailPage:
    """``/account/email``."""

    def __init__(
        self,
        *,
        recovery: Recovery,
        accounts: Accounts,
        frame: AccountFrame,
        pages: TenantPages,
    ) -> None:
        """Change the address with ``recovery`` for whoever ``frame`` lets in."""
        self._recovery = recovery
        self._accounts = accounts
        self._frame = frame
        self._pages = pages

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: the address, and what waits."""
        return await self._frame.signed_in(call, self._show)

    async def act(self, call: Call) -> Reply | ASGIApp:
        """``POST``: one of the forms."""
        return await self._frame.signed_in(call, self._act)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        typed = call.query().get("email") or ""
        return await self._page(call, person, typed if is_email(typed) else "", [])

    async def _act(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        if form.get("part") == "change":
            # Whoever finds a browser signed in must not be able to take the account over.
            again = await self._frame.require_recent(person, way_back=_way_back(form))
            if again is not None:
                return again
        asker = Asker(
            by=visitor_of(call).as_actor(person.session.account_id),
            locale=self._pages.locale_of(call),
            browser_id=person.browser.browser_id,
        )
        try:
            done = await self._perform(person, form, asker)
        except tuple(_PROBLEMS) as refusal:
            typed = form.get("email") or ""
            return await self._page(call, person, typed, [_PROBLEMS[type(refusal)]])
        return redirect_reply(f"{person.tenant.base}{_PATH}{done}")

    async def _perform(self, person: Person, form: Parameters, asker: Asker) -> str:
        """What the address says afterwards."""
        addresses, tenant = self._recovery.addresses, person.tenant
        account_id, code = person.session.account_id, form.get("code") or ""
        match form.get("part"):
            case "change":
                address = form.get("email") or ""
                await addresses.ask_to_change(tenant, account_id, address, asker)
            case "resend":
                await addresses.resend(tenant, account_id, asker)
            case "verify":
                await addresses.ask_to_verify(tenant, account_id, asker)
            case "cancel":
                await addresses.cancel(tenant, account_id, asker.by)
                return "?done=cancelled"
            case "code":
                purpose = Purpose.CHANGE if form.get("for") == "change" else Purpose.VERIFY
                await addresses.confirm_by_code(tenant, purpose, account_id, code, asker.by)
                return "?done=confirmed"
            case _:
                return ""
        return "?done=asked"

    async def _page(
        self, call: Call, person: Person, typed: str, problems: list[PasswordProblem]
    ) -> ASGIApp:
        account = await self._accounts.get(*person.whose)
        addresses, account_id = self._recovery.addresses, account.account_id
        change = await addresses.waiting(person.tenant, account_id)
        proof = await addresses.verifying(person.tenant, account_id)
        values: dict[str, object] = {
            "email": account.email,
            "verified": account.email_verified,
            "sends_mail": self._recovery.sends_mail,
            "typed": typed,
            "change": self._waiting(change),
            "proof": self._waiting(proof) if _is_of(proof, account) else None,
            "problems": problems,
            "notices": _NOTICES,
        }
        return self._frame.page(call, person, "account_email.html", _PATH, values)

    def _waiting(self, link: Link | None) -> dict[str, object] | None:
        if link is None:
            return None
        wait = max(0, (link.resend_at() - self._recovery.clock()) // _SECOND)
        return {"address": link.bound.address, "wait_s": wait}


def _way_back(form: Parameters) -> str:
    """This page with the address that was typed, for whoever has to prove more first."""
    typed = (form.get("email") or "").strip()
    return f"{_PATH}?{urlencode({'email': typed})}" if is_email(typed) else _PATH


def _is_of(link: Link | None, account: Account) -> bool:
    return link is not None and not account.email_verified and link.bound.address == account.email
