"""What other platforms answer, and what comes back from them through a browser."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import msgspec

from doorward.connectors import ClientCredentials, Plan, UpstreamFailure, parse_manifest
from doorward.connectors.requests import Success
from doorward.connectors.upstream.answers import find_at, is_success, read_answer, text_at
from doorward.connectors.upstream.callback import read_callback, verify_callback
from doorward.connectors.upstream.grant_reading import carry_forward, read_claims, read_grant
from doorward.connectors.upstream.known import know
from doorward.connectors.upstream.markup import BadMarkup, read_xml
from doorward.connectors.upstream.parties import read_party
from doorward.crypto import Secret
from doorward.http import OutboundReply
from fuzz.target import Target, holds
from fuzz.texts import PART, header, pieces, text

__all__ = ["ANSWERS"]

_NOW = 1_790_000_000_000_000
_COLUMN = 1 << 63


def _plan() -> Plan:
    """A platform of which everything is asked that an answer can hold."""
    manifest = parse_manifest(
        {
            "doorward": 1,
            "slug": "crm",
            "name": "CRM",
            "verified": True,
            "variables": [{"name": "region", "source": "callback", "required": False}],
            "auth_options": [
                {
                    "name": "oauth",
                    "type": "oauth2_code",
                    "authorize": {"url": "https://crm.example.com/authorize"},
                    "token": {"url": "https://crm.example.com/token"},
                    "callback": {"capture": [{"path": "region", "to": "region"}]},
                    "response": {
                        "expires_at": "expires_at",
                        "refresh_expires_in": "refresh_expires_in",
                    },
                    "identity": {"account_id": "user.id", "account_name": "user.name"},
                }
            ],
        }
    )
    client = ClientCredentials("client", (Secret("a secret of the client"),))
    return Plan(manifest=manifest, option=manifest.auth_options[0], client=client)


_PLAN = _plan()
_SIGNED = replace(
    _PLAN,
    option=msgspec.structs.replace(
        _PLAN.option,
        callback=msgspec.convert(
            {"verify": {"param": "hmac"}, "check_issuer": "https://crm.example.com"},
            type(_PLAN.option.callback),
        ),
    ),
)


def _reply(data: bytes) -> OutboundReply:
    """An answer: its content type, when to come again, and its body."""
    mark = PART.encode()
    kind, _, rest = data.partition(mark)
    wait, _, body = rest.partition(mark)
    return OutboundReply(200, (("content-type", header(kind)), ("retry-after", header(wait))), body)


def _answer(data: bytes) -> None:
    answer = read_answer(_reply(data), now=_NOW)
    wait = answer.retry_after_s
    holds(wait is None or 0 <= wait <= 86_400, "a wait without an end")
    is_success(answer, Success(path="a.b", equals="1"))
    for path in ("a", "a.b.0", "0", "@id", "a..b", "."):
        text_at(answer.content, path)
        find_at(answer.content, path)


def _grant(data: bytes) -> None:
    answer = read_answer(_reply(data), now=_NOW)
    grant = read_grant(_PLAN, answer, now=_NOW)
    for at in (grant.expires_at, grant.refresh_expires_at, grant.lifetime_s):
        holds(at is None or abs(at) < _COLUMN, "a time that no column holds")
    holds(grant.access_token.reveal(), "an empty token")
    carry_forward(read_grant(_PLAN, answer, now=_NOW, kept=grant), grant)


def _claims(data: bytes) -> None:
    read_claims(Secret(text(data)))


def _xml(data: bytes) -> None:
    content = read_xml(data)
    holds(content, "an empty document")
    if _PLAN.option.identity is not None:
        read_party(_PLAN.option.identity, content)


def _callback(data: bytes) -> None:
    callback = dict(parse_qsl(text(data), keep_blank_values=True, errors="replace"))
    for value in read_callback(_PLAN, callback).values():
        holds("." not in value and "/" not in value, "a value that names a host")
    verify_callback(_PLAN, callback, know(_PLAN))


def _signed_callback(data: bytes) -> None:
    callback = dict(parse_qsl(text(data), keep_blank_values=True, errors="replace"))
    verify_callback(_SIGNED, callback, know(_SIGNED))
    holds(promise=False, otherwise="a forged signature is right")


def _redacted(data: bytes) -> None:
    secret, told = pieces(data, 2)
    known = know(_PLAN).plus_secret({"api_key": secret[:64]})
    shown = known.redact(told + secret[:64] + told)
    holds(len(shown) <= 200, "a long story")
    holds(len(secret[:64].strip()) < 8 or secret[:64] not in shown, "a secret is repeated")


_ANSWERS = (
    "application/json\x1f\x1f", '{"access_token":"', '"expires_in":', '"refresh_token":"',
    '"scope":"', "application/x-www-form-urlencoded\x1f\x1f", "access_token=", "&expires_in=3600",
    "text/xml\x1f\x1f<a>", "1e308", '"expires_at":"2030-01-01T00:00:00Z"', "-1", "\x1f",
)  # fmt: skip

ANSWERS = (
    Target("answers.read", _answer, (), _ANSWERS),
    Target("answers.grant", _grant, (UpstreamFailure,), _ANSWERS),
    Target("answers.claims", _claims, (), (".", "eyJhIjoxfQ", "====")),
    Target("answers.xml", _xml, (BadMarkup,), ("<a>", "</a>", "<!DOCTYPE", "&#0;", "<?xml", "x:y")),
    Target("answers.callback", _callback, (UpstreamFailure,), ("code=", "&state=", "&error=")),
    Target("answers.signed_callback", _signed_callback, (UpstreamFailure,), ("hmac=", "&iss=")),
    Target("answers.redacted", _redacted, (), ("\x1f", "Bearer ", "\u2028")),
)
