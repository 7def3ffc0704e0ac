"""What an organization is, what its staff may do, and what may be said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from sys import intern
from typing import Literal, NewType, cast, get_args

import msgspec

from doorward.audit import is_plain_line
from doorward.db import Row
from doorward.orgs.refusals import (
    BadHost,
    BadOrganization,
    BadOrgId,
    BadPolicy,
    HostTaken,
    OrganizationSuspended,
    OrgIdTaken,
    OrgsRefusal,
    UnknownOrganization,
)
from doorward.orgs.registration import CLOSED, Registration, verify_registration
from doorward.protocol import is_web_url

__all__ = [
    "DIALECTS",
    "OPERATORS",
    "BadHost",
    "BadOrgId",
    "BadOrganization",
    "BadPolicy",
    "DeletionPolicy",
    "HostTaken",
    "Locale",
    "NewOrganization",
    "OrgId",
    "OrgIdTaken",
    "OrgStatus",
    "Organization",
    "OrganizationChange",
    "OrganizationSuspended",
    "OrgsRefusal",
    "Permission",
    "Policy",
    "SecondStepPolicy",
    "UnknownOrganization",
    "parse_host",
    "parse_org_id",
    "verify_organization",
]

OrgId = NewType("OrgId", str)
Locale = Literal["en", "ja"]
DeletionPolicy = Literal["person", "staff"]
SecondStepPolicy = Literal["off", "optional", "staff", "all"]

OPERATORS = OrgId("operators")
"""The organization whose system accounts run the installation."""

DIALECTS = ("neon_crm", "neos", "neon", "app_connect")
"""The wire contracts that can be switched on, in the order in which they are shown."""

_DAY = 86_400
_ORG_ID = re.compile(r"[a-z0-9](-?[a-z0-9]){1,38}\Z")
_ACCENT = re.compile(r"#[0-9a-f]{6}\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_MAX_HOST = 253
_MAX_HOSTS = 20
_MAX_DOMAINS = 50
_MAX_NAME = 100


class OrgStatus(StrEnum):
    """Whether an organization is served."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Permission(StrEnum):
    """What a system account may be allowed to do within its organization."""

    ORGANIZATIONS_READ = "organizations.read"
    ORGANIZATIONS_WRITE = "organizations.write"
    ACCOUNTS_READ = "accounts.read"
    ACCOUNTS_WRITE = "accounts.write"
    APPLICATIONS_READ = "applications.read"
    APPLICATIONS_WRITE = "applications.write"
    APPLICATIONS_REVIEW = "applications.review"
    SCOPES_READ = "scopes.read"
    SCOPES_WRITE = "scopes.write"
    SESSIONS_READ = "sessions.read"
    SESSIONS_WRITE = "sessions.write"
    CONSENTS_READ = "consents.read"
    CONSENTS_WRITE = "consents.write"
    KEYS_READ = "keys.read"
    KEYS_WRITE = "keys.write"
    TOKENS_READ = "tokens.read"
    TOKENS_WRITE = "tokens.write"
    CONNECTORS_READ = "connectors.read"
    CONNECTORS_WRITE = "connectors.write"
    CONNECTIONS_READ = "connections.read"
    CONNECTIONS_WRITE = "connections.write"
    CONNECTIONS_REVEAL = "connections.reveal"
    AUDIT_READ = "audit.read"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things live, in seconds, and how people come in.

    ``second_step`` is off where nobody signs in by two steps, optional where everybody may, and
    staff or all where these have to. Where ``sign_up`` is on, people make their own accounts, with
    any address or only with those under ``sign_up_domains``. A new password has
    ``password_min_length`` characters or more.
    """

    code_s: int = 60
    access_token_s: int = 3600
    refresh_idle_s: int = 30 * _DAY
    refresh_absolute_s: int = 90 * _DAY
    refresh_grace_s: int = 5
    session_idle_s: int = 14 * _DAY
    session_absolute_s: int = 30 * _DAY
    flow_s: int = 3600
    second_step: SecondStepPolicy = "optional"
    audit_keep_s: int = 400 * _DAY
    audit_brief_s: int = 30 * _DAY
    """How long events are kept of which there are many: renewals of connections."""
    sign_up: bool = False
    sign_up_domains: tuple[str, ...] = ()
    password_min_length: int = 8
    deletion: DeletionPolicy = "person"
    """Who decides that an account is deleted: its person, or staff whom the person asks."""
    deletion_grace_s: int = 14 * _DAY
    """How long a person may change their mind."""

    @classmethod
    def from_json(cls, text: str) -> Policy:
        """Read what ``to_json`` wrote; a lifetime added since takes its default."""
        return msgspec.json.decode(text, type=cls)

    def to_json(self) -> str:
        """The policy as it is stored."""
        return msgspec.json.encode(self).decode()


_BOUNDS = {
    "code_s": (10, 600),  # RFC 6749 4.1.2: at most ten minutes
    "access_token_s": (60, _DAY),
    "refresh_idle_s": (60, 366 * _DAY),
    "refresh_absolute_s": (60, 5 * 366 * _DAY),
    "refresh_grace_s": (0, 60),
    "session_idle_s": (60, 366 * _DAY),
    "session_absolute_s": (60, 366 * _DAY),
    "flow_s": (60, _DAY),
    "audit_keep_s": (30 * _DAY, 10 * 366 * _DAY),
    "audit_brief_s": (_DAY, 10 * 366 * _DAY),
    "deletion_grace_s": (_DAY, 90 * _DAY),
}


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant. ``dialects`` are the platforms whose wire contracts it speaks."""

    org_id: OrgId
    name: str
    status: OrgStatus
    default_locale: Locale
    accent: str | None
    support_url: str | None
    privacy_url: str | None
    terms_url: str | None
    hosts: tuple[str, ...]
    policy: Policy
    registration: Registration
    created_at: int
    updated_at: int
    dialects: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether it is served."""
        return self.status is OrgStatus.ACTIVE

    @classmethod
    def from_row(cls, row: Row, hosts: tuple[str, ...]) -> Organization:
        """Read a row of ``organizations`` in the order of its columns."""
        org_id, name, status, locale, accent, support, privacy, terms, policy = row[:9]
        made, changed, dialects, registration = row[9:]
        return cls(
            org_id=OrgId(intern(org_id)),
            name=name,
            status=OrgStatus(status),
            default_locale=cast("Locale", intern(locale)),
            accent=accent,
            support_url=support,
            privacy_url=privacy,
            terms_url=terms,
            hosts=hosts,
            # Of thousands, most have the same ones: each is in memory once.
            policy=_policy(policy),
            registration=_registration(registration),
            created_at=made,
            updated_at=changed,
            dialects=_dialects(dialects),
        )


_policy = lru_cache(maxsize=1_000)(Policy.from_json)
_registration = lru_cache(maxsize=1_000)(Registration.from_json)


@lru_cache(maxsize=1_000)
def _dialects(column: str) -> tuple[str, ...]:
    return tuple(column.split())


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What an operator says to create an organization."""

    org_id: str
    name: str
    default_locale: Locale = "en"
    accent: str | None = None
    support_url: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None
    hosts: tuple[str, ...] = ()
    policy: Policy = Policy()
    dialects: tuple[str, ...] = ("neon_crm",)
    registration: Registration = CLOSED

    def born(self, now: int) -> Organization:
        """The organization as it is at ``now`` (microseconds). Raises the room's refusals."""
        return verify_organization(
            Organization(
                org_id=parse_org_id(self.org_id),
                name=self.name,
                status=OrgStatus.ACTIVE,
                default_locale=self.default_locale,
                accent=self.accent,
                support_url=self.support_url,
                privacy_url=self.privacy_url,
                terms_url=self.terms_url,
                hosts=self.hosts,
                policy=self.policy,
                registration=self.registration,
                created_at=now,
                updated_at=now,
                dialects=self.dialects,
            )
        )


@dataclass(frozen=True, slots=True)
class OrganizationChange:
    """What to change; a field that is ``msgspec.UNSET`` stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    default_locale: Locale | msgspec.UnsetType = msgspec.UNSET
    accent: str | msgspec.UnsetType | None = msgspec.UNSET
    support_url: str | msgspec.UnsetType | None = msgspec.UNSET
    privacy_url: str | msgspec.UnsetType | None = msgspec.UNSET
    terms_url: str | msgspec.UnsetType | None = msgspec.UNSET
    hosts: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    policy: Policy | msgspec.UnsetType = msgspec.UNSET
    dialects: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    registration: Registration | msgspec.UnsetType = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def applied(self, organization: Organization, now: int) -> Organization:
        """``organization`` with the change, at ``now``. Raises the room's refusals."""
        given = {name: getattr(self, name) for name in self.names()}
        return verify_organization(replace(organization, **given, updated_at=now))


def parse_org_id(text: str) -> OrgId:
    """An organization id. Raises ``BadOrgId``."""
    if not _ORG_ID.match(text):
        raise BadOrgId
    return OrgId(text)


def parse_host(text: str) -> str:
    """A host name in lower case, without port and not an IP address. Raises ``BadHost``."""
    host = text.lower()
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.match(label) for label in labels):
        raise BadHost
    if labels[-1].isdigit():
        raise BadHost
    return host


def verify_organization(organization: Organization) -> Organization:
    """``organization`` with hosts, dialects and accent in one form. Raises refusals."""
    if not is_plain_line(organization.name, _MAX_NAME):
        raise BadOrganization("A name is one line of up to 100 visible characters.", field="name")
    if organization.default_locale not in {"en", "ja"}:
        raise BadOrganization("The language is en or ja.", field="default_locale")
    accent = organization.accent.lower() if organization.accent is not None else None
    if accent is not None and not _ACCENT.match(accent):
        raise BadOrganization("A colour is written like #1a2b3c.", field="accent")
    for field in ("support_url", "privacy_url", "terms_url"):
        url = getattr(organization, field)
        if url is not None and not is_web_url(url):
            raise BadOrganization("A link starts with https:// or http://.", field=field)
    _verify_policy(organization.policy)
    policy = replace(
        organization.policy,
        sign_up_domains=_verify_domains(organization.policy.sign_up_domains),
    )
    hosts = tuple(dict.fromkeys(parse_host(host) for host in organization.hosts))
    if len(hosts) > _MAX_HOSTS:
        raise BadHost("An organization has at most 20 hosts.")
    for dialect in organization.dialects:
        if dialect not in DIALECTS:
            raise BadOrganization("There is no such contract.", field="dialects")
    dialects = tuple(each for each in DIALECTS if each in organization.dialects)
    return replace(
        organization,
        accent=accent,
        policy=policy,
        hosts=hosts,
        dialects=dialects,
        registration=verify_registration(organization.registration),
    )


def _verify_policy(policy: Policy) -> None:
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(policy, name) <= most:
            raise BadPolicy(f"{name} is between {least} and {most} seconds.")
    if policy.second_step not in get_args(SecondStepPolicy):
        raise BadPolicy("second_step is off, optional, staff or all.")
    if policy.deletion not in get_args(DeletionPolicy):
        raise BadPolicy("deletion is person or staff.")
    if policy.refresh_idle_s > policy.refresh_absolute_s:
        raise BadPolicy("refresh_idle_s is at most refresh_absolute_s.")
    if policy.session_idle_s > policy.session_absolute_s:
        raise BadPolicy("session_idle_s is at most session_absolute_s.")
    if not 8 <= policy.password_min_length <= 64:
        raise BadPolicy("password_min_length is between 8 and 64 characters.")


def _verify_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    if len(domains) > _MAX_DOMAINS:
        raise BadPolicy("sign_up_domains are at most 50.")
    try:
        return tuple(dict.fromkeys(parse_host(each) for each in domains))
    except BadHost as bad:
        raise BadPolicy("A domain is written like example.org.") from bad
