"""client_credentials: a service application asks for an opaque access token (RFC 6749 4.4)."""

from __future__ import annotations

import itertools
import json
from typing import Any

from bench.load import Operation
from bench.samples import Samples
from bench.target import Target
from bench.wire import post
from bench.works.prepared import ACCESS_TOKEN, Prepared, endpoint, introspect, string_in

__all__ = ["prepare_client_credentials"]


async def prepare_client_credentials(target: Target, connections: int) -> Prepared:
    """Every connection sends the same request; every answer must hold a token."""
    request = post(
        endpoint(target, "token_endpoint"),
        {"grant_type": "client_credentials"},
        target.service.authorization,
    )
    samples = Samples()

    def operation() -> Operation[None]:
        answer = yield request
        string_in(answer, ACCESS_TOKEN, "client credentials")
        samples.offer(answer.body)

    async def check() -> list[str]:
        seen: set[str] = set()

        def judge(document: dict[str, Any], _about: object) -> str | None:
            return _verdict(document, seen)

        found = samples.judge(judge)
        # The last tokens must work: every process of the server knows what any answered with.
        for body, address in itertools.product(samples.recent, target.addresses):
            said = await introspect(target, json.loads(body)["access_token"], address)
            if said.get("active") is not True:
                found.append(f"a token just issued is not active at {address}: {said}")
        samples.recent.clear()
        return found

    return Prepared([operation] * connections, check)


def _verdict(document: dict[str, Any], seen: set[str]) -> str | None:
    token = document.get("access_token")
    lifetime = document.get("expires_in")
    if not isinstance(token, str) or token in seen:
        return f"a token that is not new: {document}"
    seen.add(token)
    if str(document.get("token_type")).lower() != "bearer":
        return f"not a bearer token: {document}"
    if not isinstance(lifetime, int) or lifetime <= 0:
        return f"a token without a lifetime: {document}"
    return None
