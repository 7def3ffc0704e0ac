"""A call of the platform's contract: where each parameter and each credential is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from doorward.dialects.app_connect.errors import NoPlatform, Said
from doorward.http import Call
from doorward.orgs import Tenant, tenant_of
from doorward.protocol import Parameters

__all__ = ["AppCall", "read_call", "text_values"]

_BEARER: Final = "bearer "
_LONGEST_NAME: Final = 100
_MOST: Final = 200
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class AppCall:
    """One request, read: its query, and its body as an object."""

    call: Call
    tenant: Tenant
    query: Parameters
    body: Mapping[str, Any]

    @property
    def org_id(self) -> str:
        """The organization that is asked."""
        return self.tenant.org_id

    @property
    def account_token(self) -> str | None:
        """The access token of an account here, in the place of RingCentral's.

        The header comes first, then the body, then the query.
        """
        header = (self.call.header(b"x-rc-access-token") or "").strip()
        if header.lower().startswith(_BEARER):
            header = header[len(_BEARER) :].strip()
        return header or self.text("rcAccessToken") or self.query.get("rcAccessToken")

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header; None where there is no such header."""
        header = self.call.authorization()
        if header is None or not header.strip():
            return None
        scheme, _, value = header.strip().partition(" ")
        return value.strip() if scheme.lower() == _BEARER.strip() else ""

    def text(self, name: str) -> str:
        """A text of the body; empty where there is none."""
        value = self.body.get(name)
        return value.strip() if isinstance(value, str) else ""

    def object(self, name: str) -> Mapping[str, Any]:
        """An object of the body; empty where there is none."""
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}

    def platform(self) -> str:
        """The platform that is named, in the query or the body. Raises ``NoPlatform``."""
        name = self.find_platform()
        if not name:
            raise NoPlatform
        return name

    def find_platform(self) -> str:
        """The same; empty where none is named."""
        return (self.query.get("platform") or self.text("platform"))[:_LONGEST_NAME]


def read_call(call: Call) -> AppCall:
    """``call``, read. Raises ``Said`` for a body that is no object; ``OAuthError``."""
    # Two of them are refused before anything is done, not when one of them is looked at.
    call.authorization()
    return AppCall(call, tenant_of(call.scope), call.query(), _body_of(call))


def text_values(given: Mapping[str, Any]) -> dict[str, str]:
    """Values of a form: texts as they are, numbers as text; what is neither is left out."""
    values = {}
    for name, value in list(given.items())[:_MOST]:
        if isinstance(value, bool):
            values[name] = str(value).lower()
        elif isinstance(value, str | int | float):
            values[name] = str(value)
    return values


def _body_of(call: Call) -> Mapping[str, Any]:
    if not call.body:
        return {}
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(call.form())
    try:
        body = _decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Said(400, {"error": "The body is not a JSON object."})
    return body
