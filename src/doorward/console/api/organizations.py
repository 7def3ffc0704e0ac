"""``/organizations`` for operators, and ``/organization`` for an organization's own staff."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from doorward import orgs
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Moment,
    NextCursor,
    PageQuery,
    Patch,
    moment,
)
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.refusals import NotFound, OwnOrganization
from doorward.console.api.route import Operation
from doorward.orgs import (
    OPERATORS,
    DeletionPolicy,
    NewOrganization,
    OrganizationChange,
    OrgStatus,
    Permission,
    Policy,
    Registrant,
    Registration,
    RegistrationMode,
    SecondStepPolicy,
    UnknownOrganization,
)

__all__ = ["OrganizationRoutes"]

OrgId = Annotated[str, Field(max_length=39, examples=["riverbend"])]
OrgPath = Annotated[str, Path(max_length=100, examples=["riverbend"])]
Name = Annotated[str, Field(max_length=100, examples=["Riverbend Trust"])]
Accent = Annotated[str, Field(max_length=7, examples=["#1a6b5c"])]
Link = Annotated[str, Field(max_length=2048, examples=["https://riverbend.example/help"])]
Hosts = Annotated[tuple[str, ...], Field(max_length=20, examples=[["id.riverbend.example"]])]
Seconds = Annotated[int, Field(ge=0, le=2_000_000_000, examples=[3600])]
Locale = Literal["en", "ja"]
Dialects = Annotated[
    tuple[Literal["neon_crm", "neos", "neon", "app_connect"], ...],
    Field(max_length=10, examples=[["neon_crm"]], description="The platforms that it speaks like."),
]
Domain = Annotated[str, Field(max_length=253, examples=["example.org"])]
Notice = Annotated[str, Field(max_length=500)]


class Lifetimes(Document):
    """How long things live, in seconds, and who has to sign in by two steps."""

    code_s: Seconds
    access_token_s: Seconds
    refresh_idle_s: Seconds
    refresh_absolute_s: Seconds
    refresh_grace_s: Seconds
    session_idle_s: Seconds
    session_absolute_s: Seconds
    flow_s: Seconds
    second_step: SecondStepPolicy
    audit_keep_s: Seconds
    audit_brief_s: Seconds
    sign_up: bool
    sign_up_domains: list[str]
    password_min_length: int
    deletion: DeletionPolicy
    deletion_grace_s: Seconds

    @classmethod
    def of(cls, policy: Policy) -> Lifetimes:
        """Show ``policy``."""
        return cls.model_validate(policy, from_attributes=True)


class LifetimesPatch(Patch):
    """What to change of how long things live, in seconds, and of how people come in."""

    code_s: Seconds = 0
    access_token_s: Seconds = 0
    refresh_idle_s: Seconds = 0
    refresh_absolute_s: Seconds = 0
    refresh_grace_s: Seconds = 0
    session_idle_s: Seconds = 0
    session_absolute_s: Seconds = 0
    flow_s: Seconds = 0
    second_step: SecondStepPolicy = "optional"
    audit_keep_s: Seconds = 0
    audit_brief_s: Seconds = 0
    sign_up: bool = False
    sign_up_domains: Annotated[tuple[Domain, ...], Field(max_length=50)] = ()
    password_min_length: Annotated[int, Field(ge=8, le=64)] = 8
    deletion: DeletionPolicy = "person"
    deletion_grace_s: Seconds = 0

    def applied(self, policy: Policy) -> Policy:
        """``policy`` with what was sent."""
        return replace(policy, **self.given())


class RegistrationRules(Document):
    """Who may register applications, and what the others are told."""

    mode: RegistrationMode
    who: list[Registrant]
    message_en: Notice | None
    message_ja: Notice | None

    @classmethod
    def of(cls, rules: Registration) -> RegistrationRules:
        """Show ``rules``."""
        return cls.model_validate(rules, from_attributes=True)


class RegistrationPatch(Patch):
    """Rules for new applications to change."""

    mode: RegistrationMode = "closed"
    who: Annotated[tuple[Registrant, ...], Field(max_length=2)] = ()
    message_en: Notice | None = None
    message_ja: Notice | None = None

    def applied(self, rules: Registration) -> Registration:
        """``rules`` with what was sent."""
        return replace(rules, **self.given())


class Organization(Document):
    """An organization."""

    org_id: OrgId
    name: Name
    status: OrgStatus
    default_locale: Locale
    accent: Accent | None
    support_url: Link | None
    privacy_url: Link | None
    terms_url: Link | None
    hosts: list[str]
    dialects: list[str]
    policy: Lifetimes
    registration: RegistrationRules
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, org: orgs.Organization) -> Organization:
        """Show ``org``."""
        return cls(
            org_id=org.org_id,
            name=org.name,
            status=org.status,
            default_locale=org.default_locale,
            accent=org.accent,
            support_url=org.support_url,
            privacy_url=org.privacy_url,
            terms_url=org.terms_url,
            hosts=list(org.hosts),
            dialects=list(org.dialects),
            policy=Lifetimes.of(org.policy),
            registration=RegistrationRules.of(org.registration),
            created_at=moment(org.created_at),
            updated_at=moment(org.updated_at),
        )


class OrganizationPage(Document):
    """A page of organizations."""

    items: list[Organization]
    next_cursor: NextCursor


class OrganizationToCreate(Body):
    """A new organization."""

    org_id: OrgId
    name: Name
    default_locale: Locale = "en"
    accent: Accent | None = None
    support_url: Link | None = None
    privacy_url: Link | None = None
    terms_url: Link | None = None
    hosts: Hosts = ()
    dialects: Dialects = ("neon_crm",)
    policy: LifetimesPatch = LifetimesPatch()
    registration: RegistrationPatch = RegistrationPatch()


class OwnOrganizationPatch(Patch):
    """What an organization's own staff change. Its hosts are the operators' matter."""

    name: Name = ""
    default_locale: Locale = "en"
    accent: Accent | None = None
    support_url: Link | None = None
    privacy_url: Link | None = None
    terms_url: Link | None = None
    policy: LifetimesPatch = LifetimesPatch()
    dialects: Dialects = ()
    registration: RegistrationPatch = RegistrationPatch()


class OrganizationPatch(OwnOrganizationPatch):
    """What operators change of an organization."""

    hosts: Hosts = ()


class OrganizationRoutes:
    """Operations on organizations."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.organizations``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ORGANIZATIONS_READ, Permission.ORGANIZATIONS_WRITE
        own, every, one = "/organization", "/organizations", "/organizations/{org_id}"
        return (
            Operation("GET", own, read, self.get_own_organization, "Read your organization"),
            Operation(
                "PATCH", own, write, self.update_own_organization, "Change your organization"
            ),
            Operation("GET", every, read, self.list_organizations, "List organizations"),
            Operation(
                "POST",
                every,
                write,
                self.create_organization,
                "Create an organization",
                status=201,
                creates=True,
            ),
            Operation("GET", one, read, self.get_organization, "Read an organization"),
            Operation("PATCH", one, write, self.update_organization, "Change an organization"),
            Operation(
                "POST",
                f"{one}/suspend",
                write,
                self.suspend_organization,
                "Suspend an organization",
            ),
            Operation(
                "POST", f"{one}/resume", write, self.resume_organization, "Resume an organization"
            ),
        )

    async def get_own_organization(self, call: Caller) -> Organization:
        """The organization under whose address you call."""
        return Organization.of(call.tenant.org)

    async def update_own_organization(
        self, call: Caller, body: OwnOrganizationPatch
    ) -> Organization:
        """Change the fields that are sent, lifetimes one by one."""
        return await self._update(call, call.org_id, body)

    async def list_organizations(
        self, call: Caller, query: Annotated[PageQuery, Query()]
    ) -> OrganizationPage:
        """Every organization of the installation, by id. For operators."""
        _verify_operator(call)
        place = Place(call.org_id, "list_organizations", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.organizations.list(window.after_text, window.fetch)
        rows, following = window.close(found, lambda each: each.org_id)
        return OrganizationPage(
            items=[Organization.of(each) for each in rows], next_cursor=following
        )

    async def create_organization(self, call: Caller, body: OrganizationToCreate) -> Organization:
        """A new organization with its signing keys and standard scopes. For operators."""
        _verify_operator(call)
        fields = body.model_dump(exclude={"policy", "registration"})
        new = NewOrganization(
            policy=body.policy.applied(Policy()),
            registration=body.registration.applied(Registration()),
            **fields,
        )
        org = await self._use.organizations.create(new, call.actor)
        await self._use.keys.ensure(org.org_id, by=call.actor)
        return Organization.of(org)

    async def get_organization(self, call: Caller, org_id: OrgPath) -> Organization:
        """One organization, suspended or not. For operators."""
        _verify_operator(call)
        return Organization.of(await self._find(org_id))

    async def update_organization(
        self, call: Caller, org_id: OrgPath, body: OrganizationPatch
    ) -> Organization:
        """Change the fields that are sent; `hosts` replaces all hosts. For operators."""
        _verify_operator(call)
        return await self._update(call, org_id, body)

    async def suspend_organization(self, call: Caller, org_id: OrgPath) -> Organization:
        """Stop serving the organization at once. For operators."""
        _verify_operator(call)
        if org_id == OPERATORS:
            raise OwnOrganization
        return Organization.of(await self._use.organizations.suspend(org_id, call.actor))

    async def resume_organization(self, call: Caller, org_id: OrgPath) -> Organization:
        """Serve the organization again. For operators."""
        _verify_operator(call)
        return Organization.of(await self._use.organizations.resume(org_id, call.actor))

    async def _update(
        self, call: StaffCall, org_id: str, body: OwnOrganizationPatch
    ) -> Organization:
        given: dict[str, Any] = body.given()
        if "policy" in given:
            given["policy"] = body.policy.applied((await self._find(org_id)).policy)
        if "registration" in given:
            before = (await self._find(org_id)).registration
            given["registration"] = body.registration.applied(before)
        change = OrganizationChange(**given)
        return Organization.of(await self._use.organizations.update(org_id, change, call.actor))

    async def _find(self, org_id: str) -> orgs.Organization:
        org = await self._use.organizations.find(org_id)
        if org is None:
            raise UnknownOrganization
        return org


def _verify_operator(call: StaffCall) -> bool:
    """True within the operators' organization; elsewhere there is nothing here."""
    if call.org_id != OPERATORS:
        raise NotFound
    return True
