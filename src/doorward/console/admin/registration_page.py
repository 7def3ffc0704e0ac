"""Who may register applications with the organization, and what the others are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.console.admin.forms import Problem, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import (
    BadRegistration,
    OrganizationChange,
    Permission,
    Registration,
    RegistrationMode,
)
from doorward.protocol import Parameters

__all__ = ["RegistrationPages"]

_PATH = "/admin/registration"
_MESSAGES = ("message_en", "message_ja")
_FIELDS = ("who", *_MESSAGES)
_MODES: Mapping[RegistrationMode, tuple[str, str]] = {
    "open": (
        message("Open"),
        message(
            "People register drafts by themselves. Staff review each before others can use it."
        ),
    ),
    "by_request": (
        message("By request"),
        message("People read how to ask you, and staff register for them."),
    ),
    "closed": (message("Closed"), message("No new applications. People read why.")),
}
_KINDS = {
    "constituent": message("Constituents"),
    "system": message("Staff"),
}
_NO_MODE = message("Choose who may register.")
_NOTICES = {"saved": message("The rules for new applications are saved.")}


class RegistrationPages:
    """``/admin/registration``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Change the organization's rules through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ORGANIZATIONS_READ, Permission.ORGANIZATIONS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "registration", self.show),
            AdminRoute("POST", _PATH, write, "registration", self.save),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The rules as they are."""
        rules = staff.tenant.org.registration
        texts = {name: getattr(rules, name) or "" for name in _MESSAGES}
        return self._page(call, staff, {**texts, "mode": rules.mode, "who": rules.who})

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep the rules, or say what is wrong with them."""
        form = call.form()
        rules = _parse(form)
        problems = [] if form.get("mode") in _MODES else [Problem(_NO_MODE, "mode")]
        if not problems:
            change = OrganizationChange(registration=rules)
            try:
                await self._use.organizations.update(staff.org_id, change, staff.actor)
            except BadRegistration as refusal:
                problems = [problem_of(refusal, _FIELDS)]
            else:
                return self._frame.back(staff, _PATH, done="saved")
        typed = typed_texts(form, *_MESSAGES)
        shown = {**typed, "mode": form.get("mode"), "who": rules.who}
        return self._page(call, staff, shown, problems)

    def _page(
        self,
        call: Call,
        staff: Staff,
        shown: Mapping[str, Any],
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "modes": [(mode, *words) for mode, words in _MODES.items()],
            "kinds": list(_KINDS.items()),
            "form_values": shown,
            "may_write": staff.may(Permission.ORGANIZATIONS_WRITE),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_registration.html",
            "registration",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _parse(form: Parameters) -> Registration:
    """What was chosen; closed where nothing was."""
    mode: RegistrationMode = next((each for each in _MODES if each == form.get("mode")), "closed")
    return Registration(
        mode=mode,
        who=tuple(kind for kind in ("constituent", "system") if f"who.{kind}" in form),
        message_en=_text(form.get("message_en")),
        message_ja=_text(form.get("message_ja")),
    )


def _text(typed: str | None) -> str | None:
    return (typed or "").replace("\r\n", "\n").strip() or None
