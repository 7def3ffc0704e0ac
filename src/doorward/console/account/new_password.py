"""Choosing a password, wherever a page asks for a new one: what is wrong with it, and the guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from doorward.accounts import Account, Busy, WeakPassword
from doorward.http import message
from doorward.orgs import Organization

__all__ = [
    "DIFFERENT",
    "PasswordGuide",
    "PasswordProblem",
    "guide_for",
    "guide_of",
    "problem_about",
]


@dataclass(frozen=True, slots=True)
class PasswordProblem:
    """What is wrong: the sentence (a msgid) with what fills it, and the field, if it is one's."""

    sentence: str
    field: str | None = "password"
    given: Mapping[str, object] = dataclass_field(default_factory=dict)
    status: int = 422
    about: str | None = None


DIFFERENT = PasswordProblem(message("The two passwords are not the same."))
_BUSY = PasswordProblem(
    message("Too many people are signing in right now. Wait a few seconds and try again."),
    None,
    status=503,
)


@dataclass(frozen=True, slots=True)
class PasswordGuide:
    """What the page says while a password is typed; the server decides in any case.

    ``about`` are words about the person that it must not hold.
    """

    least: int
    about: tuple[str, ...]


def problem_about(refusal: WeakPassword | Busy) -> PasswordProblem:
    """``refusal`` as the page says it."""
    if isinstance(refusal, WeakPassword):
        return PasswordProblem(refusal.msgid, given=refusal.given)
    return _BUSY


def guide_of(org: Organization, *about: str | None) -> PasswordGuide:
    """The guide for somebody about whom no more is known."""
    words = (org.name, org.org_id, *about)
    return PasswordGuide(org.policy.password_min_length, tuple(each for each in words if each))


def guide_for(account: Account, org: Organization) -> PasswordGuide:
    """The guide for the owner of ``account``."""
    names = account.name, account.given_name, account.family_name
    return guide_of(org, account.username, account.email, *names)
