"""How connections, their tokens and what became of them are shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from doorward import vault
from doorward.console.api.fields import Document, Id, Moment, moment, moment_or_none

__all__ = [
    "Check",
    "Connection",
    "Disconnection",
    "Token",
    "check_of",
    "connection_of",
    "disconnection_of",
    "token_of",
]


class Party(Document):
    """Whose account on the platform it is, as far as the platform tells."""

    id: str
    name: str
    email: str


class Connection(Document):
    """A person's, or the organization's, account on a platform. It holds nothing secret."""

    connection_id: Id
    account_id: Annotated[Id | None, Field(description="Null for the organization's own.")]
    connector: Annotated[str, Field(examples=["hubspot"])]
    auth_option: str
    environment: str
    label: str
    party: Party
    status: Literal["active", "expiring", "degraded", "needs_reconnect", "blocked", "disconnected"]
    reason: str | None
    since: Moment
    what_is: Annotated[str, Field(description="What is the matter, in a sentence.")]
    to_do: str
    who_mends: Literal["nobody", "person", "administrator", "developer"]
    values: Annotated[dict[str, str], Field(description="Variables that are not secret.")]
    scopes: tuple[str, ...] | None
    missing_scopes: Annotated[
        tuple[str, ...], Field(description="Asked for and not given, where the platform tells.")
    ]
    token_version: int
    expires_at: Moment | None
    refresh_expires_at: Moment | None
    last_refreshed_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="To the hour.")]
    created_at: Moment
    settings: dict[str, Any]


class Ended(Document):
    """What became of one token at the platform."""

    token: Annotated[str, Field(examples=["refresh"])]
    result: Literal["revoked", "already_invalid", "unsupported", "failed"]
    retried: Annotated[bool, Field(description="Whether it is tried again, for a day.")]


class Disconnection(Document):
    """The connection, which holds nothing any more."""

    connection: Connection
    outcomes: list[Ended]


class Check(Document):
    """What the platform said of the credential."""

    works: Annotated[bool | None, Field(description="Null where there is no way to ask.")]
    limited: Annotated[bool, Field(description="It is right, and may do little.")]
    category: Annotated[str | None, Field(description="Why not.", examples=["dead_grant"])]
    code: Annotated[str | None, Field(description="In the platform's word, or ours.")]
    platform_status: int | None


class Token(Document):
    """A credential, in the open. It is nobody's but the platform's and yours: do not keep it."""

    connection_id: Id
    connector: str
    token_type: str
    access_token: Annotated[
        str | None, Field(description="Null where the credential is `secrets` alone.")
    ]
    expires_at: Moment | None
    scopes: tuple[str, ...] | None
    token_version: int
    named: Annotated[dict[str, str], Field(description="Further tokens beside the first.")]
    secrets: Annotated[
        dict[str, str], Field(description="Of keys and passwords: what the person typed.")
    ]
    values: Annotated[dict[str, str], Field(description="Variables that are not secret.")]


def connection_of(row: vault.Connection, now: int, missing: tuple[str, ...] = ()) -> Connection:
    """Show ``row`` as it is at ``now``, with the scopes that are ``missing``."""
    health = vault.health_of(row, now)
    return Connection(
        connection_id=str(row.connection_id),
        account_id=None if row.account_id == vault.ORGANIZATION else str(row.account_id),
        connector=row.connector,
        auth_option=row.auth_option,
        environment=row.environment,
        label=row.label,
        party=Party(id=row.party_id, name=row.party_name, email=row.party_email),
        status=health.status.value,
        reason=None if health.reason is None else str(health.reason),
        since=moment(health.since),
        what_is=health.says,
        to_do=health.to_do,
        who_mends=health.who.value,
        values=dict(row.values),
        scopes=row.scopes,
        missing_scopes=missing,
        token_version=row.token_version,
        expires_at=moment_or_none(row.expires_at),
        refresh_expires_at=moment_or_none(row.refresh_expires_at),
        last_refreshed_at=moment_or_none(row.last_refreshed_at),
        last_used_at=moment_or_none(row.last_used_at),
        created_at=moment(row.created_at),
        settings=dict(row.settings),
    )


def disconnection_of(report: vault.Report, now: int) -> Disconnection:
    """Show what became of a connection's tokens."""
    outcomes = [
        Ended(token=each.token, result=each.result, retried=each.retried)
        for each in report.outcomes
    ]
    return Disconnection(connection=connection_of(report.connection, now), outcomes=outcomes)


def check_of(found: vault.Checked) -> Check:
    """Show what the platform said."""
    failure = found.failure
    works = failure is None if found.asked else None
    return Check(
        works=works,
        limited=found.limited,
        category=None if failure is None else failure.category.value,
        code=None if failure is None else failure.code,
        platform_status=None if failure is None else failure.status,
    )


def token_of(held: vault.Held) -> Token:
    """Show the credential itself. A refresh token is never shown: nobody else may use it."""
    row, tokens = held.connection, held.tokens
    access = tokens.access.reveal()
    # What was typed to get a token stays here; where nothing else is there, it is the credential.
    typed = {} if access else tokens.secrets
    return Token(
        connection_id=str(row.connection_id),
        connector=row.connector,
        token_type=row.token_type,
        access_token=access or None,
        expires_at=moment_or_none(row.expires_at),
        scopes=row.scopes,
        token_version=row.token_version,
        named={name: each.reveal() for name, each in tokens.named.items()},
        secrets={name: each.reveal() for name, each in typed.items()},
        values=dict(row.values),
    )
