"""Organization Profile: the Organization ID, how the organization presents itself, lifetimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from doorward.console.admin.forms import Problem, in_unit, parse_number, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import Accent, ASGIApp, Call, Locale, Reply, adjust_accent, message
from doorward.orgs import (
    BadPolicy,
    Organization,
    OrganizationChange,
    OrgsRefusal,
    Permission,
    Policy,
)
from doorward.protocol import Parameters

__all__ = ["OrganizationPages"]

_PATH = "/admin/organization"
_TEXTS = ("name", "accent", "support_url", "privacy_url", "terms_url")
_PLATFORMS = {
    "neon_crm": "Neon CRM",
    "neos": "Neos",
    "neon": "Neon",
    "app_connect": "RingCentral App Connect",
}
_MINUTE, _DAY = 60, 86_400
_LIFETIMES: Mapping[str, int] = {
    "session_idle_s": _DAY,
    "session_absolute_s": _DAY,
    "access_token_s": _MINUTE,
    "refresh_idle_s": _DAY,
    "refresh_absolute_s": _DAY,
}
"""The lifetimes that people set here, and the seconds of the unit in which they do."""
_NO_NUMBER = message("Write a number, like 30.")
_OUT_OF_BOUNDS = message("This lifetime is too short or too long.")
_IDLE_LONGER = message("The time without use can't be longer than the time in all.")
_NOTICES = {"saved": message("The organization's profile is saved.")}


class OrganizationPages:
    """``/admin/organization``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Change the organization through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ORGANIZATIONS_READ, Permission.ORGANIZATIONS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "organization", self.show),
            AdminRoute("POST", _PATH, write, "organization", self.save),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The profile as it is."""
        return self._page(call, staff, _shown(staff.tenant.org))

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep what was typed, or say what is wrong with it."""
        form = call.form()
        policy, problems = _parse_policy(form, staff.tenant.org.policy)
        if not problems:
            change = _change(form, staff.tenant.org, policy)
            try:
                await self._use.organizations.update(staff.org_id, change, staff.actor)
            except BadPolicy as bad:
                problems = [_lifetime_problem(bad)]
            except OrgsRefusal as refusal:
                problems = [problem_of(refusal, _TEXTS)]
            else:
                return self._frame.back(staff, _PATH, done="saved")
        typed = typed_texts(form, *_TEXTS, *_LIFETIMES, "default_locale")
        return self._page(call, staff, typed, problems)

    def _page(
        self,
        call: Call,
        staff: Staff,
        shown: Mapping[str, str],
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        org = staff.tenant.org
        values: dict[str, object] = {
            "org_id": org.org_id,
            "issuer": staff.tenant.issuer,
            "hosts": org.hosts,
            "dialects": [_PLATFORMS[each] for each in org.dialects],
            "created_at": org.created_at,
            "form_values": shown,
            "accent": _find_accent(org.accent),
            "may_write": staff.may(Permission.ORGANIZATIONS_WRITE),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_organization.html",
            "organization",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _shown(org: Organization) -> dict[str, str]:
    texts = {name: getattr(org, name) or "" for name in _TEXTS}
    lifetimes = {
        name: in_unit(getattr(org.policy, name), unit) for name, unit in _LIFETIMES.items()
    }
    return {**texts, **lifetimes, "default_locale": org.default_locale}


def _parse_policy(form: Parameters, now: Policy) -> tuple[Policy, list[Problem]]:
    """``now`` with the lifetimes that were changed; what stands as it was shown stays exact."""
    given: dict[str, Any] = {}
    problems = []
    for name, unit in _LIFETIMES.items():
        text = form.get(name) or ""
        if text == in_unit(getattr(now, name), unit):
            continue
        number = parse_number(text)
        if number is None:
            problems.append(Problem(_NO_NUMBER, name))
        else:
            given[name] = round(number * unit)
    return replace(now, **given), problems


def _lifetime_problem(bad: BadPolicy) -> Problem:
    # The room's sentence begins with the lifetime's name.
    name = bad.sentence.partition(" ")[0]
    sentence = _IDLE_LONGER if "at most" in bad.sentence else _OUT_OF_BOUNDS
    return Problem(sentence, name if name in _LIFETIMES else None)


def _change(form: Parameters, org: Organization, policy: Policy) -> OrganizationChange:
    locale = form.get("default_locale") or org.default_locale
    return OrganizationChange(
        name=(form.get("name") or "").strip(),
        accent=_colour(form.get("accent")),
        support_url=form.get("support_url"),
        privacy_url=form.get("privacy_url"),
        terms_url=form.get("terms_url"),
        # The room refuses what is no language of the pages.
        default_locale=cast("Locale", locale),
        policy=policy,
    )


def _colour(text: str | None) -> str | None:
    """A colour with its number sign, which people leave out."""
    plain = (text or "").strip()
    if not plain:
        return None
    return plain if plain.startswith("#") else f"#{plain}"


def _find_accent(colour: str | None) -> Accent | None:
    return adjust_accent(colour) if colour is not None else None
