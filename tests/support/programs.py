"""What an application does at the endpoints that programs call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.audit import SYSTEM
from doorward.protocol import AuthMethod
from doorward.scopes import Api, Scope
from tests.support.visits import authorize
from tests.support.world import CALLBACK, VERIFIER, Known, World

__all__ = ["Program", "add_api", "error_of", "get_code", "get_tokens", "key_set", "verified"]


@dataclass(frozen=True)
class Program:
    """One application at work. It proves who it is as it is registered."""

    world: World
    known: Known

    async def post(
        self, path: str, form: Mapping[str, str | None], **options: Any
    ) -> httpx2.Response:
        """Post ``form`` (None leaves a field out) with the application's credentials."""
        data = {name: value for name, value in form.items() if value is not None}
        method, secret = self.known.application.auth_method, self.known.secret
        if method is AuthMethod.BASIC:
            options.setdefault("auth", self.known.basic)
        else:
            data.setdefault("client_id", self.known.client_id)
            if method is AuthMethod.POST and secret is not None:
                data.setdefault("client_secret", secret.reveal())
        async with self.world.http() as http:
            return await http.post(path, data=data, **options)

    async def redeem(self, code: str, **changes: str | None) -> httpx2.Response:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return await self.post("oauth2/token", form)

    async def refresh(self, token: str, **changes: str | None) -> httpx2.Response:
        """Exchange a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        return await self.post("oauth2/token", form)

    async def act(self, **changes: str | None) -> httpx2.Response:
        """Ask for a token of its own."""
        return await self.post("oauth2/token", {"grant_type": "client_credentials", **changes})

    async def introspect(self, token: str) -> dict[str, Any]:
        """What this application may know of ``token``."""
        answer = await self.post("oauth2/introspect", {"token": token})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def is_active(self, token: str) -> bool:
        """Whether ``token`` is good, as far as this application can tell."""
        return bool((await self.introspect(token))["active"])

    async def revoke(self, token: str, **changes: str | None) -> httpx2.Response:
        """Give ``token`` back."""
        return await self.post("oauth2/revoke", {"token": token, **changes})

    async def userinfo(self, token: str) -> httpx2.Response:
        """Ask about the person."""
        async with self.world.http() as http:
            return await http.get("userinfo", headers={"authorization": f"Bearer {token}"})


async def get_code(world: World, *, username: str = "anna", **changes: Any) -> str:
    """A fresh code, from a browser of its own."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request(**changes), username=username)
    assert "code" in visit.parameters, visit.parameters
    return visit.parameters["code"]


async def get_tokens(
    world: World, *, known: Known | None = None, username: str = "anna", **changes: Any
) -> dict[str, Any]:
    """What a fresh code buys; ``known`` is the Donor Portal unless given."""
    known = known or world.web
    changes = {"client_id": known.client_id, **changes}
    code = await get_code(world, username=username, **changes)
    uri = changes.get("redirect_uri") or CALLBACK
    answer = await Program(world, known).redeem(code, redirect_uri=uri)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def error_of(answer: httpx2.Response, status: int = 400) -> str:
    """The error code of a refusal in JSON, which is never stored and has no secret."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, str] = answer.json()
    assert set(told) == {"error", "error_description"}
    return told["error"]


async def key_set(world: World) -> KeySet:
    """The keys that the organization publishes."""
    async with world.http() as http:
        return KeySet.import_key_set((await http.get(".well-known/jwks.json")).json())


async def verified(
    world: World, token: str, *, typ: str = "JWT", alg: str = "RS256"
) -> dict[str, Any]:
    """The claims of a JWT whose signature the published keys prove."""
    decoded = jwt.decode(token, await key_set(world), algorithms=[alg])
    assert decoded.header["typ"] == typ
    return dict(decoded.claims)


async def add_api(world: World, identifier: str, *scopes: str, **fields: Any) -> Api:
    """An API of the organization, with scopes of its own."""
    org_id = world.org.org_id
    api = Api(org_id=org_id, identifier=identifier, name="Donations", **fields)
    await world.services.scopes.create_api(api, SYSTEM)
    for name in scopes:
        scope = Scope(
            org_id=org_id,
            name=name,
            api=identifier,
            title_en=f"Use {name}",
            title_ja=f"{name} を使う",
            sentence_en=f"Use {name}.",
            sentence_ja=f"{name} を使います。",
            sensitivity="basic",
        )
        await world.services.scopes.create_scope(scope, SYSTEM)
    return api
