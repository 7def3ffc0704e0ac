"""What every work hands to the load, and the words that the works share."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load import Lane, Operation, Wrong, run_script
from bench.target import Address, Target
from bench.wire import Answer, field_of, post

__all__ = [
    "ACCESS_TOKEN",
    "Prepared",
    "Unsupported",
    "endpoint",
    "expect",
    "fetch",
    "introspect",
    "mint_token",
    "signed_with",
    "string_in",
]

ACCESS_TOKEN = b'"access_token"'


class Unsupported(Exception):
    """The subject does not do this work."""


async def _nothing_more() -> list[str]:
    return []


@dataclass(frozen=True)
class Prepared:
    """A work made ready for one subject.

    ``lanes`` has one maker of operations for each connection; ``check`` runs after every round and
    answers what was wrong with the answers kept from it; ``notes`` says what the answers held, so
    that subjects which do different work are noticed.
    """

    lanes: Sequence[Lane]
    check: Callable[[], Awaitable[list[str]]] = _nothing_more
    notes: Mapping[str, str] = field(default_factory=dict)


def endpoint(target: Target, name: str) -> str:
    """The address of an endpoint by its discovery name. Raises ``Unsupported``."""
    found = target.endpoints.get(name)
    if found is None:
        raise Unsupported(f"{target.subject} has no {name}")
    return found


def expect(answer: Answer, status: int, what: str) -> None:
    """Raise ``Wrong`` unless the status is the right one."""
    if answer.status != status:
        raise Wrong(f"{what}: status {answer.status} {answer.body[:160].decode(errors='replace')}")


def string_in(answer: Answer, name: bytes, what: str) -> bytes:
    """The string value of ``name`` in a JSON answer of status 200. Raises ``Wrong``."""
    expect(answer, 200, what)
    value = field_of(answer.body, name)
    if not value:
        raise Wrong(f"{what}: no {name.decode()} in {answer.body[:160].decode(errors='replace')}")
    return value


def fetch(request: bytes, what: str) -> Operation[dict[str, Any]]:
    """One request whose answer is a JSON object of status 200."""
    answer = yield request
    expect(answer, 200, what)
    document = json.loads(answer.body)
    if not isinstance(document, dict):
        raise Wrong(f"{what}: not a JSON object")
    return document


async def mint_token(target: Target) -> str:
    """A new access token of the service application."""
    request = post(
        endpoint(target, "token_endpoint"),
        {"grant_type": "client_credentials"},
        target.service.authorization,
    )
    document = await run_script(target.address, fetch(request, "client credentials"))
    return str(document["access_token"])


async def introspect(target: Target, token: str, at: Address | None = None) -> dict[str, Any]:
    """What the introspection endpoint says of ``token`` to the service application.

    ``at`` is the process that is asked, the first unless it is named.
    """
    request = post(endpoint(target, "introspection_endpoint"), {"token": token}, target.asking)
    return await run_script(at or target.address, fetch(request, "introspection"))


def signed_with(jwt: str | None) -> str:
    """The algorithm of a JWT, or "none sent"."""
    if not jwt:
        return "none sent"
    head = jwt.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"])
