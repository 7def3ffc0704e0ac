"""Codes, families and tokens as frozen values. Times are integer microseconds."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from doorward.crypto import Secret

__all__ = [
    "AccessOrder",
    "ActiveToken",
    "CodeFacts",
    "Family",
    "MintedAccess",
    "MintedRefresh",
    "RefreshFacts",
    "RevocationReason",
    "StoredCode",
    "joined",
    "split",
]


class RevocationReason(StrEnum):
    """Why a family ended."""

    CODE_REPLAYED = "code_replayed"
    REFRESH_REUSED = "refresh_reused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CLIENT_REVOKED = "client_revoked"
    STAFF_REVOKED = "staff_revoked"


def joined(names: tuple[str, ...]) -> str:
    """Names as one column."""
    return " ".join(names)


def split(text: str) -> tuple[str, ...]:
    """A column as names."""
    return tuple(text.split())


class CodeFacts(msgspec.Struct, frozen=True):
    """What an authorization code stands for.

    A ``dialect`` means that only that dialect's own token endpoint redeems it.
    """

    client_id: str
    account_id: int
    session_id: int
    consent_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    code_challenge: str | None
    nonce: str | None
    auth_at: int
    dialect: str | None = None
    methods: tuple[str, ...] = ()


class StoredCode(msgspec.Struct, frozen=True):
    """A code's row."""

    code_id: int
    org_id: str
    digest: bytes
    facts: CodeFacts
    expires_at: int
    redeemed_at: int | None
    family_id: int | None

    @classmethod
    def from_row(cls, row: tuple[object, ...]) -> StoredCode:
        """Read the columns of ``store.FIND_CODE``."""
        (code_id, org_id, digest, client_id, account_id, session_id, consent_id) = row[:7]
        (redirect_uri, scope, resources, challenge, nonce, auth_at, dialect) = row[7:14]
        facts = CodeFacts(
            client_id=str(client_id),
            account_id=int(account_id),  # type: ignore[call-overload]
            session_id=int(session_id),  # type: ignore[call-overload]
            consent_id=int(consent_id),  # type: ignore[call-overload]
            redirect_uri=str(redirect_uri),
            scopes=split(str(scope)),
            resources=split(str(resources)),
            code_challenge=challenge,  # type: ignore[arg-type]
            nonce=nonce,  # type: ignore[arg-type]
            auth_at=int(auth_at),  # type: ignore[call-overload]
            dialect=dialect,  # type: ignore[arg-type]
            methods=split(str(row[17])),
        )
        return cls(code_id, org_id, digest, facts, *row[14:17])  # type: ignore[arg-type]


class Family(msgspec.Struct, frozen=True):
    """Everything that descends from one authorization."""

    family_id: int
    org_id: str
    client_id: str
    account_id: int
    session_id: int
    consent_id: int
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    auth_at: int
    created_at: int
    expires_at: int
    methods: tuple[str, ...] = ()


class RefreshFacts(msgspec.Struct, frozen=True):
    """A refresh token's row, with its family's and its account's state."""

    token_id: int
    digest: bytes
    expires_at: int
    rotated_at: int | None
    successor: bytes | None
    successor_used: bool
    family: Family
    family_revoked: bool
    account_active: bool


class MintedAccess(msgspec.Struct, frozen=True):
    """A new access token, before it is stored. ``text`` is what the client gets."""

    token_id: int
    text: Secret[str]
    digest: bytes
    client_id: str
    account_id: int | None
    family_id: int | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    issued_at: int
    expires_at: int


class AccessOrder(msgspec.Struct, frozen=True):
    """What an access token is to be. ``sign`` makes it a JWT out of itself, unless it is None."""

    org_id: str
    client_id: str
    account_id: int | None
    family_id: int | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    lifetime_s: int
    sign: Callable[[MintedAccess], str] | None = None


class MintedRefresh(msgspec.Struct, frozen=True):
    """A new refresh token, before it is stored."""

    token_id: int
    text: Secret[str]
    digest: bytes
    family_id: int
    issued_at: int
    expires_at: int


class ActiveToken(msgspec.Struct, frozen=True):
    """An access token that is good at this moment."""

    token_id: int
    org_id: str
    client_id: str
    account_id: int | None
    family_id: int | None
    session_id: int | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    issued_at: int
    expires_at: int
    auth_at: int | None
    methods: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The account, or the client itself where nobody is acted for (RFC 9068 2.2)."""
        return self.client_id if self.account_id is None else str(self.account_id)
