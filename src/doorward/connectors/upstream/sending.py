"""Sending a request that was put together, and the words for what can become of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.crypto import Random, Secret
from doorward.http import Forbidden, NoAnswer, NotSent, Outbound, OutboundReply, OutboundRequest

__all__ = ["Body", "Parcel", "add_query", "encode_fields", "identity_of", "send", "verify_address"]

_REASONS = {
    "certificate": Category.CONFIGURATION,
    "header": Category.MANIFEST,
    "method": Category.MANIFEST,
}
"""What was refused before sending and is not about the address."""

Body = Literal["form", "json", "query", "xml", "multipart", "none"]


@dataclass
class Parcel:
    """A request while it is put together."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    identity: Secret[str] | None = None

    def set_header(self, name: str, value: str, *, over: bool = True) -> None:
        """Give a header its only value, unless it has one that goes first."""
        same = next((each for each in self.headers if each.lower() == name.lower()), None)
        if same is not None and not over:
            return
        self.headers.pop(same or name, None)
        self.headers[name] = value

    def sealed(self, *, timeout_s: float, max_bytes: int) -> OutboundRequest:
        """The request as it is sent."""
        return OutboundRequest(
            self.method,
            add_query(self.url, self.query),
            self.headers,
            self.body,
            timeout_s,
            max_bytes,
            self.identity,
        )


def add_query(url: str, query: dict[str, str]) -> str:
    """``url`` with more parameters, each encoded once."""
    if not query:
        return url
    joint = "&" if "?" in url else "?"
    return url + ("" if url.endswith(("?", "&")) else joint) + urlencode(query, quote_via=quote)


def encode_fields(fields: dict[str, str], body: Body, random: Random) -> tuple[bytes, str]:
    """Fields as a body and its content type, for the bodies that are made of fields."""
    if body == "json":
        return msgspec.json.encode(fields), "application/json"
    if body == "multipart":
        boundary = random(16).hex()
        parts = [
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{quote(name, safe="")}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        whole = "".join(parts) + f"--{boundary}--\r\n"
        return whole.encode(), f"multipart/form-data; boundary={boundary}"
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def identity_of(plan: Plan) -> Secret[str]:
    """The client's key with its certificates. Raises ``UpstreamFailure`` where there is none."""
    own = plan.client.private_key if plan.client is not None else None
    identity = own or plan.secret_values.get("private_key")
    if identity is None:
        raise UpstreamFailure(Category.CONFIGURATION, "no_certificate", sent=False)
    return identity


def verify_address(outbound: Outbound, url: str) -> str:
    """``url``, which leads where something may be sent. Raises ``UpstreamFailure``."""
    try:
        outbound.verify_url(url)
    except Forbidden as error:
        raise _forbidden(error) from None
    return url


async def send(outbound: Outbound, request: OutboundRequest) -> OutboundReply:
    """What came back, whatever its status. Raises ``UpstreamFailure`` where nothing did."""
    try:
        return await outbound.send(request)
    except Forbidden as error:
        raise _forbidden(error) from None
    except NotSent as error:
        raise UpstreamFailure(
            Category.TRANSIENT, "unreachable", detail=str(error), sent=False
        ) from None
    except NoAnswer as error:
        raise UpstreamFailure(Category.TRANSIENT, "no_answer", detail=str(error)) from None


def _forbidden(error: Forbidden) -> UpstreamFailure:
    category = _REASONS.get(error.reason, Category.FORBIDDEN_ADDRESS)
    return UpstreamFailure(category, f"forbidden_{error.reason}", sent=False)
