"""One constituent's page: what is kept about them, how they come in, and their invitation."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.accounts import (
    Account,
    AccountDetails,
    AccountKind,
    Address,
    UnknownAccount,
    UserType,
)
from doorward.console.admin.forms import Problem, parse_row_id
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminServices, Staff
from doorward.dialects import neos
from doorward.http import ASGIApp, Call, message
from doorward.invitations import InvitationState
from doorward.orgs import Permission

__all__ = ["ACCOUNT_PATH", "ConstituentView"]

ACCOUNT_PATH = "/admin/constituents/account"

_NOTICES = {
    "suspended": message("Suspended. They are signed out and can't sign in."),
    "reactivated": message("Reactivated. They can sign in again."),
    "tags": message("The tags are saved. Applications see them the next time they ask."),
    "patreon_verified": message("The Patreon account is confirmed."),
    "patreon_unverified": message("The Patreon account is no longer confirmed."),
    "patreon_removed": message("The Patreon account is removed."),
    "second_step_reset": message("Two-step verification is reset, and they are signed out."),
    "withdrawn": message("The invitation is withdrawn. Its link does not work any more."),
}
_LANGUAGES = {"en": "English", "ja": "日本語"}


class ConstituentView:
    """Reads one constituent, and renders their page with whatever is to be said on it."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Read from ``use``, render within ``frame``."""
        self._use = use
        self._frame = frame

    async def find(self, call: Call, staff: Staff) -> Account:
        """The constituent that ``call`` names by ``id``. Raises ``UnknownAccount``."""
        account = await self._use.accounts.get(staff.org_id, parse_row_id(call))
        if account.kind is not AccountKind.CONSTITUENT:
            raise UnknownAccount
        return account

    def line(self, account: Account) -> dict[str, object]:
        """What a line of the list shows."""
        return {
            "id": account.subject,
            "name": account.name,
            "username": account.username,
            "email": account.email,
            "title": account.name or account.username,
            "is_company": account.user_type is UserType.COMPANY,
            "active": account.is_active,
            "created_at": account.created_at,
        }

    async def page(
        self,
        call: Call,
        staff: Staff,
        account: Account,
        problems: Sequence[Problem] = (),
        typed_tags: str | None = None,
    ) -> ASGIApp:
        """The page of ``account``, with what was typed for its tags."""
        org_id, account_id = staff.org_id, account.account_id
        details = await self._use.accounts.get_details(org_id, account_id)
        values: dict[str, object] = {
            "person": {
                **self.line(account),
                "given_name": account.given_name,
                "family_name": account.family_name,
                "email_verified": account.email_verified,
                "language": _LANGUAGES.get(account.locale or "", account.locale),
                "updated_at": account.updated_at,
                "password_changed_at": account.password_changed_at,
            },
            "facts": facts_of(details),
            "sessions": await self._count_sessions(staff, account),
            "invitation": await self._invitation(staff, account),
            "platform": await self._platform(staff, account, typed_tags),
            "may_write": staff.may(Permission.ACCOUNTS_WRITE),
            "second_steps": await self._use.second_steps.list_of(staff.org_id, account.account_id),
            "problems": list(problems),
        }
        page = AdminPage(
            "admin_constituent.html",
            "constituents",
            ACCOUNT_PATH,
            query=(("id", account.subject),),
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _count_sessions(self, staff: Staff, account: Account) -> int | None:
        """How many browsers they are signed in on; None for those who may not know."""
        if not staff.may(Permission.SESSIONS_READ):
            return None
        return len(await self._use.sessions.list_live(staff.tenant.org, account.account_id))

    async def _platform(
        self, staff: Staff, account: Account, typed_tags: str | None
    ) -> dict[str, object] | None:
        """Tags and the Patreon account, where Neos is spoken."""
        if neos.DIALECT not in staff.tenant.org.dialects:
            return None
        profile = await self._use.platform_profiles.get(staff.org_id, account.account_id)
        link = profile.patreon
        return {
            "tags": profile.tags,
            "typed_tags": "\n".join(profile.tags) if typed_tags is None else typed_tags,
            "patreon": None
            if link is None
            else {
                "user_id": link.user_id,
                "full_name": link.full_name,
                "tier": link.tier,
                "pledge": f"{link.pledge_cents // 100}.{link.pledge_cents % 100:02}",
                "since": link.since,
                "active": link.active,
                "verified": link.verified,
                "mark": link.mark,
            },
        }

    async def _invitation(self, staff: Staff, account: Account) -> dict[str, object] | None:
        """Where the latest invitation stands; None once there is a password."""
        if account.password_changed_at is not None:
            return None
        latest = await self._use.invitations.find_latest(staff.org_id, account.account_id)
        if latest is None:
            return {"state": "none"}
        state = latest.state(self._use.clock())
        if state is InvitationState.ACCEPTED:
            return {"state": "none"}
        return {"state": str(state), "expires_at": latest.expires_at}


def facts_of(details: AccountDetails) -> list[tuple[str, str]]:
    """What is known of a person besides the account: pairs of a title (a msgid) and a text."""
    address = details.primary_address or next(iter(details.addresses), None)
    pairs = (
        (message("Preferred name"), details.preferred_name),
        (message("Company"), details.company.name if details.company else None),
        (message("Job title"), details.title),
        (message("Department"), details.department),
        (message("Phone"), address.phone1 if address else None),
        (message("Postal address"), _written(address) if address else None),
        (message("Second email"), details.email2),
        (message("Website"), details.url),
        (message("Source"), details.source.name if details.source else None),
    )
    return [(title, text) for title, text in pairs if text]


def _written(address: Address) -> str:
    state, country = address.state_province, address.country
    parts = (
        address.address_line1,
        address.address_line2,
        address.city,
        (state.name or state.code) if state else None,
        address.zip_code,
        (country.name or country.id) if country else None,
    )
    return ", ".join(part for part in parts if part)
