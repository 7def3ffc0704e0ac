"""A token request, read strictly: one way of proving the client, one kind of body, known names."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import fromstring

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from python_multipart import FormParser
from starlette.requests import Request

from tests.support.upstream.platform import CLIENT_ID, Platform, Refused
from tests.support.upstream.switches import NAMES, Switches

__all__ = ["PRIVATE_KEY", "TokenCall", "prove_client", "read_token_call"]

PRIVATE_KEY = ECKey.generate_key("P-256")
"""The key of the client that signs its assertions."""
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_KINDS = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "application/xml",
    "multipart": "multipart/form-data",
}


@dataclass
class TokenCall:
    """What arrived, by the standard's names. ``ways`` are those in which the client is proved."""

    params: dict[str, str]
    ways: dict[str, Any] = field(default_factory=dict)


async def read_token_call(request: Request, switches: Switches) -> TokenCall:
    """Raises ``Refused`` where the request is not as this platform wants it."""
    query = _once(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    ways: dict[str, Any] = {}
    if switches.body == "query":
        if body:
            raise Refused("invalid_request", "a body")
        params, query = query, {}
    else:
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0] != _KINDS[switches.body]:
            raise Refused("invalid_request", f"content type {kind}", 415)
        params = await _fields(request, body, switches)
    if any(value == "" for value in {**params, **query}.values()):
        raise Refused("invalid_request", "an empty parameter")
    params, query = _standard(params, switches), _standard(query, switches)
    # Where all of it stands in the query, that is where the secret is, too.
    _collect_ways(request, params, params if switches.body == "query" else query, ways)
    if query:
        raise Refused("invalid_request", f"in the query: {sorted(query)}")
    return TokenCall(params, ways)


def _collect_ways(
    request: Request, params: dict[str, str], query: dict[str, str], ways: dict[str, Any]
) -> None:
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("Basic "):
        ways["basic"] = tuple(b64decode(authorization[6:]).decode().split(":", 1))
    if "x-client-key" in request.headers:
        ways["custom"] = (request.headers["x-client-key"], request.headers.get("x-client-secret"))
    if "client_assertion" in params:
        ways["assertion"] = params.pop("client_assertion")
        ways["assertion_type"] = params.pop("client_assertion_type", "")
    if "client_secret" in query:
        ways["query"] = (query.pop("client_id", ""), query.pop("client_secret"))
    if "client_secret" in params:
        ways["post"] = (params.pop("client_id", ""), params.pop("client_secret"))
    elif "client_id" in params:
        ways["client_id"] = params.pop("client_id")


def prove_client(platform: Platform, call: TokenCall, auth: str, url: str) -> None:
    """Raise ``Refused`` unless the client proved itself in this way, and in no other."""
    ways = call.ways
    ways_given = set(ways) - {"client_id", "assertion_type"}
    expected = {
        "basic": {"basic"}, "key_as_user": {"basic"}, "post": {"post"}, "query": {"query"},
        "custom": {"custom"}, "none": set(),
        "client_secret_jwt": {"assertion"}, "private_key_jwt": {"assertion"},
    }[auth]  # fmt: skip
    if len(ways_given) > 1:
        raise Refused("invalid_request", "multiple_client_credentials")
    if ways_given != expected:
        raise Refused("invalid_client", f"proved by {sorted(ways_given)}", 401)
    if auth in {"basic", "post", "query", "custom"}:
        client_id, secret = ways[auth]
        good = client_id == CLIENT_ID and secret in platform.secrets
    elif auth == "key_as_user":
        good = ways["basic"][0] in platform.secrets and ways["basic"][1] == ""
    elif auth == "none":
        good = ways.get("client_id") == CLIENT_ID
    else:
        good = _is_good_assertion(platform, call, auth, url)
    if not good:
        raise Refused("invalid_client", "not this client", 401)
    if auth in {"basic", "key_as_user", "custom"} and "client_id" in ways:
        raise Refused("invalid_request", "client_id beside its proof")


def _is_good_assertion(platform: Platform, call: TokenCall, auth: str, url: str) -> bool:
    keys: list[Any] = [PRIVATE_KEY]
    algorithms = ["ES256"]
    if auth == "client_secret_jwt":
        keys, algorithms = [OctKey.import_key(s) for s in platform.secrets], ["HS256"]
    for key in keys:
        try:
            claims = jwt.decode(call.ways["assertion"], key, algorithms=algorithms).claims
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            continue
        now = platform.clock.now // 1_000_000
        once = claims["jti"] not in platform.seen_assertions
        platform.seen_assertions.add(claims["jti"])
        return (
            once
            and (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT_ID, CLIENT_ID, url)
            and now < claims["exp"] <= now + 600
            and call.ways["assertion_type"] == _ASSERTION_TYPE
        )
    return False


async def _fields(request: Request, body: bytes, switches: Switches) -> dict[str, str]:
    if switches.body == "json":
        document = json.loads(body)
        if not all(isinstance(value, str) for value in document.values()):
            raise Refused("invalid_request", "values are strings")
        return dict(document)
    if switches.body == "xml":
        root = fromstring(body)
        return _once((child.tag, child.text or "") for child in root)
    if switches.body == "multipart":
        return _multipart(request, body)
    return _once(parse_qsl(body.decode(), keep_blank_values=True))


def _multipart(request: Request, body: bytes) -> dict[str, str]:
    found: list[tuple[str, str]] = []
    _, _, boundary = request.headers["content-type"].partition("boundary=")

    def on_field(each: Any) -> None:
        found.append((each.field_name.decode(), (each.value or b"").decode()))

    parser = FormParser("multipart/form-data", on_field, lambda _: None, boundary=boundary.encode())
    parser.write(body)
    parser.finalize()
    return _once(found)


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(pairs)
    if any(times > 1 for times in Counter(name for name, _ in pairs).values()):
        raise Refused("invalid_request", "a parameter twice")
    return dict(pairs)


def _standard(params: dict[str, str], switches: Switches) -> dict[str, str]:
    """By the standard's names; the standard's own are unknown to a platform with others."""
    if not switches.renamed:
        return params
    back = {own: name for name, own in NAMES.items()}
    if set(params) & set(NAMES):
        raise Refused("invalid_request", f"unknown: {sorted(set(params) & set(NAMES))}")
    return {back.get(name, name): value for name, value in params.items()}
