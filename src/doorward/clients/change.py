"""What is asked to be changed of an application."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import msgspec

from doorward.clients.model import Application, IdTokenAlg
from doorward.protocol import AuthMethod

__all__ = ["REVIEWED", "TOLD", "ApplicationChange", "reviewed_fields"]

REVIEWED: Final = (
    "name",
    "description",
    "publisher",
    "company",
    "homepage_url",
    "privacy_url",
    "terms_url",
    "logo",
    "reason",
    "calls_from_backend",
    "auth_method",
    "grant_types",
    "redirect_uris",
    "post_logout_redirect_uris",
    "scopes",
    "purposes",
    "optional_scopes",
    "id_token_alg",
)
"""What a reviewer answers for, in the order in which it is read. Secrets, contact and testers are
the owner's own."""

TOLD: Final = (
    "name",
    "publisher",
    "homepage_url",
    "privacy_url",
    "terms_url",
    "auth_method",
    "grant_types",
    "redirect_uris",
    "post_logout_redirect_uris",
    "scopes",
    "optional_scopes",
    "trusted",
    "id_token_alg",
    "owner_account_id",
    "logo",
    "quota_a_minute",
)
"""What the audit log says of an application before and after a change."""

_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "redirect_uris": tuple,
    "post_logout_redirect_uris": tuple,
    "scopes": tuple,
    "optional_scopes": tuple,
    "grant_types": frozenset,
    "auth_method": AuthMethod,
    "purposes": dict,
}
"""What a given value becomes in an application; any other stays as it is."""


@dataclass(frozen=True, slots=True)
class ApplicationChange:
    """What to change; a field that is ``msgspec.UNSET`` stays as it is.

    The kind of an application and of the accounts that it signs in never change.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    publisher: str | msgspec.UnsetType | None = msgspec.UNSET
    homepage_url: str | msgspec.UnsetType | None = msgspec.UNSET
    privacy_url: str | msgspec.UnsetType | None = msgspec.UNSET
    terms_url: str | msgspec.UnsetType | None = msgspec.UNSET
    contact_email: str | msgspec.UnsetType | None = msgspec.UNSET
    auth_method: AuthMethod | msgspec.UnsetType = msgspec.UNSET
    grant_types: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    redirect_uris: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    post_logout_redirect_uris: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    scopes: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    trusted: bool | msgspec.UnsetType = msgspec.UNSET
    id_token_alg: IdTokenAlg | msgspec.UnsetType = msgspec.UNSET
    owner_account_id: int | msgspec.UnsetType | None = msgspec.UNSET
    company: str | msgspec.UnsetType | None = msgspec.UNSET
    reason: str | msgspec.UnsetType | None = msgspec.UNSET
    calls_from_backend: bool | msgspec.UnsetType = msgspec.UNSET
    purposes: Mapping[str, str] | msgspec.UnsetType = msgspec.UNSET
    optional_scopes: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    logo: str | msgspec.UnsetType | None = msgspec.UNSET
    quota_a_minute: int | msgspec.UnsetType | None = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def only(self, wanted: Collection[str]) -> ApplicationChange:
        """The part of the change that is about the fields ``wanted``."""
        return ApplicationChange(**{n: getattr(self, n) for n in self.names() if n in wanted})

    def merged(self, later: ApplicationChange) -> ApplicationChange:
        """This change with what ``later`` gives instead."""
        return replace(self, **{name: getattr(later, name) for name in later.names()})

    def to_json(self) -> str:
        """The change as it is stored."""
        return msgspec.json.encode(
            {name: _written(getattr(self, name)) for name in self.names()}
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> ApplicationChange:
        """Read what ``to_json`` wrote."""
        return cls(**msgspec.json.decode(text, type=dict[str, Any]))

    def applied(self, application: Application, now: int) -> Application:
        """``application`` with the change, at ``now``, not yet verified.

        Where scopes go, what was said of them goes with them.
        """
        given = {name: _read(name, getattr(self, name)) for name in self.names()}
        scopes = given.get("scopes", application.scopes)
        if "purposes" not in given:
            kept = {name: text for name, text in application.purposes.items() if name in scopes}
            given["purposes"] = kept
        if "optional_scopes" not in given:
            given["optional_scopes"] = tuple(
                name for name in application.optional_scopes if name in scopes
            )
        return replace(application, **given, updated_at=now)


def reviewed_fields(application: Application) -> dict[str, Any]:
    """What a review is about, as JSON knows it."""
    return {name: _written(getattr(application, name)) for name in REVIEWED}


def _written(value: Any) -> Any:  # noqa: ANN401 - as many types as there are fields
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, AuthMethod):
        return value.value
    return list(value) if isinstance(value, tuple | list) else value


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - as many types as there are fields
    return _READ[name](value) if name in _READ else value
