"""The first page of the console: what there is, and what still needs a hand."""

from __future__ import annotations

from doorward.accounts import AccountKind
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call
from doorward.orgs import Permission

__all__ = ["HomePages"]

_MOST = 1000
"""What is more than this is shown as more than this."""


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
        """Counts for those who may see what is counted."""
        use, org_id = self._use, staff.org_id
        counts: dict[str, int] = {}
        if staff.may(Permission.ACCOUNTS_READ):
            people = await use.accounts.list(org_id, AccountKind.CONSTITUENT, None, None, _MOST + 1)
            colleagues = await use.accounts.list(org_id, AccountKind.SYSTEM, None, None, _MOST + 1)
            counts |= {"people": len(people), "staff": len(colleagues)}
        if staff.may(Permission.APPLICATIONS_READ):
            counts["applications"] = len(await use.applications.list(org_id, None, _MOST + 1))
        values: dict[str, object] = {"counts": counts}
        return self._frame.page(call, staff, AdminPage("admin_home.html", "home", "/admin"), values)
