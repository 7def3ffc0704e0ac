"""A platform that speaks OAuth 1.0a and nothing else; Authlib verifies what it is sent."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import uvicorn
from authlib.oauth1.rfc5849.signature import verify_hmac_sha1
from authlib.oauth1.rfc5849.wrapper import OAuth1Request
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from doorward.connectors import AuthOption, Manifest
from doorward.connectors.requests import (
    Authorize,
    Callback,
    Delivery,
    Expiry,
    Identity,
    Proxy,
    RefreshPolicy,
    ResponseMap,
    Revocation,
    ScopeRule,
    Signature,
    TokenRequest,
    Verify,
)
from tests.support.clock import ManualClock
from tests.support.server import wait_until

__all__ = ["KEY", "SECRET", "OAuth1Platform", "running_oauth1"]

KEY, SECRET = "the-consumer-key", "the-consumer-secret-with-&-in-it"
_PROTOCOL = {"oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method",
             "oauth_timestamp", "oauth_version"}  # fmt: skip


@dataclass
class _Credential:
    """A token with its secret, as Authlib asks for either."""

    token: str
    secret: str
    callback: str = ""
    verifier: str = ""

    def get_client_secret(self) -> str:
        return self.secret

    def get_oauth_token_secret(self) -> str:
        return self.secret


class Refused(Exception):
    """A request that does not keep RFC 5849."""


@dataclass
class OAuth1Platform:
    """What it remembers. ``confirms`` is whether it is OAuth 1.0a, and not 1.0."""

    url: str
    clock: ManualClock
    confirms: bool = True
    secret: str = SECRET
    swaps_token: str = ""
    """What comes back in the place of the request token."""
    requests: dict[str, _Credential] = field(default_factory=dict)
    tokens: dict[str, _Credential] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    visits: list[dict[str, str]] = field(default_factory=list)
    serial: Any = field(default_factory=lambda: count(1))

    @property
    def authority(self) -> str:
        """Its ``host:port``, for ``outbound_allowed``."""
        return self.url.removeprefix("http://")

    def manifest(self, slug: str = "signed") -> Manifest:
        """The manifest that fits."""
        me = f"{self.url}/api/me"
        option = AuthOption(
            name="main",
            type="oauth2_code",
            admin_managed=True,
            authorize=Authorize(
                url=f"{self.url}/authorize",
                params={"name": "Doorward & friends"},
                pkce="off",
                scope=ScopeRule(default=("read", "write"), separator=","),
                request_token=TokenRequest(url=f"{self.url}/request?lang=en", client_auth="oauth1"),
            ),
            callback=Callback(code_param="oauth_verifier"),
            token=TokenRequest(url=f"{self.url}/access", client_auth="oauth1"),
            response=ResponseMap(
                format="form",
                access_token="oauth_token",
                named={"token_secret": "oauth_token_secret"},
            ),
            expiry=Expiry(source="none"),
            refresh_policy=RefreshPolicy(kind="none"),
            identity=Identity(url=f"{me}?fields=id,name", account_id="id", account_name="name"),
            verify=Verify(url=me),
            revoke=(
                Revocation(
                    url=f"{self.url}/tokens/{{token}}",
                    method="DELETE",
                    client_auth="none",
                    token="access",
                    token_param=None,
                    body="none",
                ),
            ),
            delivery=Delivery(
                place="none",
                signature=Signature(
                    kind="oauth1",
                    key="{client_id}",
                    secret="{client_secret}",
                    token="{access_token}",
                    token_secret="{token_secret}",
                    method="HMAC-SHA1",
                ),
            ),
        )
        proxy = Proxy(base_url=f"{self.url}/api")
        return Manifest(slug=slug, name="Signed Boards", auth_options=(option,), proxy=proxy)

    # What it serves

    async def request_token(self, request: Request) -> Response:
        """RFC 5849 2.1."""
        try:
            asked = await self._verified(request, {"oauth_callback"}, {})
        except Refused as refused:
            return self._refused(refused)
        made = self._mint("request")
        made.callback = asked.oauth_params["oauth_callback"]
        self.requests[made.token] = made
        told = {"oauth_token": made.token, "oauth_token_secret": made.secret}
        if self.confirms:
            told["oauth_callback_confirmed"] = "true"
        return PlainTextResponse(urlencode(told))

    async def authorize(self, request: Request) -> Response:
        """RFC 5849 2.2: whoever is signed in allows it at once."""
        asked = dict(request.query_params)
        self.visits.append(asked)
        known = self.requests.get(asked.get("oauth_token", ""))
        wanted = {"oauth_token", "name", "scope"}
        if known is None or set(asked) != wanted or asked["scope"] != "read,write":
            return self._refused(Refused(f"authorize: {sorted(asked)}"))
        known.verifier = f"verifier-{next(self.serial)}"
        back = {
            "oauth_token": self.swaps_token or known.token,
            "oauth_verifier": known.verifier,
        }
        joint = "&" if "?" in known.callback else "?"
        return RedirectResponse(known.callback + joint + urlencode(back), 302)

    async def access_token(self, request: Request) -> Response:
        """RFC 5849 2.3: once for each request token."""
        try:
            asked = await self._verified(request, {"oauth_token", "oauth_verifier"}, self.requests)
            known = self.requests.pop(str(asked.token))
            if not known.verifier or asked.oauth_params["oauth_verifier"] != known.verifier:
                raise Refused("the verifier")
        except Refused as refused:
            return self._refused(refused)
        made = self._mint("access")
        self.tokens[made.token] = made
        return PlainTextResponse(
            urlencode({"oauth_token": made.token, "oauth_token_secret": made.secret})
        )

    async def me(self, request: Request) -> Response:
        """A call to the API, signed with the token."""
        try:
            await self._verified(request, {"oauth_token"}, self.tokens)
        except Refused as refused:
            return self._refused(refused)
        return JSONResponse({"id": "board-7", "name": "Ada Lovelace"})

    async def forget(self, request: Request) -> Response:
        """A token is taken back by naming it."""
        found = self.tokens.pop(request.path_params["token"], None)
        return Response("", 200 if found is not None else 404)

    async def _verified(
        self, request: Request, more: set[str], known: dict[str, _Credential]
    ) -> OAuth1Request:
        body = (await request.body()).decode()
        headers = {"Authorization": request.headers.get("authorization", "")}
        asked = OAuth1Request(request.method, str(request.url), body or None, headers)
        if set(asked.oauth_params) != _PROTOCOL | more or asked.signature_type != "HEADER":
            raise Refused(f"parameters: {sorted(asked.oauth_params)}")
        if asked.client_id != KEY or asked.signature_method != "HMAC-SHA1":
            raise Refused("the consumer key")
        if abs(int(asked.timestamp) - self.clock.now // 1_000_000) > 300:
            raise Refused("the time")
        nonce = asked.oauth_params["oauth_nonce"]
        if nonce in self.nonces:
            raise Refused("the nonce was used before")
        self.nonces.add(nonce)
        asked.client = _Credential(KEY, self.secret)
        if "oauth_token" in more:
            asked.credential = known.get(str(asked.token))
            if asked.credential is None:
                raise Refused("the token")
        if not verify_hmac_sha1(asked):
            raise Refused("the signature")
        return asked

    def _refused(self, refused: Refused) -> Response:
        self.refusals.append(str(refused))
        return PlainTextResponse("invalid", 401)

    def _mint(self, kind: str) -> _Credential:
        number = next(self.serial)
        return _Credential(f"{kind}-{number:06d}", f"secret-of-{kind}-{number:06d}-0123456789")


@contextmanager
def running_oauth1(clock: ManualClock) -> Iterator[OAuth1Platform]:
    """The platform on loopback, for the length of a block."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    platform = OAuth1Platform(f"http://127.0.0.1:{listening.getsockname()[1]}", clock)
    app = Starlette(
        routes=[
            Route("/request", platform.request_token, methods=["GET", "POST"]),
            Route("/authorize", platform.authorize),
            Route("/access", platform.access_token, methods=["GET", "POST"]),
            Route("/api/me", platform.me),
            Route("/tokens/{token}", platform.forget, methods=["DELETE"]),
        ]
    )
    config = uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    before = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    thread.start()
    try:
        wait_until(lambda: server.started, "the platform does not start")
        yield platform
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
        if before is None:
            del os.environ["AUTHLIB_INSECURE_TRANSPORT"]
        else:
            os.environ["AUTHLIB_INSECURE_TRANSPORT"] = before
