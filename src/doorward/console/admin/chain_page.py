"""Whether the audit log is as it was sealed, and how long it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorward.audit import Chain, Fault, Strand, Verdict
from doorward.console.admin.forms import Problem, in_unit, parse_number
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import BadPolicy, OrganizationChange, Permission

__all__ = ["FAULTS", "STRANDS", "ChainPages"]

_PATH: Final = "/admin/audit/chain"
_MOST: Final = 50_000
_DAY: Final = 86_400
_FIELDS: Final = ("audit_keep_s", "audit_brief_s")
_NO_NUMBER = message("Write a number, like 30.")
_OUT_OF_BOUNDS = message("This is too short or too long.")
_NOTICES = {"kept": message("The time is saved. What is older goes within the hour.")}

STRANDS: Final = {
    Strand.MAIN: message("What was done"),
    Strand.BRIEF: message("Calls and renewals of connections"),
}
"""The two chains, as msgids."""

FAULTS: Final = {
    Fault.ALTERED: message("An event, or its link, was changed."),
    Fault.DELETED: message("Something was taken out."),
    Fault.INSERTED: message("Something is there that was never sealed."),
    Fault.REORDERED: message("A link stands in another place."),
    Fault.TRUNCATED: message("The end is missing."),
    Fault.CHECKPOINT: message("The row that says where the chain begins and ends is not ours."),
    Fault.REPLACED: message("This is not the chain that it was."),
    Fault.UNREADABLE: message("A key is missing, so nothing can be verified."),
}
"""What can be wrong, as msgids."""


class ChainPages:
    """``/admin/audit/chain``: the chain's ends, a check of it, and retention."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Verify what ``use`` keeps, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.AUDIT_READ, Permission.ORGANIZATIONS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "audit", self.show),
            AdminRoute("POST", "/admin/audit/verify", read, "audit", self.verify),
            AdminRoute("POST", "/admin/audit/retention", write, "audit", self.keep),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Where the chains end, and how long events are kept."""
        return await self._page(call, staff)

    async def verify(self, call: Call, staff: Staff) -> ASGIApp:
        """Walk the chains, where that takes seconds; longer ones are for the command line."""
        chains = await self._use.audit_chain.list(staff.org_id)
        if sum(chain.length for chain in chains) > _MOST:
            return await self._page(call, staff)
        verdict = await self._use.audit_chain.verifier.verify(staff.org_id)
        return await self._page(call, staff, verdict=verdict)

    async def keep(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Set how long events are kept."""
        form, policy = call.form(), staff.tenant.org.policy
        days = {name: parse_number(form.get(name) or "") for name in _FIELDS}
        typed = {name: form.get(name) or "" for name in _FIELDS}
        problems = [Problem(_NO_NUMBER, name) for name, each in days.items() if each is None]
        if not problems:
            keep_s, brief_s = (round((each or 0) * _DAY) for each in days.values())
            wanted = replace(policy, audit_keep_s=keep_s, audit_brief_s=brief_s)
            change = OrganizationChange(policy=wanted)
            try:
                await self._use.organizations.update(staff.org_id, change, staff.actor)
            except BadPolicy as bad:
                # The room's sentence begins with the lifetime's name.
                name = bad.sentence.partition(" ")[0]
                problems = [Problem(_OUT_OF_BOUNDS, name if name in _FIELDS else None)]
            else:
                path = _PATH if staff.may(Permission.AUDIT_READ) else "/admin"
                return self._frame.back(staff, path, done="kept")
        return await self._page(call, staff, typed=typed, problems=problems)

    async def _page(
        self,
        call: Call,
        staff: Staff,
        *,
        typed: dict[str, str] | None = None,
        problems: list[Problem] | None = None,
        verdict: Verdict | None = None,
    ) -> ASGIApp:
        policy = staff.tenant.org.policy
        kept = {name: in_unit(getattr(policy, name), _DAY) for name in _FIELDS}
        chains = await self._use.audit_chain.list(staff.org_id)
        values: dict[str, object] = {
            "chains": [_shown(chain) for chain in chains],
            "waiting": await self._use.audit_chain.count_waiting(staff.org_id),
            "too_long": sum(chain.length for chain in chains) > _MOST,
            "verified": verdict is not None,
            "findings": [] if verdict is None else _findings(verdict),
            "form_values": typed or kept,
            "may_write": staff.may(Permission.ORGANIZATIONS_WRITE),
            "may_verify": staff.may(Permission.AUDIT_READ),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_chain.html",
            "audit",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _shown(chain: Chain) -> dict[str, object]:
    return {
        "title": STRANDS[chain.strand],
        "count": chain.length,
        "gone": chain.first_position - 1,
        "removed_at": chain.removed_at,
        "head": str(chain.head),
    }


def _findings(verdict: Verdict) -> list[dict[str, object]]:
    return [
        {
            "strand": STRANDS[each.strand],
            "sentence": FAULTS[each.fault],
            "position": each.position,
            "event": None if each.event_id is None else str(each.event_id),
        }
        for each in verdict.findings
    ]
