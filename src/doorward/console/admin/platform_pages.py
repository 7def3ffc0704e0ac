"""What Neos knows of a constituent: staff give tags, and confirm the Patreon account."""

from __future__ import annotations

from doorward.accounts import Account, AccountsRefusal, UnknownAccount
from doorward.console.admin.constituent_view import ACCOUNT_PATH, ConstituentView
from doorward.console.admin.forms import problem_of, split_lines
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.dialects import neos
from doorward.http import ASGIApp, Call, Reply
from doorward.orgs import Permission

__all__ = ["PlatformPages"]

_TAGS = "/admin/constituents/tags"
_PATREON = "/admin/constituents/patreon"


class PlatformPages:
    """The forms of one constituent's page that are about Neos."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: ConstituentView) -> None:
        """Change what ``use`` keeps, within ``frame``; one person's page is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        write = Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("POST", _TAGS, write, "constituents", self.set_tags),
            AdminRoute("POST", _PATREON, write, "constituents", self.change_patreon),
        )

    async def set_tags(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep the tags, one in a line, and no others."""
        account = await self._find(call, staff)
        text = call.form().get("tags") or ""
        try:
            await self._use.platform_profiles.set_tags(
                staff.org_id, account.account_id, split_lines(text), staff.actor
            )
        except AccountsRefusal as refusal:
            problems = [problem_of(refusal, ("tags",))]
            return await self._view.page(call, staff, account, problems, text)
        return self._frame.back(staff, ACCOUNT_PATH, done="tags", id=account.subject)

    async def change_patreon(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Confirm the link that was looked at, take that back, or remove it after asking."""
        account = await self._find(call, staff)
        form, profiles = call.form(), self._use.platform_profiles
        whose = staff.org_id, account.account_id
        decision, seen = form.get("decision") or "", form.get("seen") or ""
        if decision == "ask":
            return self._ask(call, staff, account)
        if decision == "remove":
            await profiles.unlink_patreon(*whose, staff.actor)
            return self._frame.back(staff, ACCOUNT_PATH, done="patreon_removed", id=account.subject)
        if decision not in {"verify", "unverify"}:
            raise UnknownAccount
        verified = decision == "verify"
        try:
            await profiles.set_patreon_verified(whose, seen, staff.actor, verified=verified)
        except AccountsRefusal as refusal:
            return await self._view.page(call, staff, account, [problem_of(refusal)])
        done = "patreon_verified" if verified else "patreon_unverified"
        return self._frame.back(staff, ACCOUNT_PATH, done=done, id=account.subject)

    async def _find(self, call: Call, staff: Staff) -> Account:
        """The constituent, where Neos is spoken. Raises ``UnknownAccount``."""
        if neos.DIALECT not in staff.tenant.org.dialects:
            raise UnknownAccount
        return await self._view.find(call, staff)

    def _ask(self, call: Call, staff: Staff, account: Account) -> ASGIApp:
        values: dict[str, object] = {"person": self._view.line(account)}
        page = AdminPage(
            "admin_patreon_remove.html",
            "constituents",
            ACCOUNT_PATH,
            query=(("id", account.subject),),
        )
        return self._frame.page(call, staff, page, values)
