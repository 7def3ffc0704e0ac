"""OAuth Configuration: applications, their credentials and addresses, and the sign-in link."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from doorward.clients import (
    Application,
    ApplicationChange,
    ApplicationStatus,
    ClientsRefusal,
    NewApplication,
    UnknownApplication,
    UnknownSecret,
)
from doorward.console.admin.forms import LOCALHOST, Problem, problem_of, split_lines, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.oauth_view import FIELDS, OAUTH_PATH, QUOTA, OAuthView
from doorward.console.api import MorePowerful, verify_may_change_application
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply
from doorward.orgs import Permission
from doorward.protocol import OPENID, AuthMethod, Parameters

__all__ = ["OAuthPages"]

_NEW = "/admin/oauth/new"
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_OPENID_SCOPES = (OPENID, "profile", "email")
_KINDS = ("web", "native")
_APPROVED, _SUBMITTED = ApplicationStatus.APPROVED, ApplicationStatus.SUBMITTED


class OAuthPages:
    """``/admin/oauth`` and the forms on it."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: OAuthView) -> None:
        """Change applications of ``use``, within ``frame``; the page itself is ``view``'s."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE
        return (
            AdminRoute("GET", OAUTH_PATH, read, "oauth", self.show),
            AdminRoute("GET", _NEW, write, "oauth", self.ask),
            AdminRoute("POST", _NEW, write, "oauth", self.create),
            AdminRoute("POST", "/admin/oauth/addresses", write, "oauth", self.save_addresses),
            AdminRoute("POST", "/admin/oauth/quota", write, "oauth", self.save_quota),
            AdminRoute("POST", "/admin/oauth/secrets", write, "oauth", self.add_secret),
            AdminRoute("POST", "/admin/oauth/secrets/revoke", write, "oauth", self.revoke_secret),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The application that is chosen, or the first one."""
        client_id = call.query().get("client_id")
        if client_id is not None:
            application = await self._use.applications.get(staff.org_id, client_id)
            return await self._view.page(call, staff, application)
        return await self._view.page(call, staff, await self._view.find_first(staff))

    async def ask(self, call: Call, staff: Staff) -> ASGIApp:
        """The form for a new application."""
        return self._form(call, staff, call.query())

    async def create(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Register it; its secret is shown this once. Whoever may not review asks for one."""
        form = call.form()
        addresses = split_lines(form.get("redirect_uris"))
        problems = _advise(addresses, "redirect_uris")
        public = form.get("kind") == "native"
        new = NewApplication(
            org_id=staff.org_id,
            name=(form.get("name") or "").strip(),
            kind="native" if public else "web",
            auth_method=AuthMethod.NONE if public else AuthMethod.BASIC,
            redirect_uris=addresses,
            scopes=_OPENID_SCOPES if "openid" in form else (),
            status=_APPROVED if staff.may(Permission.APPLICATIONS_REVIEW) else _SUBMITTED,
        )
        if not problems:
            try:
                verify_may_change_application(staff.caller, None, scopes=new.scopes)
                application, secret = await self._use.applications.create(new, staff.author)
            except (ClientsRefusal, MorePowerful) as refusal:
                problems = [problem_of(refusal, ("name", "redirect_uris"))]
            else:
                return self._made(call, staff, application, secret)
        return self._form(call, staff, form, problems)

    async def save_addresses(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep the addresses that people may be sent back to, one in a line."""
        application, form = await self._find(call, staff), call.form()
        lists = {name: split_lines(form.get(name)) for name in FIELDS}
        problems = [each for name, lines in lists.items() for each in _advise(lines, name)]
        problems = [each for each in problems if each.about not in _registered(application)]
        if not problems:
            try:
                done = await self._keep_addresses(staff, application, lists)
            except (ClientsRefusal, MorePowerful) as refusal:
                problems = [problem_of(refusal, FIELDS)]
            else:
                return self._back(staff, application, done)
        typed = typed_texts(form, *FIELDS)
        return await self._view.page(call, staff, application, problems, typed)

    async def _keep_addresses(
        self, staff: Staff, application: Application, lists: Mapping[str, tuple[str, ...]]
    ) -> str:
        """Which notice says what became of ``lists``: they hold, or wait for a review."""
        verify_may_change_application(staff.caller, application)
        once = {name: tuple(dict.fromkeys(lines)) for name, lines in lists.items()}
        changed: dict[str, Any] = {
            name: each for name, each in once.items() if each != getattr(application, name)
        }
        if not changed:
            return "same"
        after = await self._use.applications.update(
            staff.org_id, application.client_id, ApplicationChange(**changed), staff.author
        )
        held = all(getattr(after, name) == each for name, each in changed.items())
        return "addresses" if held else "waits"

    async def save_quota(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep how often the application may prove itself within a minute; empty for no quota."""
        application, typed = await self._find(call, staff), typed_texts(call.form(), QUOTA)
        try:
            quota = _parse_quota(typed[QUOTA])
            verify_may_change_application(staff.caller, application)
            await self._use.applications.update(
                staff.org_id,
                application.client_id,
                ApplicationChange(quota_a_minute=quota),
                staff.author,
            )
        except (ClientsRefusal, MorePowerful) as refusal:
            problems = [problem_of(refusal, (QUOTA,))]
            return await self._view.page(call, staff, application, problems, typed)
        return self._back(staff, application, "no_quota" if quota is None else "quota")

    async def add_secret(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """One more secret, shown this once."""
        application = await self._find(call, staff)
        try:
            verify_may_change_application(staff.caller, application)
            _, secret = await self._use.applications.add_secret(
                staff.org_id, application.client_id, staff.author
            )
        except (ClientsRefusal, MorePowerful) as refusal:
            return await self._view.page(call, staff, application, [problem_of(refusal)])
        return self._show_secret(call, staff, application, secret, is_new=False)

    async def revoke_secret(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Make a secret worthless, after asking; the last one stays."""
        application, form = await self._find(call, staff), call.form()
        wanted = form.get("secret") or ""
        secret = next((s for s in application.secrets if str(s.secret_id) == wanted), None)
        if secret is None:
            raise UnknownSecret
        try:
            verify_may_change_application(staff.caller, application)
            if form.get("decision") != "confirm":
                values: dict[str, object] = {
                    "client_id": application.client_id,
                    "name": application.name,
                    "secret": {"id": wanted, "last4": secret.last4},
                }
                return self._page(call, staff, "admin_oauth_revoke.html", application, values)
            await self._use.applications.revoke_secret(
                staff.org_id, application.client_id, secret.secret_id, staff.author
            )
        except (ClientsRefusal, MorePowerful) as refusal:
            if isinstance(refusal, UnknownSecret):
                raise
            return await self._view.page(call, staff, application, [problem_of(refusal)])
        return self._back(staff, application, "revoked")

    async def _find(self, call: Call, staff: Staff) -> Application:
        """The application of a form. Raises ``UnknownApplication``."""
        client_id = call.form().get("client_id")
        if client_id is None:
            raise UnknownApplication
        return await self._use.applications.get(staff.org_id, client_id)

    def _made(
        self, call: Call, staff: Staff, application: Application, secret: Secret[str] | None
    ) -> Reply | ASGIApp:
        if secret is None:
            return self._back(staff, application, "created")
        return self._show_secret(call, staff, application, secret, is_new=True)

    def _show_secret(
        self,
        call: Call,
        staff: Staff,
        application: Application,
        secret: Secret[str],
        *,
        is_new: bool,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "client_id": application.client_id,
            "name": application.name,
            "secret": secret.reveal(),
            "is_new": is_new,
        }
        return self._page(call, staff, "admin_secret_shown.html", application, values)

    def _page(
        self,
        call: Call,
        staff: Staff,
        template: str,
        application: Application,
        values: dict[str, object],
    ) -> ASGIApp:
        query = (("client_id", application.client_id),)
        return self._frame.page(
            call, staff, AdminPage(template, "oauth", OAUTH_PATH, query=query), values
        )

    def _back(self, staff: Staff, application: Application, done: str) -> Reply:
        return self._frame.back(staff, OAUTH_PATH, done=done, client_id=application.client_id)

    def _form(
        self,
        call: Call,
        staff: Staff,
        given: Parameters,
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        typed = typed_texts(given, "name", "redirect_uris") if problems else {}
        kind = given.get("kind")
        values: dict[str, object] = {
            "form_values": {"name": "", "redirect_uris": "", **typed},
            "openid": "openid" in given if problems else False,
            "kind": kind if kind in _KINDS else "web",
            "problems": problems or [],
        }
        status = 422 if problems else 200
        page = AdminPage("admin_oauth_new.html", "oauth", _NEW, status=status)
        return self._frame.page(call, staff, page, values)


def _parse_quota(text: str) -> int | None:
    """The number that was typed, in whichever width; None for nothing. Zero for what is none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    return int(plain) if _NUMBER.match(plain) else 0


def _registered(application: Application) -> set[str]:
    return {*application.redirect_uris, *application.post_logout_redirect_uris}


def _advise(addresses: tuple[str, ...], field: str) -> list[Problem]:
    """What is wrong with addresses on ``localhost``: constituents cannot be sent there."""
    return [Problem(LOCALHOST, field, each) for each in addresses if _is_localhost(each)]


def _is_localhost(address: str) -> bool:
    try:
        return urlsplit(address).hostname == "localhost"
    except ValueError:
        return False
