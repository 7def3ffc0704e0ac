"""What an application is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Literal, cast

import msgspec

from doorward.clients.review import LIVE, UNDER_TEST, ApplicationStatus
from doorward.db import Row
from doorward.protocol import AuthMethod

__all__ = [
    "MAX_LIVE_SECRETS",
    "Application",
    "ApplicationKind",
    "ApplicationStatus",
    "AuthenticatedClient",
    "IdTokenAlg",
    "NewApplication",
    "StoredSecret",
    "WantedKind",
]

ApplicationKind = Literal["web", "spa", "native", "service"]
IdTokenAlg = Literal["RS256", "ES256"]
WantedKind = Literal["constituent", "system"]

MAX_LIVE_SECRETS = 5

_COLUMNS = 1_000
_SERVICE_GRANTS = frozenset({"client_credentials"})
_PEOPLE_GRANTS = frozenset({"authorization_code", "refresh_token"})


# Thousands of applications are in memory, and most of what their columns say is alike: each text
# is read once, and what it says is there once.
@lru_cache(maxsize=_COLUMNS)
def _texts(column: str) -> tuple[str, ...]:
    return msgspec.json.decode(column, type=tuple[str, ...])


@lru_cache(maxsize=_COLUMNS)
def _grants(column: str) -> frozenset[str]:
    return msgspec.json.decode(column, type=frozenset[str])


@lru_cache(maxsize=_COLUMNS)
def _purposes(column: str) -> Mapping[str, str]:
    return msgspec.json.decode(column, type=dict[str, str])


@lru_cache(maxsize=_COLUMNS)
def _numbers(column: str) -> tuple[int, ...]:
    return msgspec.json.decode(column, type=tuple[int, ...])


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """What is kept of a secret. Times are microseconds."""

    secret_id: int
    digest: bytes = field(repr=False)
    last4: str
    created_at: int
    expires_at: int | None

    def is_live(self, now: int) -> bool:
        """Whether it still proves anything at ``now``."""
        return self.expires_at is None or now < self.expires_at

    @classmethod
    def from_row(cls, row: Row) -> StoredSecret:
        """Read ``secret_id, digest, last4, created_at, expires_at``."""
        secret_id, digest, last4, created_at, expires_at = row
        return cls(secret_id, bytes(digest), last4, created_at, expires_at)


@dataclass(frozen=True, slots=True)
class Application:
    """A program that asks for access (an OAuth client). Times are microseconds.

    ``reason`` is why it wants access, for its reviewers; ``purposes`` says to people what it needs
    a scope for; ``optional_scopes`` are those that a person may leave out. ``logo`` is the key of
    an image. ``testers`` are accounts that may use it before it is approved. ``revision`` counts
    what was asked to be reviewed. ``queue_id`` is its place in the review queue, by age.
    ``quota_a_minute`` is how often it may prove itself within a minute, if that is limited.
    """

    org_id: str
    client_id: str
    name: str
    description: str | None
    publisher: str | None
    homepage_url: str | None
    privacy_url: str | None
    terms_url: str | None
    contact_email: str | None
    kind: ApplicationKind
    auth_method: AuthMethod
    grant_types: frozenset[str]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    account_kind: WantedKind
    status: ApplicationStatus
    trusted: bool
    id_token_alg: IdTokenAlg
    owner_account_id: int | None
    created_at: int
    updated_at: int
    company: str | None
    reason: str | None
    calls_from_backend: bool
    purposes: Mapping[str, str]
    optional_scopes: tuple[str, ...]
    logo: str | None
    testers: tuple[int, ...]
    revision: int
    queue_id: int
    submitted_at: int | None
    submitted_by: int | None
    reviewer_account_id: int | None
    quota_a_minute: int | None
    secrets: tuple[StoredSecret, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 2.1)."""
        return self.auth_method is AuthMethod.NONE

    @property
    def is_live(self) -> bool:
        """Whether it may be used: approved, also while a change to it waits."""
        return self.status in LIVE

    @property
    def is_usable(self) -> bool:
        """Whether anybody at all may use it: live, or under test by its owner and testers."""
        return self.is_live or self.status in UNDER_TEST

    def may_be_used_by(self, account_id: int | None) -> bool:
        """Whether it may act for ``account_id``, or for itself where that is None."""
        if self.is_live:
            return True
        named = account_id is not None and account_id in {self.owner_account_id, *self.testers}
        return named and self.status in UNDER_TEST

    def live_secrets(self, now: int) -> tuple[StoredSecret, ...]:
        """The secrets that have not expired at ``now``."""
        return tuple(secret for secret in self.secrets if secret.is_live(now))

    @classmethod
    def from_row(cls, row: Row, secrets: tuple[StoredSecret, ...]) -> Application:
        """Read a row of ``applications`` in the order of its columns."""
        return cls(
            org_id=intern(row[0]),
            client_id=row[1],
            name=row[2],
            description=row[3],
            publisher=row[4],
            homepage_url=row[5],
            privacy_url=row[6],
            terms_url=row[7],
            contact_email=row[8],
            kind=cast("ApplicationKind", intern(row[9])),
            auth_method=AuthMethod(row[10]),
            grant_types=_grants(row[11]),
            redirect_uris=_texts(row[12]),
            post_logout_redirect_uris=_texts(row[13]),
            scopes=_texts(row[14]),
            account_kind=cast("WantedKind", intern(row[15])),
            status=ApplicationStatus(row[16]),
            trusted=bool(row[17]),
            id_token_alg=cast("IdTokenAlg", intern(row[18])),
            owner_account_id=row[19],
            created_at=row[20],
            updated_at=row[21],
            company=row[22],
            reason=row[23],
            calls_from_backend=bool(row[24]),
            purposes=_purposes(row[25]),
            optional_scopes=_texts(row[26]),
            logo=row[27],
            testers=_numbers(row[28]),
            revision=row[29],
            queue_id=row[30],
            submitted_at=row[31],
            submitted_by=row[32],
            reviewer_account_id=row[33],
            quota_a_minute=row[34],
            secrets=secrets,
        )


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What is said to register an application.

    ``grant_types`` left out follow from the kind: client credentials for a service, codes and
    refresh tokens for the others. Seeds and imports may name the ``client_id``.
    """

    org_id: str
    name: str
    kind: ApplicationKind = "web"
    auth_method: AuthMethod = AuthMethod.BASIC
    redirect_uris: Collection[str] = ()
    post_logout_redirect_uris: Collection[str] = ()
    scopes: Collection[str] = ()
    grant_types: Collection[str] | None = None
    account_kind: WantedKind = "constituent"
    status: ApplicationStatus = ApplicationStatus.DRAFT
    trusted: bool = False
    id_token_alg: IdTokenAlg = "RS256"  # noqa: S105 - a name, not a token
    description: str | None = None
    publisher: str | None = None
    homepage_url: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None
    contact_email: str | None = None
    owner_account_id: int | None = None
    client_id: str | None = None
    company: str | None = None
    reason: str | None = None
    calls_from_backend: bool = False
    purposes: Mapping[str, str] = field(default_factory=dict)
    optional_scopes: Collection[str] = ()
    logo: str | None = None

    def born(self, client_id: str, now: int, queue_id: int) -> Application:
        """The application as it is at ``now``, not yet verified and without secrets."""
        implied = _SERVICE_GRANTS if self.kind == "service" else _PEOPLE_GRANTS
        grants = implied if self.grant_types is None else frozenset(self.grant_types)
        return Application(
            org_id=self.org_id,
            client_id=client_id,
            name=self.name,
            description=self.description,
            publisher=self.publisher,
            homepage_url=self.homepage_url,
            privacy_url=self.privacy_url,
            terms_url=self.terms_url,
            contact_email=self.contact_email,
            kind=self.kind,
            auth_method=AuthMethod(self.auth_method),
            grant_types=grants,
            redirect_uris=tuple(self.redirect_uris),
            post_logout_redirect_uris=tuple(self.post_logout_redirect_uris),
            scopes=tuple(self.scopes),
            account_kind=self.account_kind,
            status=ApplicationStatus(self.status),
            trusted=self.trusted,
            id_token_alg=self.id_token_alg,
            owner_account_id=self.owner_account_id,
            created_at=now,
            updated_at=now,
            company=self.company,
            reason=self.reason,
            calls_from_backend=self.calls_from_backend,
            purposes=dict(self.purposes),
            optional_scopes=tuple(self.optional_scopes),
            logo=self.logo,
            testers=(),
            revision=1,
            queue_id=queue_id,
            submitted_at=None,
            submitted_by=None,
            reviewer_account_id=None,
            quota_a_minute=None,
        )


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """An application that has just proved who it is. Only ``Applications.authenticate`` makes it.

    ``secret_id`` is the secret that proved it. A public application proves nothing: it is here
    because its id is known and live.
    """

    application: Application
    method: AuthMethod
    secret_id: int | None = None
