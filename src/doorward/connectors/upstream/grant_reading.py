"""A token answer as a grant: tokens, scopes, and when they end, in all spellings."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from doorward.connectors.grants import Category, Grant, Party, Plan, UpstreamFailure
from doorward.connectors.upstream.answers import Answer, capture, find_at, text_at
from doorward.connectors.upstream.parties import read_party
from doorward.crypto import Secret

__all__ = ["carry_forward", "read_claims", "read_grant"]

_SECOND = 1_000_000
_ENDLESS_S = 100 * 366 * 86_400
_MILLISECONDS_FROM = 100_000_000_000
"""An instant beyond this many seconds lies three thousand years ahead: it is milliseconds."""
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?\Z", re.ASCII)
_LONGEST_TOKEN = 65_536
_MOST_SCOPES = 500


@dataclass(frozen=True)
class _End:
    """When something ends: an instant, or never."""

    at: int | None = None
    lifetime_s: int | None = None
    never: bool = False


def read_grant(plan: Plan, answer: Answer, *, now: int, kept: Grant | None = None) -> Grant:
    """The grant in a good answer.

    ``kept`` is the one that was refreshed: it goes on where the answer has no token and the
    manifest knows such answers, and for as long as it did where the answer names no time. Raises
    ``UpstreamFailure`` where the answer has no token at the place that was promised.
    """
    response = plan.option.response
    inside = find_at(answer.content, response.root)
    access = _token_at(inside, response.access_token)
    if access is None:
        rule = plan.option.refresh or plan.option.token
        if kept is None or rule is None or rule.success.path is None:
            raise _empty(answer, "no_access_token")
        access = kept.access_token
    id_token = _token_at(inside, response.id_token)
    captures, missing = capture(_with_claims(inside, access, id_token), response.captures)
    if missing and (kept is None or missing not in kept.captures):
        raise _empty(answer, "no_" + missing)
    named = {name: _token_at(inside, path) for name, path in response.named.items()}
    carried = kept.lifetime_s if kept is not None else None
    usual = carried or plan.option.expiry.default_lifetime_s
    end = _end_of(plan, inside, access, now) or _lasting(usual, now)
    grant = Grant(
        access_token=access,
        refresh_token=_token_at(inside, response.refresh_token),
        token_type=text_at(inside, response.token_type)[:64] or "Bearer",
        expires_at=end.at,
        lifetime_s=end.lifetime_s,
        never_expires=end.never,
        refresh_expires_at=_refresh_end(plan, inside, now),
        scopes=_scopes_of(find_at(inside, response.scope), response.scope_separator),
        id_token=id_token,
        named={name: token for name, token in named.items() if token is not None},
        captures=captures,
    )
    return replace(grant, party=_party_of(plan, inside, id_token))


def carry_forward(new: Grant, old: Grant) -> Grant:
    """``new`` with what the answer left out and ``old`` knew: a refresh rarely repeats it all."""
    return replace(
        new,
        refresh_token=new.refresh_token or old.refresh_token,
        never_expires=new.never_expires or (old.never_expires and new.expires_at is None),
        refresh_expires_at=new.refresh_expires_at or old.refresh_expires_at,
        scopes=old.scopes if new.scopes is None else new.scopes,
        id_token=new.id_token or old.id_token,
        named={**old.named, **new.named},
        captures={**old.captures, **new.captures},
        session_expires_at=new.session_expires_at or old.session_expires_at,
        party=new.party or old.party,
    )


def read_claims(token: Secret[str] | None) -> dict[str, object]:
    """The claims of a JWT that came from the platform itself over TLS; nothing if it is none.

    OpenID Connect Core 3.1.3.7 lets TLS stand for the signature there.
    """
    parts = token.reveal().split(".") if token is not None else []
    if len(parts) != 3:
        return {}
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _empty(answer: Answer, code: str) -> UpstreamFailure:
    return UpstreamFailure(Category.MANIFEST, code[:64], status=answer.status)


def _token_at(content: object, path: str) -> Secret[str] | None:
    text = text_at(content, path) if path else ""
    return Secret(text) if text and len(text) <= _LONGEST_TOKEN else None


def _with_claims(inside: object, access: Secret[str], id_token: Secret[str] | None) -> object:
    """The answer with the claims of its JWTs, as ``id_token.…`` and ``access_token.…``."""
    if not isinstance(inside, dict):
        return inside
    claims = {"access_token": read_claims(access), "id_token": read_claims(id_token)}
    return inside | {name: found for name, found in claims.items() if found}


def _party_of(plan: Plan, inside: object, id_token: Secret[str] | None) -> Party | None:
    identity = plan.option.identity
    if identity is None or identity.url:
        return None
    if identity.root.partition(".")[0] == "id_token":
        content = {"id_token": read_claims(id_token)}
        return read_party(identity, content)
    return read_party(identity, inside)


def _scopes_of(found: object, separator: str) -> tuple[str, ...] | None:
    if isinstance(found, list):
        scopes = [each for each in found if isinstance(each, str)]
    elif isinstance(found, str):
        scopes = found.split() if separator == " " else found.split(separator)
    else:
        return None
    scopes = [each.strip() for each in scopes]
    return tuple(dict.fromkeys(each for each in scopes if each))[:_MOST_SCOPES]


def _lasting(lifetime_s: int | None, now: int) -> _End:
    return _End() if lifetime_s is None else _End(now + lifetime_s * _SECOND, lifetime_s)


def _end_of(plan: Plan, inside: object, access: Secret[str], now: int) -> _End | None:
    expiry, response = plan.option.expiry, plan.option.response
    if expiry.source == "jwt":
        return _from_instant(read_claims(access).get("exp"), "epoch", now)
    if expiry.source == "none":
        return None
    end = None
    if response.expires_at:
        end = _from_instant(find_at(inside, response.expires_at), response.expires_unit, now)
    found = find_at(inside, response.expires_in)
    unit = response.expires_unit
    return end or _from_lifetime(found, unit, now, zero_is_never=expiry.zero_is_never)


def _refresh_end(plan: Plan, inside: object, now: int) -> int | None:
    response, idle_days = plan.option.response, plan.option.refresh_policy.idle_expiry_days
    if response.refresh_expires_in:
        found = find_at(inside, response.refresh_expires_in)
        end = _from_lifetime(found, response.expires_unit, now, zero_is_never=True)
        if end is not None:
            return end.at
    return None if idle_days is None else now + idle_days * 86_400 * _SECOND


def _from_lifetime(found: object, unit: str, now: int, *, zero_is_never: bool) -> _End | None:
    number = _number(found)
    if number is None:
        return None
    lifetime = int(number / 1000) if unit in {"ms", "epoch_ms"} else int(number)
    if (lifetime == 0 and zero_is_never) or lifetime > _ENDLESS_S:
        return _End(never=True)
    lifetime = max(lifetime, 0)
    return _End(now + lifetime * _SECOND, lifetime)


def _from_instant(found: object, unit: str, now: int) -> _End | None:
    seconds = _number(found)
    if seconds is None:
        seconds = _iso(found) if isinstance(found, str) else None
    elif unit in {"ms", "epoch_ms"} or seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    if seconds is None or seconds <= 0:
        return None
    lifetime = int(seconds - now / _SECOND)
    if lifetime > _ENDLESS_S:
        return _End(never=True)
    return _End(int(seconds * _SECOND), max(lifetime, 0))


def _number(found: object) -> float | None:
    """A number, also one that is written as text."""
    if isinstance(found, str) and _NUMBER.match(found.strip()):
        return float(found.strip())
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found) if abs(found) < 1e18 else None
    return None


def _iso(text: str) -> float | None:
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
