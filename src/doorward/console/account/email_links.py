"""The links of letters about an address: proving it, confirming a new one, taking that back."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.accounts import Account
from doorward.audit import Actor
from doorward.console.account.public import PublicFrame, Visit
from doorward.http import ASGIApp, Call, Reply
from doorward.orgs import Tenant
from doorward.recovery import AddressTaken, Link, LinkGone, Purpose, Recovery
from doorward.sessions import visitor_of

__all__ = ["EmailLinkPage"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A link that was followed, and what it leads to."""

    link: Link
    account: Account
    code: str


class EmailLinkPage:
    """``/email/verify``, ``/email/confirm`` or ``/email/undo``, by the purpose of its links.

    No sign-in is asked for: that the letter arrived is the proof.
    """

    def __init__(self, purpose: Purpose, *, recovery: Recovery, frame: PublicFrame) -> None:
        """Follow links of ``purpose`` with ``recovery``."""
        self._purpose = purpose
        self._recovery = recovery
        self._frame = frame

    async def opened(self, call: Call) -> ASGIApp:
        """``GET``: what the link does. Opening it changes nothing."""
        visit = await self._frame.open(call)
        code = call.query().get("code") or ""
        try:
            link, account = await self._find(call, visit, code)
        except LinkGone:
            return self._frame.gone(call, visit, None)
        return self._page(call, visit, _Opened(link, account, code))

    async def act(self, call: Call) -> Reply | ASGIApp:
        """``POST``: do it."""
        visit, form = await self._frame.posted(call)
        code = form.get("code") or ""
        try:
            link, account = await self._find(call, visit, code)
        except LinkGone:
            return self._frame.gone(call, visit, None)
        try:
            by = visitor_of(call).as_actor(account.account_id)
            after = await self._do(visit.tenant, code, by)
        except LinkGone:
            return self._frame.gone(call, visit, None)
        except AddressTaken:
            return self._page(call, visit, _Opened(link, account, code), taken=True)
        values = {"purpose": self._purpose, "address": after.email}
        return self._frame.page(call, visit, "email_done.html", values)

    async def _find(self, call: Call, visit: Visit, code: str) -> tuple[Link, Account]:
        addresses = self._recovery.addresses
        return await self._frame.follow(
            call, lambda: addresses.find(visit.tenant, self._purpose, code)
        )

    async def _do(self, tenant: Tenant, code: str, by: Actor) -> Account:
        addresses = self._recovery.addresses
        if self._purpose is Purpose.UNDO:
            return await addresses.undo(tenant, code, by)
        return await addresses.confirm(tenant, self._purpose, code, by)

    def _page(self, call: Call, visit: Visit, opened: _Opened, *, taken: bool = False) -> ASGIApp:
        values = {
            "purpose": self._purpose,
            "address": opened.link.bound.address,
            "former": opened.account.email,
            "code": opened.code,
            "taken": taken,
        }
        asked = (("code", opened.code),)
        status = 409 if taken else 200
        return self._frame.page(call, visit, "email_link.html", values, status=status, query=asked)
