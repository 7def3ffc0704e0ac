"""client_credentials_jwt: a service application asks for a signed access token (RFC 9068)."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bench.load import Operation, Wrong, run_script
from bench.samples import Samples
from bench.target import Signed, Target
from bench.wire import get, post
from bench.works.prepared import ACCESS_TOKEN, Prepared, Unsupported, endpoint, fetch, string_in

__all__ = ["prepare_signed", "verdict_of"]


async def prepare_signed(target: Target, connections: int) -> Prepared:
    """Every connection sends the same request; every answer must hold a JWT for the API."""
    signed = target.signed
    if signed is None:
        raise Unsupported(f"{target.subject} signs no access tokens")
    request = post(
        endpoint(target, "token_endpoint"),
        {"grant_type": "client_credentials", **signed.asks},
        signed.client.authorization,
    )
    published = get(endpoint(target, "jwks_uri"))
    keys = await run_script(target.address, fetch(published, "signing keys"))
    public = KeySet.import_key_set({"keys": keys["keys"]})
    samples = Samples()
    seen: set[str] = set()

    def operation() -> Operation[None]:
        answer = yield request
        if string_in(answer, ACCESS_TOKEN, "client credentials").count(b".") != 2:
            raise Wrong("client credentials: the access token is no JWT")
        samples.offer(answer.body)

    def judge(document: dict[str, Any], _about: object) -> str | None:
        return verdict_of(document, public, target.issuer, signed, seen)

    async def check() -> list[str]:
        return samples.judge(judge)

    return Prepared([operation] * connections, check, {"access_token": signed.alg})


def verdict_of(
    document: dict[str, Any], keys: KeySet, issuer: str, signed: Signed, seen: set[str]
) -> str | None:
    """What is wrong with a token answer (RFC 9068 2.2, 4); its ``jti`` must not be among ``seen``.

    It is added there.
    """
    try:
        token = jwt.decode(document["access_token"], keys, algorithms=[signed.alg])
        jwt.JWTClaimsRegistry(
            now=int(time.time()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": signed.audience},
            client_id={"essential": True, "value": signed.client.client_id},
            exp={"essential": True},
            jti={"essential": True},
        ).validate(token.claims)
    except (JoseError, KeyError, ValueError) as error:
        return f"an access token that does not verify: {error!r}"
    if token.header.get("typ") != "at+jwt":
        return f"not an access token: {token.header}"
    if token.claims["jti"] in seen:
        return f"issued twice: {token.claims}"
    seen.add(token.claims["jti"])
    return None
