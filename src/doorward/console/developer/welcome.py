"""Whether somebody may register applications here, and what they are told otherwise."""

from __future__ import annotations

from doorward.console.developer.model import Developer
from doorward.http import Locale
from doorward.orgs import Permission

__all__ = ["may_register", "may_register_connectors", "welcome_of"]


def may_register(developer: Developer) -> bool:
    """Whether this person's drafts are taken: the organization says so, or they are its staff."""
    policy = developer.tenant.org.registration
    return policy.welcomes(developer.kind) or developer.author.may(Permission.APPLICATIONS_WRITE)


def may_register_connectors(developer: Developer) -> bool:
    """Whether this person's connectors are taken, by the same policy."""
    policy = developer.tenant.org.registration
    return policy.welcomes(developer.kind) or developer.author.may(Permission.CONNECTORS_WRITE)


def welcome_of(developer: Developer, locale: Locale) -> dict[str, object]:
    """What the pages need to know to show the form, or the reason why there is none."""
    policy = developer.tenant.org.registration
    return {
        "may_register": may_register(developer),
        "by_request": policy.mode == "by_request",
        "message": policy.message(locale),
    }
