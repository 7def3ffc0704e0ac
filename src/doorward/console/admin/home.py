"""The first page of the console: what there is, and what still needs a hand."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.accounts import AccountKind
from doorward.clients import Application
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, message
from doorward.orgs import Organization, Permission

__all__ = ["HomePages"]

_MOST = 1000
"""What is more than this is shown as more than this."""
_STAFF_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to do before people come, and whether it is done. Texts are msgids."""

    title: str
    reason: str
    path: str
    done: bool


class HomePages:
    """``/admin``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Count what ``use`` keeps, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        return (
            AdminRoute("GET", "/admin", None, "home", self.show),
            AdminRoute("POST", "/admin/signout", None, "home", self._frame.sign_out),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Counts and steps, for those who may see what is counted."""
        use, org_id = self._use, staff.org_id
        counts: dict[str, int] = {}
        steps: list[_Step] = []
        if staff.may(Permission.ACCOUNTS_READ):
            counts["people"] = await use.accounts.count(org_id, AccountKind.CONSTITUENT)
            counts["staff"] = await use.accounts.count(org_id, AccountKind.SYSTEM)
            steps.append(await self._deputy_step(staff))
        if staff.may(Permission.APPLICATIONS_READ):
            found = await use.applications.list(org_id, None, _MOST + 1)
            counts["applications"] = len(found)
            steps.append(_application_step(found))
        if staff.may(Permission.ORGANIZATIONS_READ):
            steps.append(_links_step(staff.tenant.org))
        values: dict[str, object] = {"counts": counts, "most": _MOST, "steps": steps}
        return self._frame.page(call, staff, AdminPage("admin_home.html", "home", "/admin"), values)

    async def _deputy_step(self, staff: Staff) -> _Step:
        colleagues = await self._use.accounts.list(
            staff.org_id, AccountKind.SYSTEM, None, None, _STAFF_LOOKED_THROUGH
        )
        able = [
            each
            for each in colleagues
            if each.is_active and Permission.ACCOUNTS_WRITE in each.permissions
        ]
        return _Step(
            message("Let a second colleague manage users"),
            message("Nobody can change their own permissions: a colleague has to."),
            "/admin/users",
            len(able) > 1,
        )


def _application_step(found: list[Application]) -> _Step:
    ready = any(
        each.is_live and each.account_kind == "constituent" and each.redirect_uris for each in found
    )
    return _Step(
        message("Create an application"),
        message("Then people can sign in to your site with their account here."),
        "/admin/oauth/new",
        ready,
    )


def _links_step(org: Organization) -> _Step:
    return _Step(
        message("Add your help, privacy and terms pages"),
        message("They stand below every page that people see when they sign in."),
        "/admin/organization",
        all((org.support_url, org.privacy_url, org.terms_url)),
    )
