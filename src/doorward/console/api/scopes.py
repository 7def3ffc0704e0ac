"""``/scopes`` and ``/apis``: what may be asked for, and the APIs that it opens."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Path, Query
from pydantic import Field

from doorward import scopes
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import Body, Caller, Document, NextCursor, PageQuery, Patch
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission
from doorward.scopes import (
    ApiChange,
    ScopeChange,
    Sensitivity,
    SigningAlg,
    TokenFormat,
    UnknownApi,
    UnknownScope,
)

__all__ = ["ScopeRoutes"]

ScopeName = Annotated[str, Field(max_length=128, examples=["donations.read"])]
Identifier = Annotated[str, Field(max_length=512, examples=["https://api.riverbend.example"])]
NamePath = Annotated[str, Path(max_length=200, examples=["donations.read"])]
IdentifierPath = Annotated[
    str,
    Path(max_length=600, description="Percent-encoded.", examples=["urn:riverbend:donations"]),
]
Title = Annotated[str, Field(max_length=80, examples=["Donations"])]
Sentence = Annotated[
    str,
    Field(
        max_length=300,
        description="`{app}` and `{org}` stand for the names of both.",
        examples=["See the donations you made to {org}"],
    ),
]
Claims = Annotated[tuple[str, ...], Field(max_length=30, examples=[["email"]])]
ClientIds = Annotated[tuple[str, ...], Field(max_length=50, examples=[[]])]


class Scope(Document):
    """A permission that an application may ask for."""

    name: ScopeName
    api: Identifier | None
    title_en: Title
    title_ja: Title
    sentence_en: Sentence
    sentence_ja: Sentence
    sensitivity: Sensitivity
    claims: list[str]

    @classmethod
    def of(cls, scope: scopes.Scope) -> Scope:
        """Show ``scope``."""
        return cls.model_validate(_public(scope))


class ScopePage(Document):
    """A page of scopes."""

    items: list[Scope]
    next_cursor: NextCursor


class ScopeToCreate(Body):
    """A new scope, in words that people understand."""

    name: ScopeName
    api: Identifier | None = None
    title_en: Title
    title_ja: Title
    sentence_en: Sentence
    sentence_ja: Sentence
    sensitivity: Sensitivity
    claims: Claims = ()


class ScopePatch(Patch):
    """What to change of a scope. Of OpenID Connect's own scopes only the wording changes."""

    api: Identifier | None = None
    title_en: Title = ""
    title_ja: Title = ""
    sentence_en: Sentence = ""
    sentence_ja: Sentence = ""
    sensitivity: Sensitivity = "basic"
    claims: Claims = ()


class Api(Document):
    """A protected resource; its identifier is the audience of tokens for it."""

    identifier: Identifier
    name: Title
    token_format: TokenFormat
    signing_alg: SigningAlg
    access_token_s: int | None
    resource_client_ids: list[str]

    @classmethod
    def of(cls, api: scopes.Api) -> Api:
        """Show ``api``."""
        return cls.model_validate(_public(api))


class ApiPage(Document):
    """A page of APIs."""

    items: list[Api]
    next_cursor: NextCursor


class ApiToCreate(Body):
    """A new protected resource."""

    identifier: Identifier
    name: Title
    token_format: TokenFormat = "opaque"  # noqa: S105 - a format, not a token
    signing_alg: SigningAlg = "ES256"
    access_token_s: Annotated[
        int | None, Field(ge=60, le=86_400, description="Overrides the organization's.")
    ] = None
    resource_client_ids: Annotated[
        ClientIds, Field(description="Applications that act as this API and may introspect.")
    ] = ()


class ApiPatch(Patch):
    """What to change of an API."""

    name: Title = ""
    token_format: TokenFormat = "opaque"  # noqa: S105 - a format, not a token
    signing_alg: SigningAlg = "ES256"
    access_token_s: Annotated[int | None, Field(ge=60, le=86_400)] = None
    resource_client_ids: ClientIds = ()


class ScopeRoutes:
    """Operations on scopes and APIs."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.scopes``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.SCOPES_READ, Permission.SCOPES_WRITE
        scope, api = "/scopes/{name:path}", "/apis/{identifier:path}"
        new: dict[str, Any] = {"status": 201, "creates": True}
        return (
            Operation("GET", "/scopes", read, self.list_scopes, "List scopes"),
            Operation("POST", "/scopes", write, self.create_scope, "Create a scope", **new),
            Operation("GET", scope, read, self.get_scope, "Read a scope"),
            Operation("PATCH", scope, write, self.update_scope, "Change a scope"),
            Operation("DELETE", scope, write, self.delete_scope, "Delete a scope", status=204),
            Operation("GET", "/apis", read, self.list_apis, "List APIs"),
            Operation("POST", "/apis", write, self.create_api, "Create an API", **new),
            Operation("GET", api, read, self.get_api, "Read an API"),
            Operation("PATCH", api, write, self.update_api, "Change an API"),
            Operation("DELETE", api, write, self.delete_api, "Delete an API", status=204),
        )

    async def list_scopes(self, call: Caller, query: Annotated[PageQuery, Query()]) -> ScopePage:
        """Every scope of the organization, by name."""
        place = Place(call.org_id, "list_scopes", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.scopes.list_scopes(call.org_id)
        rows, following = window.cut(found, lambda each: each.name, window.after_text)
        return ScopePage(items=[Scope.of(each) for each in rows], next_cursor=following)

    async def create_scope(self, call: Caller, body: ScopeToCreate) -> Scope:
        """Offer a new scope; applications may ask for it once it is among theirs."""
        scope = scopes.Scope(org_id=call.org_id, **body.model_dump())
        return Scope.of(await self._use.scopes.create_scope(scope, call.actor))

    async def get_scope(self, call: Caller, name: NamePath) -> Scope:
        """One scope."""
        scope = (await self._use.scopes.catalogue(call.org_id)).scopes.get(name)
        if scope is None:
            raise UnknownScope
        return Scope.of(scope)

    async def update_scope(self, call: Caller, name: NamePath, body: ScopePatch) -> Scope:
        """Change the fields that are sent."""
        change = ScopeChange(**body.given())
        return Scope.of(await self._use.scopes.update_scope(call.org_id, name, change, call.actor))

    async def delete_scope(self, call: Caller, name: NamePath) -> None:
        """Stop offering the scope; OpenID Connect's own scopes stay."""
        await self._use.scopes.delete_scope(call.org_id, name, call.actor)

    async def list_apis(self, call: Caller, query: Annotated[PageQuery, Query()]) -> ApiPage:
        """Every API of the organization, by identifier."""
        place = Place(call.org_id, "list_apis", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.scopes.list_apis(call.org_id)
        rows, following = window.cut(found, lambda each: each.identifier, window.after_text)
        return ApiPage(items=[Api.of(each) for each in rows], next_cursor=following)

    async def create_api(self, call: Caller, body: ApiToCreate) -> Api:
        """Protect a resource: tokens for its scopes name it as their audience."""
        api = scopes.Api(org_id=call.org_id, **body.model_dump())
        return Api.of(await self._use.scopes.create_api(api, call.actor))

    async def get_api(self, call: Caller, identifier: IdentifierPath) -> Api:
        """One API."""
        api = (await self._use.scopes.catalogue(call.org_id)).apis.get(identifier)
        if api is None:
            raise UnknownApi
        return Api.of(api)

    async def update_api(self, call: Caller, identifier: IdentifierPath, body: ApiPatch) -> Api:
        """Change the fields that are sent."""
        change = ApiChange(**body.given())
        return Api.of(
            await self._use.scopes.update_api(call.org_id, identifier, change, call.actor)
        )

    async def delete_api(self, call: Caller, identifier: IdentifierPath) -> None:
        """Stop protecting the API; refused while scopes belong to it."""
        await self._use.scopes.delete_api(call.org_id, identifier, call.actor)


def _public(thing: scopes.Scope | scopes.Api) -> dict[str, Any]:
    """The fields of a scope or an API but its organization."""
    fields: dict[str, Any] = msgspec.to_builtins(thing)
    del fields["org_id"]
    return fields
