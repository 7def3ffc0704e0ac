"""The platform's API: what a credential opens."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.upstream.platform import ApiNote, Family, Platform, Refused, User

__all__ = ["API_KEY", "LIMITED_KEY", "api_routes"]

API_KEY = "key-0123456789abcdef0123"
LIMITED_KEY = "key-that-may-do-nothing-"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SESSION = "session-of-its-own-1234"


def api_routes(platform: Platform) -> list[Route]:
    """Routes of the API."""
    api = _Api(platform)
    return [
        Route("/api/me", api.me),
        Route("/api/session", api.session, methods=["POST"]),
        Route("/api/accounts", api.accounts),
        Route("/api/regions", api.regions),
        Route("/api/contacts", api.contacts, methods=["GET", "POST"]),
        Route("/api/things/{rest:path}", api.things, methods=list(_METHODS)),
    ]


class _Api:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    async def me(self, request: Request) -> Response:
        """Whose credential it is."""
        return self._answered(request, lambda family: {"user": _shown(family.user)})

    async def session(self, request: Request) -> Response:
        """A session of its own, which some platforms want for their calls."""
        answer = {"session": _SESSION, "base": {"url": self.platform.url}}
        return self._answered(request, lambda _: answer)

    async def accounts(self, request: Request) -> Response:
        """Several accounts behind one token."""
        accounts = [{"id": "site-1", "name": "First"}, {"id": "site-2", "name": "Second"}]
        return self._answered(request, lambda _: {"sites": accounts})

    async def contacts(self, request: Request) -> Response:
        """Something to call for."""
        return self._answered(request, lambda family: {"of": family.user.account_id})

    async def things(self, request: Request) -> Response:
        """Whatever is to be answered next, once the call is noted and its credential was good."""
        body = await request.body()
        target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
        self.platform.calls.append(ApiNote(request.method, target.decode(), headers, body))
        usual = self._answered(request, lambda family: {"of": family.user.account_id})
        if usual.status_code != 200 or not self.platform.api_replies:
            return usual
        reply = self.platform.api_replies.pop(0)
        response = Response(reply.body, reply.status)
        for name, value in reply.headers:
            response.headers.append(name, value)
        return response

    async def regions(self, request: Request) -> Response:
        """Choices that are listed for whoever typed the right key into a form."""
        if request.headers.get("x-typed-key") != API_KEY:
            return JSONResponse({"error": "wrong key"}, 401)
        regions = [{"code": "eu", "label": "Europe"}, {"code": "us", "label": "United States"}]
        return JSONResponse({"data": {"regions": regions}})

    def _answered(self, request: Request, answer: Any) -> Response:
        self.platform.seen.append((request.method, request.url.path))
        try:
            self._verify_headers(request)
            return JSONResponse(answer(self._family(request)))
        except Refused as refused:
            self.platform.refusals.append(str(refused))
            return JSONResponse({"error": refused.error}, refused.status)

    def _verify_headers(self, request: Request) -> None:
        switches, headers = self.platform.switches, request.headers
        if switches.version_header and headers.get("x-api-version") != "2026-01-01":
            raise Refused("version_missing")
        if switches.agent_header and not headers.get("user-agent", "").startswith("Doorward ("):
            raise Refused("agent_missing", status=403)

    def _family(self, request: Request) -> Family:
        credential = _credential(request, self.platform.switches.delivery)
        if self.platform.switches.kind == "key":
            if credential == LIMITED_KEY:
                raise Refused("not_enough", status=403)
            if credential != API_KEY:
                raise Refused("wrong_key", status=401)
            return Family(self.platform.user, ())
        return self.platform.by_access(credential)


def _credential(request: Request, delivery: str) -> str:
    """The credential, in the one place where this platform looks for it."""
    headers, authorization = request.headers, request.headers.get("authorization", "")
    if delivery == "basic":
        user, _, password = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return user if password == "X" else ""
    if delivery == "several":
        raw = {name.decode(): value.decode() for name, value in headers.raw}
        return raw.get("access_token", "") if headers.get("x-account") == "acme" else ""
    return {
        "bearer": authorization.removeprefix("Bearer ") if authorization[:7] == "Bearer " else "",
        "scheme": authorization.removeprefix("Zeta-token "),
        "header": headers.get("x-auth-key", ""),
        "query": request.query_params.get("api_token", ""),
        "cookie": request.cookies.get("SID", ""),
    }[delivery]


def _shown(user: User) -> dict[str, str]:
    return {
        "id": user.account_id,
        "name": user.name,
        "email": user.email,
        "organization": user.organization,
    }
