"""discovery and jwks: the two documents that every client library fetches."""

from __future__ import annotations

from typing import Any

from bench.load import Operation, Wrong
from bench.samples import Samples
from bench.target import Target
from bench.wire import get
from bench.works.prepared import Prepared, endpoint, expect

__all__ = ["prepare_discovery", "prepare_jwks"]


async def prepare_discovery(target: Target, connections: int) -> Prepared:
    """The discovery document (OpenID Connect Discovery 1.0 section 4)."""
    endpoint(target, "jwks_uri")  # a subject without it publishes no documents

    def judge(document: dict[str, Any], _about: object) -> str | None:
        right = document.get("issuer") == target.issuer and document.get("token_endpoint")
        return None if right else f"not this issuer's document: {document}"

    url = f"{target.issuer}/.well-known/openid-configuration"
    return _document(url, b'"issuer"', judge, connections)


async def prepare_jwks(target: Target, connections: int) -> Prepared:
    """The signing keys (RFC 7517 section 5)."""

    def judge(document: dict[str, Any], _about: object) -> str | None:
        keys = document.get("keys")
        right = isinstance(keys, list) and keys and all("d" not in key for key in keys)
        return None if right else f"not a set of public keys: {document}"

    return _document(endpoint(target, "jwks_uri"), b'"keys"', judge, connections)


def _document(url: str, must_hold: bytes, judge: Any, connections: int) -> Prepared:  # noqa: ANN401
    request = get(url)
    samples = Samples()

    def operation() -> Operation[None]:
        answer = yield request
        expect(answer, 200, url)
        if must_hold not in answer.body:
            raise Wrong(f"{url}: no {must_hold.decode()}")
        samples.offer(answer.body)

    async def check() -> list[str]:
        return samples.judge(judge)

    return Prepared([operation] * connections, check)
