"""``/applications``: programs that ask for access, their review status and their secrets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from doorward import clients
from doorward.clients import (
    ApplicationChange,
    ApplicationKind,
    ApplicationStatus,
    NewApplication,
    StoredSecret,
)
from doorward.console.api.authority import verify_may_change_application
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    Patch,
    RowId,
    moment,
    moment_or_none,
)
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.route import Operation
from doorward.orgs import Permission
from doorward.protocol import AuthMethod

__all__ = ["Application", "ApplicationRoutes", "ClientPath"]

ClientId = Annotated[str, Field(max_length=128, examples=["donor-portal"])]
ClientPath = Annotated[str, Path(max_length=200, examples=["donor-portal"])]
Name = Annotated[str, Field(max_length=80, examples=["Donor Portal"])]
Text = Annotated[str, Field(max_length=2000)]
Email = Annotated[str, Field(max_length=254, examples=["help@portal.example"])]
Link = Annotated[str, Field(max_length=2048, examples=["https://portal.example"])]
Uris = Annotated[
    tuple[str, ...], Field(max_length=50, examples=[["https://portal.example/callback"]])
]
ScopeNames = Annotated[tuple[str, ...], Field(max_length=100, examples=[["openid", "profile"]])]
Grant = Literal["authorization_code", "refresh_token", "client_credentials"]
IdTokenAlg = Literal["RS256", "ES256"]
People = Literal["constituent", "system"]
Purpose = Annotated[str, Field(max_length=200, examples=["To greet you by name."])]
Purposes = Annotated[
    dict[str, Purpose],
    Field(max_length=100, description="For what it needs a scope, in a line that people read."),
]
Logo = Annotated[str, Field(max_length=200, description="The key of an uploaded image.")]
Optional = Annotated[
    tuple[str, ...], Field(max_length=100, description="Scopes that a person may leave out.")
]
Quota = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=1_000_000,
        description="How often it may prove itself within a minute; null for as often as it likes. "
        "Staff decide, not its owner; one without a secret has none.",
    ),
]
SecretText = Annotated[str, Field(examples=["dw_cs_…"])]


class ApplicationSecret(Document):
    """What may be seen of a secret once it was shown."""

    secret_id: Id
    last4: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Annotated[
        Moment | None, Field(description="To the minute; empty until it proves itself once.")
    ]

    @classmethod
    def of(cls, secret: StoredSecret, used_at: int | None) -> ApplicationSecret:
        """Show ``secret``, good last at ``used_at``; its digest stays inside."""
        return cls(
            secret_id=str(secret.secret_id),
            last4=secret.last4,
            created_at=moment(secret.created_at),
            expires_at=moment_or_none(secret.expires_at),
            last_used_at=moment_or_none(used_at),
        )


class NewApplicationSecret(ApplicationSecret):
    """A secret that is shown this once."""

    secret: SecretText


class ApplicationSecrets(Document):
    """The secrets of an application."""

    items: list[ApplicationSecret]
    next_cursor: NextCursor


class Application(Document):
    """A program that asks for access."""

    client_id: ClientId
    name: Name
    description: Text | None
    publisher: Name | None
    homepage_url: Link | None
    privacy_url: Link | None
    terms_url: Link | None
    contact_email: Email | None
    kind: ApplicationKind
    auth_method: AuthMethod
    grant_types: list[str]
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    scopes: list[str]
    account_kind: People
    status: ApplicationStatus
    trusted: bool
    id_token_alg: IdTokenAlg
    owner_account_id: Id | None
    company: Name | None
    reason: Text | None
    calls_from_backend: bool
    purposes: Purposes
    optional_scopes: list[str]
    logo: Logo | None
    revision: Annotated[int, Field(description="Counts what was asked to be reviewed.")]
    quota_a_minute: Quota | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, application: clients.Application) -> Application:
        """Show ``application`` without its secrets."""
        return cls(**_fields(application))


class CreatedApplication(Application):
    """A new application with its first secret, which is shown this once."""

    client_secret: SecretText | None


class ApplicationPage(Document):
    """A page of applications."""

    items: list[Application]
    next_cursor: NextCursor


class ApplicationToCreate(Body):
    """A new application. Who may review registers it `approved`; else it starts as a draft."""

    name: Name
    kind: ApplicationKind = "web"
    auth_method: AuthMethod = AuthMethod.BASIC
    redirect_uris: Uris = ()
    post_logout_redirect_uris: Uris = ()
    scopes: ScopeNames = ()
    grant_types: Annotated[
        tuple[Grant, ...] | None,
        Field(max_length=3, description="Follow from the kind when left out."),
    ] = None
    account_kind: People = "constituent"
    status: Literal["draft", "submitted", "approved"] = "draft"
    trusted: Annotated[
        bool, Field(description="The organization's own: people are not asked for consent.")
    ] = False
    id_token_alg: IdTokenAlg = "RS256"  # noqa: S105 - an algorithm
    description: Text | None = None
    publisher: Name | None = None
    homepage_url: Link | None = None
    privacy_url: Link | None = None
    terms_url: Link | None = None
    contact_email: Email | None = None
    owner_account_id: Id | None = None
    company: Name | None = None
    reason: Annotated[Text | None, Field(description="Why it wants access.")] = None
    calls_from_backend: bool = False
    purposes: Purposes = Field(default_factory=dict)
    optional_scopes: Optional = ()
    logo: Logo | None = None
    client_id: Annotated[
        ClientId | None, Field(description="For imports; otherwise a new one.")
    ] = None


class ApplicationPatch(Patch):
    """What to change of an application. Lists replace lists."""

    name: Name = ""
    description: Text | None = None
    publisher: Name | None = None
    homepage_url: Link | None = None
    privacy_url: Link | None = None
    terms_url: Link | None = None
    contact_email: Email | None = None
    auth_method: AuthMethod = AuthMethod.BASIC
    grant_types: Annotated[tuple[Grant, ...], Field(max_length=3)] = ()
    redirect_uris: Uris = ()
    post_logout_redirect_uris: Uris = ()
    scopes: ScopeNames = ()
    trusted: bool = False
    id_token_alg: IdTokenAlg = "RS256"  # noqa: S105 - an algorithm
    owner_account_id: Id | None = None
    company: Name | None = None
    reason: Text | None = None
    calls_from_backend: bool = False
    purposes: Purposes = Field(default_factory=dict)
    optional_scopes: Optional = ()
    logo: Logo | None = None
    quota_a_minute: Quota | None = None


class ApplicationRoutes:
    """Operations on applications and their secrets."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.applications``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE
        every, one = "/applications", "/applications/{client_id}"
        secrets, secret = f"{one}/secrets", f"{one}/secrets/{{secret_id}}"
        new: dict[str, Any] = {"status": 201, "creates": True}
        gone: dict[str, Any] = {"status": 204}
        return (
            Operation("GET", every, read, self.list_applications, "List applications"),
            Operation("POST", every, write, self.create_application, "Register one", **new),
            Operation("GET", one, read, self.get_application, "Read an application"),
            Operation("PATCH", one, write, self.update_application, "Change an application"),
            Operation("DELETE", one, write, self.delete_application, "Delete it", **gone),
            Operation("GET", secrets, read, self.list_secrets, "List its secrets"),
            Operation("POST", secrets, write, self.create_secret, "Add a secret", **new),
            Operation("DELETE", secret, write, self.delete_secret, "Revoke a secret", **gone),
        )

    async def list_applications(
        self, call: Caller, query: Annotated[PageQuery, Query()]
    ) -> ApplicationPage:
        """Every application of the organization, by client id."""
        place = Place(call.org_id, "list_applications", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.applications.list(call.org_id, window.after_text, window.fetch)
        rows, following = window.close(found, lambda each: each.client_id)
        return ApplicationPage(items=[Application.of(each) for each in rows], next_cursor=following)

    async def create_application(
        self, call: Caller, body: ApplicationToCreate
    ) -> CreatedApplication:
        """Register an application; a confidential one gets a secret, shown this once."""
        verify_may_change_application(call, None, trusted=body.trusted, scopes=body.scopes)
        fields = body.model_dump() | {
            "status": ApplicationStatus(body.status),
            "owner_account_id": await self._owner(call, body.owner_account_id),
        }
        new = NewApplication(org_id=call.org_id, **fields)
        application, secret = await self._use.applications.create(new, call.author)
        shown = None if secret is None else secret.reveal()
        return CreatedApplication(**_fields(application), client_secret=shown)

    async def get_application(self, call: Caller, client_id: ClientPath) -> Application:
        """One application, whatever its status."""
        return Application.of(await self._use.applications.get(call.org_id, client_id))

    async def update_application(
        self, call: Caller, client_id: ClientPath, body: ApplicationPatch
    ) -> Application:
        """Change the fields that are sent. One that becomes public loses its secrets.

        What you change of your own approved application waits for a review.
        """
        before = await self._use.applications.get(call.org_id, client_id)
        given = body.given()
        verify_may_change_application(
            call, before, trusted=given.get("trusted"), scopes=given.get("scopes")
        )
        if "owner_account_id" in given:
            given["owner_account_id"] = await self._owner(call, body.owner_account_id)
        change = ApplicationChange(**given)
        return Application.of(
            await self._use.applications.update(call.org_id, client_id, change, call.author)
        )

    async def delete_application(self, call: Caller, client_id: ClientPath) -> None:
        """Remove the application with its secrets; its tokens stop working."""
        await self._use.ownership.delete(call.org_id, client_id, call.author)

    async def list_secrets(
        self, call: Caller, client_id: ClientPath, query: Annotated[PageQuery, Query()]
    ) -> ApplicationSecrets:
        """Their last four characters, when they were made, and when they were good last."""
        application = await self._use.applications.get(call.org_id, client_id)
        uses = await self._use.secret_uses.of(call.org_id, client_id)
        place = Place(call.org_id, f"list_secrets {client_id}", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        rows, following = window.cut(
            application.secrets, lambda each: each.secret_id, window.after_number
        )
        return ApplicationSecrets(
            items=[ApplicationSecret.of(each, uses.get(each.secret_id)) for each in rows],
            next_cursor=following,
        )

    async def create_secret(self, call: Caller, client_id: ClientPath) -> NewApplicationSecret:
        """One more secret, shown this once: switch to it, then revoke the old one."""
        before = await self._use.applications.get(call.org_id, client_id)
        verify_may_change_application(call, before)
        stored, secret = await self._use.applications.add_secret(
            call.org_id, client_id, call.author
        )
        shown = ApplicationSecret.of(stored, None).model_dump()
        return NewApplicationSecret(**shown, secret=secret.reveal())

    async def delete_secret(self, call: Caller, client_id: ClientPath, secret_id: RowId) -> None:
        """Make a secret worthless at once; refused for the last one."""
        await self._use.applications.revoke_secret(call.org_id, client_id, secret_id, call.author)

    async def _owner(self, call: StaffCall, account_id: str | None) -> int | None:
        if account_id is None:
            return None
        return (await self._use.accounts.get(call.org_id, int(account_id))).account_id


def _fields(application: clients.Application) -> dict[str, Any]:
    names = set(Application.model_fields) - {"created_at", "updated_at", "owner_account_id"}
    owner = application.owner_account_id
    return {name: getattr(application, name) for name in names} | {
        "grant_types": sorted(application.grant_types),
        "redirect_uris": list(application.redirect_uris),
        "post_logout_redirect_uris": list(application.post_logout_redirect_uris),
        "scopes": list(application.scopes),
        "purposes": dict(application.purposes),
        "optional_scopes": list(application.optional_scopes),
        "owner_account_id": None if owner is None else str(owner),
        "created_at": moment(application.created_at),
        "updated_at": moment(application.updated_at),
    }
