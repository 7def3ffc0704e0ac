"""Signatures over whole calls: OAuth 1.0a with tokens made beforehand, and Amazon's fourth."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha1, sha256
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from doorward.connectors.grants import Category, UpstreamFailure
from doorward.connectors.requests import Signature
from doorward.connectors.upstream.known import Known
from doorward.crypto import Random
from doorward.http import OutboundRequest

__all__ = ["Keys", "sign", "sign_oauth1", "sign_sigv4"]

_FORM = "application/x-www-form-urlencoded"
_HASHES = {"HMAC-SHA1": sha1, "HMAC-SHA256": sha256}
_SECOND = 1_000_000
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Keys:
    """What a call is signed with; each value as it is."""

    key: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    token_secret: str = field(default="", repr=False)
    realm: str = ""
    region: str = ""
    service: str = ""


def sign(
    rule: Signature, known: Known, request: OutboundRequest, *, now: int, random: Random
) -> OutboundRequest:
    """``request`` with its signature, over what it is and what it carries.

    Raises ``UpstreamFailure`` where a value is missing.
    """
    names = ("key", "secret", "token", "token_secret", "realm", "region", "service")
    keys = Keys(**{name: known.fill(getattr(rule, name), "text") for name in names})
    if not keys.key or not keys.secret:
        raise UpstreamFailure(Category.CONFIGURATION, "no_signing_key", sent=False)
    if rule.kind == "sigv4":
        headers = sign_sigv4(keys, request, at=datetime.fromtimestamp(now // _SECOND, UTC))
    else:
        headers = {
            "Authorization": sign_oauth1(
                keys, request, method=rule.method, at=now // _SECOND, nonce=random(16).hex()
            )
        }
    kept = {name: value for name, value in request.headers.items() if name not in headers}
    return replace(request, headers={**kept, **headers})


def sign_oauth1(
    keys: Keys,
    request: OutboundRequest,
    *,
    method: Literal["HMAC-SHA1", "HMAC-SHA256"],
    at: int,
    nonce: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The ``Authorization`` header of RFC 5849 3.5.1; ``more`` goes into it beside the usual."""
    protocol = {
        "oauth_consumer_key": keys.key,
        "oauth_nonce": nonce,
        "oauth_signature_method": method,
        "oauth_timestamp": str(at),
        "oauth_version": "1.0",
    } | ({"oauth_token": keys.token} if keys.token else {})
    protocol |= more
    signed = _oauth1_text(request, protocol)
    under = f"{_encoded(keys.secret)}&{_encoded(keys.token_secret)}"
    mac = hmac.digest(under.encode(), signed.encode(), _HASHES[method])
    given = {"realm": keys.realm} if keys.realm else {}
    given |= protocol | {"oauth_signature": b64encode(mac).decode()}
    return "OAuth " + ", ".join(f'{name}="{_encoded(value)}"' for name, value in given.items())


def _oauth1_text(request: OutboundRequest, protocol: Mapping[str, str]) -> str:
    """The signature base string of RFC 5849 3.4.1."""
    parts = urlsplit(request.url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *protocol.items()]
    if _content_type(request) == _FORM:
        pairs += parse_qsl(request.body.decode("ascii", "replace"), keep_blank_values=True)
    where = f"{parts.scheme}://{_host(request.url)}{parts.path or '/'}"
    texts = (request.method, where, _sorted_query(pairs))
    return "&".join(_encoded(text) for text in texts)


def sign_sigv4(keys: Keys, request: OutboundRequest, *, at: datetime) -> dict[str, str]:
    """The headers of a signed call, as Amazon's documentation of version 4 composes them."""
    day, instant = at.strftime("%Y%m%d"), at.strftime("%Y%m%dT%H%M%SZ")
    payload = sha256(request.body).hexdigest()
    headers = {"X-Amz-Date": instant}
    if keys.service == "s3":
        headers["X-Amz-Content-Sha256"] = payload
    if keys.token:
        headers["X-Amz-Security-Token"] = keys.token
    covered = {"host": _host(request.url), **{n.lower(): v for n, v in headers.items()}}
    names = ";".join(sorted(covered))
    canonical = "\n".join(
        (
            request.method,
            _sigv4_path(request.url, keys.service),
            _sorted_query(parse_qsl(urlsplit(request.url).query, keep_blank_values=True)),
            *(f"{name}:{covered[name]}" for name in sorted(covered)),
            "",
            names,
            payload,
        )
    )
    scope = f"{day}/{keys.region}/{keys.service}/aws4_request"
    digest = sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{instant}\n{scope}\n{digest}"
    under = f"AWS4{keys.secret}".encode()
    for step in (day, keys.region, keys.service, "aws4_request"):
        under = hmac.digest(under, step.encode(), sha256)
    signature = hmac.digest(under, text.encode(), sha256).hex()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _sigv4_path(url: str, service: str) -> str:
    """Each segment encoded once more than in the URL, but for s3, which takes it as it is."""
    path = urlsplit(url).path or "/"
    return path if service == "s3" else quote(quote(unquote(path), safe="/-_.~"), safe="/-_.~")


def _host(url: str) -> str:
    """Host, and the port where it is not the scheme's own, as the ``Host`` header has them."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    return host.removesuffix(f":{_PORTS[parts.scheme]}")


def _sorted_query(pairs: Iterable[tuple[str, str]]) -> str:
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _content_type(request: OutboundRequest) -> str:
    found = (value for name, value in request.headers.items() if name.lower() == "content-type")
    return next(found, "").partition(";")[0].strip().lower()


def _encoded(text: str) -> str:
    """RFC 5849 3.6, which Amazon shares."""
    return quote(text, safe="-._~")
