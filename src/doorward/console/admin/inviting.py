"""Inviting a constituent: the form, the link that is shown once, renewing and withdrawing it."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.accounts import (
    Account,
    AccountKind,
    AccountsRefusal,
    EmailTaken,
    NewAccount,
    UsernameTaken,
    full_name,
)
from doorward.console.admin.constituent_view import ACCOUNT_PATH, ConstituentView
from doorward.console.admin.forms import Problem, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.invitations import AlreadyHere, invitation_url
from doorward.orgs import Permission

__all__ = ["InvitingPages"]

_INVITE = "/admin/constituents/invite"
_INVITATION = "/admin/constituents/invitation"
_FIELDS = ("given_name", "family_name", "email", "locale")
_LANGUAGES = ("en", "ja")
_NEEDS_EMAIL = message("Write their email address. They sign in with it.")
_NO_EMAIL = message("This is not an e-mail address.")
_NOT_INVITED = message("They have a password already, or they are suspended.")


class InvitingPages:
    """``/admin/constituents/invite`` and ``…/invitation``."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: ConstituentView) -> None:
        """Invite with ``use`` within ``frame``; one person's page is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        write = Permission.ACCOUNTS_WRITE
        return (
            AdminRoute("GET", _INVITE, write, "constituents", self.ask),
            AdminRoute("POST", _INVITE, write, "constituents", self.invite),
            AdminRoute("POST", _INVITATION, write, "constituents", self.change),
        )

    async def ask(self, call: Call, staff: Staff) -> ASGIApp:
        """The form."""
        typed = dict.fromkeys(_FIELDS, "") | {"locale": str(staff.tenant.org.default_locale)}
        return self._form(call, staff, typed)

    async def invite(self, call: Call, staff: Staff) -> ASGIApp:
        """Create the account and its link, and show the link this once."""
        typed = typed_texts(call.form(), *_FIELDS)
        said = {name: text.strip() or None for name, text in typed.items()}
        email = said["email"]
        if email is None:
            return self._form(call, staff, typed, [Problem(_NEEDS_EMAIL, "email")])
        new = NewAccount(
            org_id=staff.org_id,
            kind=AccountKind.CONSTITUENT,
            username=email,
            email=email,
            name=full_name(said["given_name"], said["family_name"]),
            given_name=said["given_name"],
            family_name=said["family_name"],
            locale=said["locale"] if said["locale"] in _LANGUAGES else None,
        )
        try:
            account, link = await self._use.invitations.invite(new, staff.actor, staff.tenant)
        except AccountsRefusal as refusal:
            return self._form(call, staff, typed, [_problem(refusal)])
        return self._show_link(call, staff, account, link)

    async def change(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """A new link for somebody who has no password yet, or the end of the one they have."""
        account = await self._view.find(call, staff)
        whose = (staff.org_id, account.account_id, staff.actor)
        if call.form().get("decision") == "withdraw":
            await self._use.invitations.withdraw(*whose)
            return self._frame.back(staff, ACCOUNT_PATH, done="withdrawn", id=account.subject)
        try:
            link = await self._use.invitations.renew(*whose, staff.tenant)
        except AlreadyHere:
            return await self._view.page(call, staff, account, [Problem(_NOT_INVITED)])
        return self._show_link(call, staff, account, link)

    def _form(
        self, call: Call, staff: Staff, typed: dict[str, str], problems: Sequence[Problem] = ()
    ) -> ASGIApp:
        values: dict[str, object] = {
            "form_values": typed,
            "problems": list(problems),
            "by_mail": self._use.invitations.sends_mail,
        }
        status = 422 if problems else 200
        page = AdminPage("admin_constituent_invite.html", "constituents", _INVITE, status=status)
        return self._frame.page(call, staff, page, values)

    def _show_link(self, call: Call, staff: Staff, account: Account, link: Secret[str]) -> ASGIApp:
        values: dict[str, object] = {
            "person": self._view.line(account),
            "link": invitation_url(staff.tenant, link),
            "mailed_to": account.email if self._use.invitations.sends_mail else None,
        }
        # Its own address leads to the person's page: a link in another language would lose this.
        shown = (("id", account.subject),)
        page = AdminPage(
            "admin_constituent_invited.html", "constituents", ACCOUNT_PATH, query=shown
        )
        return self._frame.page(call, staff, page, values)


def _problem(refusal: AccountsRefusal) -> Problem:
    """The e-mail address is the user name here: what is wrong with one is wrong with the other."""
    if isinstance(refusal, UsernameTaken):
        refusal = EmailTaken()
    elif refusal.field == "username":
        return Problem(_NO_EMAIL, "email")
    return problem_of(refusal, _FIELDS)
