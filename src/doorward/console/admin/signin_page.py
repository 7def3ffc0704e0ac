"""The sign-in policy: second steps, passwords, sign-up, lifetimes, and the end of accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast, get_args

from doorward.accounts import AccountKind
from doorward.console.admin.forms import (
    Problem,
    in_unit,
    parse_number,
    split_lines,
    typed_texts,
)
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.store import count_without_second_step
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import (
    BadPolicy,
    OrganizationChange,
    Permission,
    Policy,
    SecondStepPolicy,
)
from doorward.protocol import Parameters

__all__ = ["SECOND_STEPS", "SignInPolicyPages"]

_PATH: Final = "/admin/sign-in"
_DAY: Final = 86_400
_MOST: Final = 10_000
_LASTING: Final = ("session_idle_s", "session_absolute_s")
_DAYS: Final = (*_LASTING, "deletion_grace_s")
_TEXTS: Final = ("second_step", "password_min_length", "sign_up_domains")
_NO_NUMBER = message("Write a number, like 30.")
_OUT_OF_BOUNDS = message("This lifetime is too short or too long.")
_IDLE_LONGER = message("The time without use can't be longer than the time in all.")
_NO_GRACE = message("Write a number of days from 1 to 90.")
_NO_LENGTH = message("A password is at least 8 to 64 characters long. Write a number between them.")
_BAD_DOMAIN = message("Write up to 50 domains like example.org, one in a line.")
_NO_CHOICE = message("Choose who needs a second step.")
_NOTICES = {"saved": message("The sign-in policy is saved. It counts at once.")}

SECOND_STEPS: Final = (
    ("off", message("Nobody"), message("A password is enough, and nobody can add a second step.")),
    ("optional", message("Whoever wants to"), message("People add a second step themselves.")),
    ("staff", message("All staff"), message("Staff set one up at their next sign-in.")),
    ("all", message("Everybody"), message("Staff and constituents set one up.")),
)
"""The choices, from the weakest to the strictest: value, title, sentence."""


class SignInPolicyPages:
    """``/admin/sign-in``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Change the organization through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.ORGANIZATIONS_READ, Permission.ORGANIZATIONS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "signin", self.show),
            AdminRoute("POST", _PATH, write, "signin", self.save),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The policy as it is, and how many a stricter one concerns."""
        return await self._page(call, staff, _shown(staff.tenant.org.policy))

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep what was chosen, or say what is wrong with it."""
        form = call.form()
        policy, problems = _parse_policy(form, staff.tenant.org.policy)
        if not problems:
            change = OrganizationChange(policy=policy)
            try:
                await self._use.organizations.update(staff.org_id, change, staff.actor)
            except BadPolicy as bad:
                problems = [_problem_of(bad)]
            else:
                return self._frame.back(staff, _PATH, done="saved")
        typed = typed_texts(form, *_TEXTS, *_DAYS)
        typed |= {name: "on" if name in form else "" for name in ("sign_up", "deletion")}
        return await self._page(call, staff, typed, problems)

    async def _page(
        self,
        call: Call,
        staff: Staff,
        shown: dict[str, str],
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "choices": SECOND_STEPS,
            "without": {
                "staff": await self._count(staff, AccountKind.SYSTEM),
                "people": await self._count(staff, AccountKind.CONSTITUENT),
            },
            "most": _MOST,
            "form_values": shown,
            "may_write": staff.may(Permission.ORGANIZATIONS_WRITE),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_signin.html",
            "signin",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _count(self, staff: Staff, kind: AccountKind) -> int:
        return await count_without_second_step(self._use.db, staff.org_id, kind, most=_MOST + 1)


def _shown(policy: Policy) -> dict[str, str]:
    return {
        **{name: in_unit(getattr(policy, name), _DAY) for name in _DAYS},
        "second_step": policy.second_step,
        "password_min_length": str(policy.password_min_length),
        "sign_up": "on" if policy.sign_up else "",
        "deletion": "on" if policy.deletion == "staff" else "",
        "sign_up_domains": "\n".join(policy.sign_up_domains),
    }


def _parse_policy(form: Parameters, now: Policy) -> tuple[Policy, list[Problem]]:
    """``now`` with what was chosen; a lifetime that stands as it was shown stays exact."""
    chosen = form.get("second_step") or ""
    length = parse_number(form.get("password_min_length") or "")
    idle_s = _parse_days(form, "session_idle_s", now.session_idle_s)
    absolute_s = _parse_days(form, "session_absolute_s", now.session_absolute_s)
    grace_s = _parse_days(form, "deletion_grace_s", now.deletion_grace_s)
    checks = (
        (chosen in get_args(SecondStepPolicy), _NO_CHOICE, "second_step"),
        (length is not None and length == int(length), _NO_LENGTH, "password_min_length"),
        (idle_s is not None, _NO_NUMBER, "session_idle_s"),
        (absolute_s is not None, _NO_NUMBER, "session_absolute_s"),
        (grace_s is not None, _NO_GRACE, "deletion_grace_s"),
    )
    problems = [Problem(sentence, name) for good, sentence, name in checks if not good]
    if length is None or idle_s is None or absolute_s is None or grace_s is None or problems:
        return now, problems
    wanted = replace(
        now,
        second_step=cast("SecondStepPolicy", chosen),
        password_min_length=int(length),
        sign_up="sign_up" in form,
        sign_up_domains=split_lines(form.get("sign_up_domains")),
        session_idle_s=idle_s,
        session_absolute_s=absolute_s,
        deletion="staff" if "deletion" in form else "person",
        deletion_grace_s=grace_s,
    )
    return wanted, []


def _parse_days(form: Parameters, name: str, now_s: int) -> int | None:
    """A time in seconds that is typed in days; None for what is no number."""
    text = form.get(name) or ""
    if text == in_unit(now_s, _DAY):
        return now_s
    number = parse_number(text)
    return None if number is None else round(number * _DAY)


def _problem_of(bad: BadPolicy) -> Problem:
    # The room's sentence begins with the name of what is wrong, but for a domain.
    name = bad.sentence.partition(" ")[0]
    if name == "password_min_length":
        return Problem(_NO_LENGTH, name)
    if name == "deletion_grace_s":
        return Problem(_NO_GRACE, name)
    if name in _LASTING:
        return Problem(_IDLE_LONGER if "at most" in bad.sentence else _OUT_OF_BOUNDS, name)
    return Problem(_BAD_DOMAIN, "sign_up_domains")
