"""What follows from a manifest and an answer: what is kept, and when it must be renewed. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from doorward.connectors import Grant, Party, Plan, Variable
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.vault.model import Connection, Held, RefreshKind, Status, Tokens

__all__ = [
    "DAY",
    "find_due_at",
    "find_keepalive_s",
    "find_party_key",
    "find_refresh_kind",
    "find_session_ttl_s",
    "find_skew_s",
    "is_fresh",
    "is_session_only",
    "is_usable",
    "merge_tokens",
    "plain_text",
    "split_variables",
    "tokens_of",
    "with_session",
]

DAY: Final = 86_400 * SECOND
_NEVER_RENEWED: Final = frozenset({"api_key", "basic", "identity_only"})
_BY_CREDENTIALS: Final = frozenset(
    {"oauth2_client_credentials", "oauth2_password", "two_step", "jwt_bearer"}
)
_LAST_FIFTH: Final = 5
_WAY: Final = 30 * SECOND
"""A token that ends within this is not handed out as one that is still good."""


def find_refresh_kind(plan: Plan, tokens: Tokens) -> RefreshKind:
    """How the next access token is had."""
    policy, option = plan.option.refresh_policy, plan.option
    if option.type not in _NEVER_RENEWED:
        if policy.kind in {"rotating", "reusable"} and tokens.refresh is not None:
            return RefreshKind(policy.kind)
        if policy.kind == "access_token_exchange":
            return RefreshKind.EXCHANGE
        if policy.kind == "relogin" or option.type in _BY_CREDENTIALS:
            return RefreshKind.OBTAIN
    return RefreshKind.NONE if find_session_ttl_s(plan) is None else RefreshKind.SESSION


def find_session_ttl_s(plan: Plan) -> int | None:
    """How long the session lives that the calls after connecting open; None where none is."""
    found = [each.session_ttl_s for each in plan.option.post_connect if each.session_ttl_s]
    return min(found) if found else None


def find_skew_s(plan: Plan) -> int:
    """How long before its end a token, or the session opened with it, is not good any more."""
    ttl_s, skew_s = find_session_ttl_s(plan), max(0, plan.option.expiry.skew_s)
    return skew_s if ttl_s is None else min(skew_s, ttl_s // _LAST_FIFTH)


def find_keepalive_s(plan: Plan) -> int | None:
    """After how long an unused refresh token is used, so that it does not die of idleness."""
    policy = plan.option.refresh_policy
    if policy.keepalive_days is not None:
        return policy.keepalive_days * 86_400
    return None if policy.idle_expiry_days is None else policy.idle_expiry_days * 43_200


def tokens_of(plan: Plan, grant: Grant | None, now: int) -> tuple[dict[str, str], Tokens]:
    """What connecting brought, as open variables and as secrets."""
    captures = {} if grant is None else dict(grant.captures)
    values, secrets = split_variables(plan, {**plan.values, **captures})
    secrets = {**_kept_secrets(plan), **secrets}
    if grant is None:
        tokens = Tokens(access=Secret(""), secrets=secrets)
    else:
        tokens = Tokens(
            access=grant.access_token,
            refresh=grant.refresh_token,
            named=dict(grant.named),
            secrets=secrets,
            token_until=None if grant.never_expires else grant.expires_at,
        )
    return values, with_session(plan, tokens, grant, now)


def with_session(plan: Plan, tokens: Tokens, grant: Grant | None, now: int) -> Tokens:
    """``tokens`` with the session that ``grant`` has; one that is still to be opened has ended."""
    if find_session_ttl_s(plan) is None:
        return replace(tokens, session_until=None)
    until = None if grant is None else grant.session_expires_at
    return replace(tokens, session_until=now if until is None else until)


def merge_tokens(
    plan: Plan, old: Connection, kept: Tokens, grant: Grant, now: int
) -> tuple[dict[str, str], Tokens]:
    """What a renewal brought over what there was.

    An answer without a refresh token keeps the old one; one without a lifetime carries the last
    one forward.
    """
    values, secrets = split_variables(plan, grant.captures)
    until = grant.expires_at
    if until is None and not grant.never_expires and old.lifetime_s is not None:
        until = now + old.lifetime_s * SECOND
    tokens = replace(
        kept,
        access=grant.access_token,
        refresh=grant.refresh_token or kept.refresh,
        named={**kept.named, **grant.named},
        secrets={**kept.secrets, **secrets},
        token_until=None if grant.never_expires else until,
    )
    return {**old.values, **values}, tokens


def split_variables(
    plan: Plan, found: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Secret[str]]]:
    """Open variables, and those that are sealed: secret ones, and such as nobody declared."""
    declared = {each.name: each for each in _variables(plan)}
    values: dict[str, str] = {}
    secrets: dict[str, Secret[str]] = {}
    for name, value in found.items():
        variable = declared.get(name)
        if variable is not None and not variable.persist:
            continue
        if variable is None or variable.secret:
            secrets[name] = Secret(value)
        else:
            values[name] = value
    return values, secrets


def _kept_secrets(plan: Plan) -> dict[str, Secret[str]]:
    passing = {each.name for each in _variables(plan) if not each.persist}
    return {name: each for name, each in plan.secret_values.items() if name not in passing}


def _variables(plan: Plan) -> Iterator[Variable]:
    yield from plan.manifest.variables
    yield from plan.option.variables


def find_party_key(plan: Plan, party: Party) -> str | None:
    """What makes two connections the same one; None where the platform does not tell.

    Accounts of different hosts may have the same number: the host belongs to it.
    """
    if not party.account_id:
        return None
    hosts = sorted(
        f"{each.name}={plan.values[each.name]}"
        for each in _variables(plan)
        if each.type in {"hostname", "url"} and not each.secret and each.name in plan.values
    )
    whole = "\n".join([party.account_id, *hosts])
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def is_fresh(row: Connection, now: int, *, min_ttl_s: int = 0) -> bool:
    """Whether the access token is good for long enough.

    The margin is the manifest's, and at most a fifth of a lifetime; who asks for more than four
    fifths of it gets that much, or else every call would renew the token.
    """
    if row.expires_at is None:
        return True
    skew, wanted = row.skew_s * SECOND, min_ttl_s * SECOND
    if row.lifetime_s is not None:
        lifetime = row.lifetime_s * SECOND
        skew = min(skew, lifetime // _LAST_FIFTH)
        wanted = min(wanted, lifetime - lifetime // _LAST_FIFTH)
    return now + max(skew, wanted) < row.expires_at


def is_usable(row: Connection, now: int) -> bool:
    """Whether the access token can still be handed out, although it should be renewed."""
    return row.expires_at is None or now + min(_WAY, row.skew_s * SECOND) < row.expires_at


def is_session_only(held: Held, now: int) -> bool:
    """Whether the token is good, and only the session that was opened with it has to be renewed."""
    row, tokens = held.connection, held.tokens
    if row.refresh_kind is RefreshKind.SESSION:
        return True
    if tokens.session_until is None or is_fresh(row, now):
        return False
    return is_fresh(replace(row, expires_at=tokens.token_until), now)


def find_due_at(row: Connection, now: int) -> int | None:
    """When the scheduler renews it, spread by the number of the connection; None for never.

    A token that is used up by being renewed is renewed before it ends. One that can be renewed
    whenever it is wanted is not renewed early: platforms count those. A refresh token that dies
    when it is not used is used in time.
    """
    if row.status not in {Status.ACTIVE, Status.DEGRADED} or not row.is_connected:
        return None
    dues = []
    if row.refresh_kind in {RefreshKind.ROTATING, RefreshKind.EXCHANGE}:
        dues += _before_end(row)
    if row.refresh_kind in {RefreshKind.ROTATING, RefreshKind.REUSABLE}:
        last = row.last_refreshed_at or row.created_at
        if row.keepalive_s is not None:
            dues.append(last + _spread(row, row.keepalive_s * SECOND))
        if row.refresh_expires_at is not None:
            dues.append(now + (row.refresh_expires_at - now) // 2)
    return max(now, min(dues)) if dues else None


def _before_end(row: Connection) -> list[int]:
    if row.expires_at is None:
        return []
    skew = row.skew_s * SECOND
    if row.lifetime_s is not None:
        skew = min(skew, row.lifetime_s * SECOND // _LAST_FIFTH)
    # Within the margin, so that most are renewed here and few by whoever asks.
    return [row.expires_at - skew - (skew - _spread(row, skew))]


def _spread(row: Connection, length: int) -> int:
    """Between four fifths of ``length`` and all of it, always the same for one connection."""
    mark = sha256(f"{row.org_id}|{row.connection_id}".encode()).digest()
    return length - length // _LAST_FIFTH * int.from_bytes(mark[:2], "big") // 65_536


def plain_text(text: str, longest: int) -> str:
    """``text`` of a platform as one line that can be kept and shown, cut to ``longest``."""
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(shown.split())[:longest]
