"""introspection: a service application asks about its own live tokens (RFC 7662)."""

from __future__ import annotations

import itertools
import time
from typing import Any

from bench.load import Lane, Operation, Wrong
from bench.samples import Samples
from bench.target import Target
from bench.wire import post
from bench.works.prepared import Prepared, endpoint, expect, introspect, mint_token

__all__ = ["prepare_introspection"]

_TOKENS = 256
_PATIENCE_S = 10.0


async def prepare_introspection(target: Target, connections: int) -> Prepared:
    """The connections ask in turn about up to 256 tokens; every answer must call it active."""
    url = endpoint(target, "introspection_endpoint")
    tokens = await _tokens(target, connections)
    if (await introspect(target, tokens[0][::-1])).get("active") is not False:
        raise Wrong(f"{target.subject} calls a token active that it never issued")
    requests = [post(url, {"token": token}, target.asking) for token in tokens]
    samples = Samples()

    def lane(first: int) -> Lane:
        turn = itertools.cycle(requests[first:] + requests[:first])

        def operation() -> Operation[None]:
            answer = yield next(turn)
            expect(answer, 200, "introspection")
            body = answer.body
            if b'"active":true' not in body and b'"active": true' not in body:
                raise Wrong(f"introspection: not active: {body[:160].decode(errors='replace')}")
            samples.offer(body)

        return operation

    def judge(document: dict[str, Any], _about: object) -> str | None:
        if document.get("active") is not True:
            return f"not active: {document}"
        if document.get("client_id") != target.service.client_id:
            return f"another client's token: {document}"
        if not isinstance(document.get("exp"), int) or document["exp"] <= time.time():
            return f"active, yet expired: {document}"
        return None

    async def check() -> list[str]:
        return samples.judge(judge)

    number = len(tokens)
    step = max(1, number // connections)
    return Prepared([lane(n * step % number) for n in range(connections)], check)


async def _tokens(target: Target, least: int) -> list[str]:
    """256 tokens, or as many as a slow server issues within ten seconds, and at least ``least``."""
    began = time.monotonic()
    tokens: list[str] = []
    while len(tokens) < _TOKENS:
        if len(tokens) >= least and time.monotonic() - began > _PATIENCE_S:
            break
        tokens.append(await mint_token(target))
    return tokens
