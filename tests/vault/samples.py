"""Manifests, grants and people for the tests of the vault."""

from __future__ import annotations

from typing import Any

from doorward.connectors import AuthOption, Grant, Manifest, Party, Plan, Variable
from doorward.connectors.requests import Expiry, PostConnect, RefreshPolicy, TokenRequest
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.vault import NewConnection

__all__ = ["ORG", "PERSON", "grant", "new_connection", "party", "plan"]

ORG = "river"
PERSON = 7
NOW = 1_790_000_000 * SECOND

_VARIABLES = (
    Variable(name="subdomain", type="hostname", pattern=r"[a-z]+\.example\.com"),
    Variable(name="region"),
    Variable(name="api_key", secret=True),
    Variable(name="one_time_password", secret=True, persist=False),
)


def plan(
    *,
    kind: Any = "rotating",
    type: Any = "oauth2_code",
    values: dict[str, str] | None = None,
    secrets: dict[str, str] | None = None,
    slug: str = "ledger",
    post_connect: tuple[PostConnect, ...] = (),
    **policy: Any,
) -> Plan:
    """One way to connect to one platform."""
    option = AuthOption(
        name="main",
        type=type,
        token=TokenRequest(url="https://ledger.example.com/token"),
        refresh_policy=RefreshPolicy(kind=kind, **policy),
        expiry=Expiry(),
        variables=_VARIABLES,
        post_connect=post_connect,
    )
    return Plan(
        manifest=Manifest(slug=slug, name="Ledger", auth_options=(option,)),
        option=option,
        values=values or {},
        secret_values={name: Secret(value) for name, value in (secrets or {}).items()},
    )


def grant(number: int = 1, *, lifetime_s: int | None = 3600, **more: Any) -> Grant:
    """What a token request brought."""
    return Grant(
        access_token=Secret(f"access-{number}"),
        refresh_token=Secret(f"refresh-{number}"),
        expires_at=None if lifetime_s is None else NOW + lifetime_s * SECOND,
        lifetime_s=lifetime_s,
        **more,
    )


def party(account_id: str = "acct-1", **more: Any) -> Party:
    """Whose account on the platform it is."""
    return Party(account_id=account_id, account_name="Riverbend Ledger", **more)


def new_connection(**more: Any) -> NewConnection:
    """What connecting brought, of which ``more`` differs."""
    given: dict[str, Any] = {
        "org_id": ORG,
        "account_id": PERSON,
        "plan": plan(),
        "environment": "",
        "grant": grant(),
        "party": party(),
    }
    return NewConnection(**{**given, **more})
