"""``/account/delete``: what deleting an account means, asking for it, and changing one's mind."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from doorward.accounts import STAFF_SIGN_IN, AccountKind, Accounts, login_key
from doorward.belongings import Deletion, Deletions, DeletionUnderWay, LastOfStaff, NoDeletion
from doorward.console.account.frame import AccountFrame, Person
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import PageOrder, TenantPages, tenant_of
from doorward.protocol import Refusal
from doorward.sessions import visitor_of, who_signs_in

__all__ = ["DeletionPages"]

_PATH: Final = "/account/delete"
_SCHEDULED: Final = "/account/delete/scheduled"
_DAY_S: Final = 86_400
_NOTICES: Final = {
    "kept": message("Your account is kept."),
    "asked": message("Your request is with the staff."),
}
_OTHER_NAME: Final = message("This is not your user name.")


class DeletionPages:
    """For constituents and staff alike; nobody's account but one's own."""

    def __init__(
        self, frame: AccountFrame, *, deletions: Deletions, accounts: Accounts, pages: TenantPages
    ) -> None:
        """Ask ``deletions`` for whoever ``frame`` lets in."""
        self._frame = frame
        self._deletions = deletions
        self._accounts = accounts
        self._pages = pages

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: what would go, or how far it is."""
        return await self._frame.signed_in_as(call, self._show, way_back=_address(call))

    async def act(self, call: Call) -> Reply | ASGIApp:
        """``POST``: ask for it, or keep the account."""
        return await self._frame.signed_in_as(call, self._act, way_back=_address(call))

    async def scheduled(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/delete/scheduled``: goodbye, and the way back; for anybody."""
        tenant = tenant_of(call.scope)
        query = dict([STAFF_SIGN_IN]) if who_signs_in(call) is AccountKind.SYSTEM else {}
        back = f"?{urlencode(query)}" if query else ""
        values: dict[str, object] = {
            "days": tenant.org.policy.deletion_grace_s // _DAY_S,
            "keep_url": f"{tenant.base}{_PATH}{back}",
        }
        order = PageOrder(path=_SCHEDULED, query=tuple(query.items()))
        return self._pages.page(call, "deletion_scheduled.html", values, order)

    async def _show(self, call: Call, person: Person) -> Reply | ASGIApp:
        found = await self._deletions.find(*person.whose)
        if found is None:
            # Nobody types their name and is sent away only then.
            again = await self._frame.require_recent(person, way_back=_address(call))
            if again is not None:
                return again
        return self._page(call, person, found)

    async def _act(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        if form.get("decision") == "keep":
            return await self._keep(call, person)
        again = await self._frame.require_recent(person, way_back=_address(call))
        if again is not None:
            return again
        account = await self._accounts.get(*person.whose)
        typed = login_key((form.get("name") or "").strip())
        if typed not in {login_key(account.username), login_key(account.email)} - {""}:
            return self._page(call, person, None, problem=_OTHER_NAME)
        by = visitor_of(call).as_actor(account.account_id)
        try:
            deletion = await self._deletions.ask(person.tenant, account.account_id, by)
        except (LastOfStaff, DeletionUnderWay) as refusal:
            return self._refused(call, person, refusal)
        path = _SCHEDULED if deletion.due_at is not None else _PATH
        done = None if deletion.due_at is not None else "asked"
        return redirect_reply(person.tenant.base + _address(call, path, done))

    async def _keep(self, call: Call, person: Person) -> Reply | ASGIApp:
        by = visitor_of(call).as_actor(person.session.account_id)
        try:
            await self._deletions.cancel(person.tenant, person.session.account_id, by)
        except NoDeletion:
            return redirect_reply(person.tenant.base + _address(call))
        except DeletionUnderWay as refusal:
            return self._refused(call, person, refusal)
        return redirect_reply(person.tenant.base + _address(call, done="kept"))

    def _refused(self, call: Call, person: Person, refusal: Refusal) -> ASGIApp:
        return self._page(call, person, None, problem=refusal.sentence)

    def _page(
        self, call: Call, person: Person, found: Deletion | None, *, problem: str | None = None
    ) -> ASGIApp:
        policy = person.tenant.org.policy
        values: dict[str, object] = {
            "asked": found is not None and found.due_at is None,
            "due_at": None if found is None else found.due_at,
            "by_staff": policy.deletion == "staff",
            "days": policy.deletion_grace_s // _DAY_S,
            "problem": problem,
            "problems": [problem] if problem else [],
            "data_url": person.tenant.base + _address(call, "/account/data"),
            "notices": _NOTICES,
        }
        return self._frame.page(
            call, person, "account_delete.html", _PATH, values, query=person.as_whom
        )


def _address(call: Call, path: str = _PATH, done: str | None = None) -> str:
    """A page of ours, which stays with staff where the address says that staff are meant."""
    said = {} if done is None else {"done": done}
    if who_signs_in(call) is AccountKind.SYSTEM:
        said |= dict([STAFF_SIGN_IN])
    return f"{path}?{urlencode(said)}" if said else path
