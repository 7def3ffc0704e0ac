"""A client of App Connect: what it sends, for people of an organization, to a real platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import msgspec

from doorward.accounts import STAFF_SIGN_IN, Account, AccountKind
from doorward.audit import SYSTEM
from doorward.connectors import Connector, Variable, write_manifest
from doorward.orgs import Permission
from tests.support.factories import make_account
from tests.support.platforms import add_scope, speak
from tests.support.upstream import CLIENT_ID, SECRET, UpstreamServer
from tests.support.visits import authorize
from tests.support.world import CALLBACK, World

__all__ = ["KEY", "REDIRECT", "Client", "make_client"]

REDIRECT = "https://client.example/embeddable/redirect.html"
"""The client's own page, to which platforms send people back."""

KEY = Variable(name="api_key", secret=True)


@dataclass
class Client:
    """The client, with the access tokens of the people who use it, by user name."""

    world: World
    server: UpstreamServer
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def org_id(self) -> str:
        """The organization."""
        return self.world.org.org_id

    # Calling

    async def call(
        self,
        method: str,
        path: str,
        *,
        who: str = "",
        jwt: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """Call ``path`` for the account ``who``, with the JWT of a connection."""
        sent = dict(headers or {})
        if who:
            sent["x-rc-access-token"] = self.tokens[who]
        if jwt:
            sent["authorization"] = f"Bearer {jwt}"
        async with self.world.http() as http:
            return await http.request(method, f"app-connect/{path}", headers=sent, **more)

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """``GET``."""
        return await self.call("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> httpx2.Response:
        """``POST`` a JSON object."""
        return await self.call("POST", path, json={} if body is None else body, **more)

    async def delete(self, path: str, **more: Any) -> httpx2.Response:
        """``DELETE``."""
        return await self.call("DELETE", path, **more)

    # Setting up

    async def join(self, name: str, *permissions: Permission) -> Account:
        """Somebody who uses the client: staff where there are ``permissions``."""
        kind = AccountKind.SYSTEM if permissions else AccountKind.CONSTITUENT
        granted = tuple(str(each) for each in permissions)
        account = self.accounts.get(name) or await make_account(
            self.world.services.db, name, org_id=self.org_id, kind=kind, permissions=granted
        )
        self.accounts[name] = account
        self.tokens[name] = await self.token(name, kind)
        return account

    async def token(
        self, name: str, kind: AccountKind = AccountKind.CONSTITUENT, scope: str = "app_connect"
    ) -> str:
        """An access token of the client for somebody."""
        scope = f"openid {scope}"
        app = await self.world.register(
            f"Client of {name}", account_kind=kind, scopes=tuple(scope.split())
        )
        asked = self.world.request(client_id=app.client_id, scope=scope)
        async with self.world.http() as browser:
            visit = await authorize(browser, asked, username=name)
        form = {
            "grant_type": "authorization_code",
            "code": visit.parameters["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": "a-verifier-of-forty-three-characters-or-more",
        }
        async with self.world.http() as http:
            answer = await http.post("oauth2/token", data=form, auth=app.basic)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def connector(
        self, slug: str = "platform", *, redirect: str | None = REDIRECT, **more: Any
    ) -> Connector:
        """A connector for the platform as it is, switched on; ``more`` changes its option."""
        manifest = self.server.manifest(slug)
        option = manifest.auth_options[0]
        if option.authorize is not None:
            more = {
                "authorize": msgspec.structs.replace(option.authorize, redirect_uri=redirect),
                "admin_managed": True,
                **more,
            }
        option = msgspec.structs.replace(option, **more)
        manifest = msgspec.structs.replace(manifest, auth_options=(option,))
        connectors = self.world.services.connectors
        await connectors.register(self.org_id, write_manifest(manifest), SYSTEM)
        return await connectors.enable(self.org_id, slug, SYSTEM, version=1)

    async def submit(self, who: str = "ada", **values: Any) -> httpx2.Response:
        """The organization's registration with the platform, for the first connection to prove."""
        given = {"clientId": CLIENT_ID, "clientSecret": SECRET, "redirectUri": REDIRECT, **values}
        return await self.post(
            "admin/managedOAuth/cache?platform=platform", {"values": given}, who=who
        )

    # Connecting

    async def visit(self, name: str, state: str = "platform=platform") -> str:
        """Where the person ends up, from the address that the client composes."""
        asked = {
            "response_type": "code",
            "client_id": "platform",
            "state": state,
            "redirect_uri": REDIRECT,
        }
        if self.accounts[name].kind is AccountKind.SYSTEM:
            asked |= [STAFF_SIGN_IN]
        async with self.world.http() as browser:
            left = await authorize(browser, asked, username=name, at="app-connect/oauth/authorize")
        return left.location

    async def come_back(self, name: str, state: str = "platform=platform") -> str:
        """The address on the client's own page, with the platform's code."""
        left = await self.visit(name, state)
        assert left.startswith(self.server.url), left
        asked = parse_qs(urlsplit(left).query)
        assert asked["redirect_uri"] == [REDIRECT]
        return f"{REDIRECT}?{urlencode(self.server.visit(left))}"

    async def callback(self, uri: str, **more: Any) -> httpx2.Response:
        """Hand on where the person came back to."""
        return await self.get("oauth-callback", params={"callbackUri": uri}, **more)

    async def connect(self, name: str) -> str:
        """There and back; the JWT."""
        answer = await self.callback(await self.come_back(name), who=name)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["jwtToken"])

    async def set_up(self) -> str:
        """The organization's registration, proved by Ada; her JWT."""
        await self.connector()
        assert (await self.submit()).status_code == 200
        return await self.connect("ada")

    async def log_in(self, who: str = "anna", **body: Any) -> httpx2.Response:
        """Connect by a form."""
        return await self.post("apiKeyLogin", {"platform": "platform", **body}, who=who)


async def make_client(world: World, server: UpstreamServer) -> Client:
    """The client of an organization that speaks App Connect, with Anna, and Ada of the staff."""
    await speak(world, "app_connect")
    await add_scope(world, "app_connect")
    client = Client(world, server, {"anna": world.person})
    await client.join("anna")
    await client.join("ada", Permission.CONNECTORS_WRITE)
    return client
