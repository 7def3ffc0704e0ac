"""What is typed about an application: read, compared with what is there, and shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from doorward.clients import Application, ApplicationChange, ApplicationKind, NewApplication
from doorward.console.admin import LOCALHOST, Problem, split_lines
from doorward.console.developer.model import Developer
from doorward.protocol import AuthMethod, Parameters

__all__ = [
    "ADDRESSES",
    "DETAILS",
    "advise",
    "change_of",
    "find_kind",
    "parse_addresses",
    "parse_details",
    "parse_new",
    "shown_addresses",
    "shown_details",
]

DETAILS: Final = (
    "name",
    "description",
    "company",
    "contact_email",
    "homepage_url",
    "reason",
    "privacy_url",
    "terms_url",
)
"""The texts of an application; only the name has to be there."""
ADDRESSES: Final = ("redirect_uris", "post_logout_redirect_uris")
"""The lists of addresses, one in a line."""
_METHODS: Final[Mapping[ApplicationKind, AuthMethod]] = {
    "web": AuthMethod.BASIC,
    "spa": AuthMethod.NONE,
    "native": AuthMethod.NONE,
    "service": AuthMethod.BASIC,
}


def parse_details(form: Parameters) -> dict[str, Any]:
    """The texts as an application keeps them: without the spaces around, None for nothing.

    Who is behind it is also what people see as its publisher.
    """
    given: dict[str, Any] = {name: _text(form.get(name)) for name in DETAILS}
    given["name"] = given["name"] or ""
    given["publisher"] = given["company"]
    given["calls_from_backend"] = "calls_from_backend" in form
    return given


def parse_addresses(form: Parameters) -> dict[str, Any]:
    """The addresses, one in a line."""
    return {name: split_lines(form.get(name)) for name in ADDRESSES}


def parse_new(form: Parameters, developer: Developer, **chosen: Any) -> NewApplication:  # noqa: ANN401 - as many types as there are fields
    """A draft of the developer's own, from everything that was typed and ``chosen``.

    Where nothing says where it runs, it is a web application.
    """
    kind = find_kind(form) or "web"
    addresses = parse_addresses(form)
    if kind == "service":
        addresses = dict.fromkeys(ADDRESSES, ())
    return NewApplication(
        org_id=developer.org_id,
        kind=kind,
        auth_method=_METHODS[kind],
        owner_account_id=developer.account.account_id,
        **parse_details(form),
        **addresses,
        **chosen,
    )


def find_kind(form: Parameters) -> ApplicationKind | None:
    """Where it runs, as chosen."""
    return next((each for each in _METHODS if each == form.get("kind")), None)


def change_of(application: Application, given: Mapping[str, Any]) -> ApplicationChange | None:
    """What ``given`` changes of ``application``; None when that is nothing.

    Texts that stand as they were are not touched: a form that is only sent again asks for nothing.
    """
    changed = {name: value for name, value in given.items() if getattr(application, name) != value}
    if set(changed) == {"publisher"}:
        return None
    return ApplicationChange(**changed) if changed else None


def shown_details(application: Application) -> dict[str, str]:
    """The texts, for the fields of a form."""
    return {name: getattr(application, name) or "" for name in DETAILS}


def shown_addresses(application: Application) -> dict[str, str]:
    """The addresses, for the fields of a form."""
    return {name: "\n".join(getattr(application, name)) for name in ADDRESSES}


def advise(given: Mapping[str, Any], known: Application | None = None) -> list[Problem]:
    """What is wrong with addresses on ``localhost``, unless they were registered before."""
    old = set[str]()
    if known is not None:
        old = {*known.redirect_uris, *known.post_logout_redirect_uris}
    return [
        Problem(LOCALHOST, name, each)
        for name in ADDRESSES
        for each in given.get(name, ())
        if each not in old and _is_localhost(each)
    ]


def _is_localhost(address: str) -> bool:
    try:
        return urlsplit(address).hostname == "localhost"
    except ValueError:
        return False


def _text(typed: str | None) -> str | None:
    return (typed or "").strip() or None
