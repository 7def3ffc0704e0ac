"""The platform's addresses: the visit, the token endpoint, and taking tokens back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.upstream.api import api_routes
from tests.support.upstream.platform import CLIENT_ID, ISSUER, Family, Platform, Refused
from tests.support.upstream.reading import TokenCall, prove_client, read_token_call
from tests.support.upstream.switches import NAMES, Fault, Switches

__all__ = ["platform_app"]

_STATE_LENGTHS = {"plain": (1, 512), "long": (64, 512), "short": (22, 40), "custom": (5, 5)}


def platform_app(platform: Platform) -> Starlette:
    """An ASGI application whose switches may change between requests."""
    door = _Door(platform)
    return Starlette(
        routes=[
            Route("/authorize", door.authorize),
            Route("/token", door.token, methods=["GET", "POST"]),
            Route("/refresh", door.token, methods=["GET", "POST"]),
            Route("/revoke", door.revoke, methods=["GET", "POST"]),
            Route("/grants/{token}", door.revoke, methods=["DELETE"]),
            *api_routes(platform),
        ]
    )


class _Door:
    """Reads requests, asks the platform, and writes its answers."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    @property
    def switches(self) -> Switches:
        return self.platform.switches

    async def authorize(self, request: Request) -> Response:
        """The visit: whoever is signed in allows it at once."""
        self.platform.seen.append(("GET", request.url.path))
        try:
            visit = self._visit(request)
        except Refused as refused:
            self.platform.refusals.append(str(refused))
            return Response(str(refused), 400)
        self.platform.visits.append(visit)
        back = visit.get("redirect_uri", "")
        if self.switches.registered_name is not None:
            back = "http://127.0.0.1/registered"
        params = self._callback(visit)
        joint = "&" if "?" in back else "?"
        return RedirectResponse(back + joint + urlencode(params), 302)

    def _visit(self, request: Request) -> dict[str, str]:
        given = [pair.partition("=")[::2] for pair in request.url.query.split("&")]
        if len({name for name, _ in given}) < len(given):
            raise Refused("invalid_request", "a parameter twice")
        params = dict(parse_qsl(request.url.query, keep_blank_values=True))
        names = NAMES if self.switches.renamed else {}
        if "" in params.values() or set(params) & set(names):
            raise Refused("invalid_request", "an empty or unknown parameter")
        back = {own: name for name, own in names.items()}
        visit = {back.get(name, name): value for name, value in params.items()}
        self._verify_visit(visit, request.url.query)
        return visit

    def _verify_visit(self, visit: dict[str, str], query: str) -> None:
        switches = self.switches
        rest = dict(visit)
        _want(rest.pop("client_id", None) == CLIENT_ID, "client_id")
        _want(rest.pop("response_type", None) == switches.response_type, "response_type")
        name = rest.pop("redirect_uri", "")
        registered = switches.registered_name
        _want(name == registered if registered else name.startswith("http"), "redirect_uri")
        for param, value in switches.extra_params:
            _want(rest.pop(param, None) == value, param)
        challenge, method = (
            rest.pop("code_challenge", None),
            rest.pop("code_challenge_method", None),
        )
        if switches.pkce == "off":
            _want(challenge is None and method is None, "no code_challenge")
        elif switches.pkce == "required" or challenge is not None:
            _want(challenge is not None and method == "S256", "code_challenge")
        self._verify_state(rest.pop("state", None))
        self._verify_scopes(rest, query)
        rest.pop("nonce", None)
        _want(not rest, f"unknown: {sorted(rest)}")

    def _verify_state(self, state: str | None) -> None:
        if self.switches.state == "none":
            _want(state is None, "no state")
            return
        least, most = _STATE_LENGTHS[self.switches.state]
        _want(state is not None and least <= len(state) <= most, "state")
        _want(self.switches.state != "custom" or state == "fixed", "state")

    def _verify_scopes(self, rest: dict[str, str], query: str) -> None:
        switches = self.switches
        separator = " " if switches.scope_separator == "+" else switches.scope_separator
        _want("%25" not in query, "encoded twice")
        if switches.scope_separator == "+" and len(switches.scopes) > 1:
            _want("+" in query and "%20" not in query, "a plus between scopes")
        lists = {
            "optional_scope": switches.optional_scopes,
            "user_scope": switches.user_scopes,
            "scopes" if switches.scope_style == "raw" else "scope": switches.scopes,
        }
        if switches.scope_style == "none":
            lists.pop("scope")
        for param, scopes in lists.items():
            _want(rest.pop(param, "") == separator.join(scopes), param)

    def _callback(self, visit: dict[str, str]) -> dict[str, str]:
        switches, platform = self.switches, self.platform
        params = {"state": visit["state"]} if "state" in visit else {}
        if platform.denies:
            return params | {"error": platform.denies, "error_description": "She said no"}
        family = Family(
            user=platform.user,
            scopes=switches.granted or (*switches.scopes, *switches.optional_scopes),
            challenge=visit.get("code_challenge"),
            redirect_uri=visit.get("redirect_uri", ""),
            state=visit.get("state", ""),
            nonce=visit.get("nonce"),
        )
        params[switches.code_param] = platform.open_code(family)
        if switches.tenant_in_callback:
            params["realmId"] = "realm-7"
        if switches.issuer:
            params["iss"] = ISSUER
        if switches.signed_callback:
            params["hmac"] = platform.sign_callback(params)
        return params

    async def token(self, request: Request) -> Response:
        """The token endpoint, or the one for refreshing."""
        platform = self.platform
        platform.seen.append((request.method, request.url.path))
        fault = platform.faults.pop(0) if platform.faults else None
        if fault is not None and fault.times > 1:
            platform.faults.insert(0, _once_less(fault))
        if fault is not None and not fault.after_work:
            early = await self._broken(fault)
            if early is not None:
                return early
        try:
            answer = await self._grant(request)
        except Refused as refused:
            platform.refusals.append(str(refused))
            return self._refusal(refused)
        if fault is not None and fault.after_work:
            return await self._broken(fault) or self._answer(answer)
        return self._answer(answer)

    async def _grant(self, request: Request) -> dict[str, Any]:
        switches, platform = self.switches, self.platform
        call = await read_token_call(request, switches)
        url = platform.url + request.url.path
        platform.token_requests.append(dict(call.params))
        kind = _kind(call, switches)
        is_refresh = kind == "refresh"
        auth = switches.refresh_auth if is_refresh and switches.refresh_auth else None
        prove_client(platform, call, auth or switches.client_auth, url)
        at_refresh = request.url.path == "/refresh"
        if at_refresh != (is_refresh and switches.refresh_elsewhere):
            raise Refused("invalid_request", "the wrong address")
        family = _FAMILIES[kind](platform, call)
        if call.params:
            raise Refused("invalid_request", f"unknown: {sorted(call.params)}")
        return platform.token_answer(family, first=not is_refresh)

    def _answer(self, flat: dict[str, Any]) -> Response:
        switches = self.switches
        status = switches.success_status
        if switches.errors_in_200:
            flat = {"ok": "true" if switches.answer == "form" else True, **flat}
        if switches.answer == "form":
            return _typed(switches, urlencode(flat), "application/x-www-form-urlencoded", status)
        nested: dict[str, Any] = {}
        for path, value in flat.items():
            *above, name = path.split(".")
            at = nested
            for step in above:
                at = at.setdefault(step, {})
            at[name] = value
        if switches.enveloped:
            nested = {"code": 0, "data": nested} | ({"ok": True} if switches.errors_in_200 else {})
        if switches.answer == "xml":
            text = f"<?xml version='1.0'?><answer>{_xml(nested)}</answer>"
            return _typed(switches, text, "application/xml", status)
        return _typed(switches, json.dumps(nested), "application/json", status)

    def _refusal(self, refused: Refused) -> Response:
        status = 200 if self.switches.errors_in_200 else refused.status
        answer: dict[str, Any] = {
            "error": self.platform.error_word(refused.error),
            "error_description": refused.why,
        }
        if self.switches.errors_in_200:
            answer["ok"] = "false" if self.switches.answer == "form" else False
        if self.switches.answer == "form":
            return _typed(
                self.switches, urlencode(answer), "application/x-www-form-urlencoded", status
            )
        if self.switches.answer == "xml":
            text = f"<answer>{_xml(answer)}</answer>"
            return _typed(self.switches, text, "application/xml", status)
        return _typed(self.switches, json.dumps(answer), "application/json", status)

    async def _broken(self, fault: Fault) -> Response | None:
        """The answer that goes wrong; None where it only takes longer."""
        headers = {"retry-after": fault.retry_after} if fault.retry_after else {}
        if fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
            return None
        if fault.kind == "error":
            return self._refusal(Refused(fault.error, "as it was told", fault.status))
        if fault.kind == "html":
            page = "<!doctype html><title>Sorry</title><p>access_token=x"
            return Response(page, fault.status, headers, "text/html")
        if fault.kind == "huge":
            return Response(b'{"access_token": "' + b"x" * 2_000_000 + b'"}')
        if fault.kind in {"drip", "cut"}:
            return StreamingResponse(_piecemeal(fault), headers={"content-length": "1000"})
        return Response("{}", fault.status, headers, "application/json")

    async def revoke(self, request: Request) -> Response:
        """Take a token back, in this platform's way only."""
        platform, style = self.platform, self.switches.revoke
        platform.seen.append((request.method, request.url.path))
        fields = dict(parse_qsl(request.url.query))
        if style == "basic_json":
            fields = json.loads(await request.body())
        elif style == "form":
            fields = dict(parse_qsl((await request.body()).decode()))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = {
            "bearer": bearer, "delete": request.path_params.get("token", ""),
        }.get(style, fields.get("token", ""))  # fmt: skip
        proved = {
            "form": fields.get("client_secret") in platform.secrets,
            "basic_json": request.headers.get("authorization", "").startswith("Basic "),
            "delete": request.headers.get("x-client-secret") in platform.secrets,
            "query": request.method == "POST" and not await request.body(),
            "bearer": bool(bearer),
        }.get(style, False)
        if not proved:
            return Response('{"error": "invalid_client"}', 401, media_type="application/json")
        return Response("", 200 if platform.forget(token) else 404)


def _want(condition: bool, what: str) -> None:
    if not condition:
        raise Refused("invalid_request", what)


def _kind(call: TokenCall, switches: Switches) -> str:
    grant = call.params.pop("grant_type", "")
    if switches.kind == "two_step" and not grant:
        return "two_step"
    first = {"oauth": switches.grant_type, "client_credentials": "client_credentials"}
    kinds = {
        first.get(switches.kind, switches.kind): switches.kind,
        "urn:ietf:params:oauth:grant-type:jwt-bearer": "jwt_bearer",
        "access_token_exchange"
        if switches.refresh == "access_token"
        else "refresh_token": "refresh",
    }
    if grant not in kinds:
        raise Refused("unsupported_grant_type", grant)
    return kinds[grant]


def _by_code(platform: Platform, call: TokenCall) -> Family:
    switches = platform.switches
    redirect_uri = call.params.pop("redirect_uri", None)
    if not switches.redirect_uri_in_exchange and redirect_uri is not None:
        raise Refused("invalid_request", "redirect_uri")
    state = call.params.pop("state", None)
    code, verifier = call.params.pop("code", ""), call.params.pop("code_verifier", None)
    if switches.pkce == "off" and verifier is not None:
        raise Refused("invalid_request", "code_verifier")
    family = platform.redeem(code, redirect_uri, verifier)
    if state != (family.state if switches.echo_state else None):
        raise Refused("invalid_request", "state")
    return family


def _by_refresh(platform: Platform, call: TokenCall) -> Family:
    switches = platform.switches
    redirect_uri, scope = call.params.pop("redirect_uri", None), call.params.pop("scope", None)
    if (redirect_uri is not None) != switches.refresh_wants_redirect:
        raise Refused("invalid_request", "redirect_uri")
    separator = "," if switches.scope_separator == "," else " "
    asked = separator.join((*switches.scopes, *switches.optional_scopes))
    if scope != (asked if switches.refresh_wants_scope else None):
        raise Refused("invalid_scope", "scope")
    if switches.refresh == "access_token":
        return platform.prolong(call.params.pop("access_token", ""))
    return platform.rotate(call.params.pop("refresh_token", ""))


def _by_itself(platform: Platform, call: TokenCall) -> Family:
    """What needs no visit; people prove themselves by a name and a password."""
    switches = platform.switches
    if switches.kind in {"password", "two_step"}:
        given = (call.params.pop("username", ""), call.params.pop("password", ""))
        if given != ("ada", "difference"):
            raise Refused("invalid_grant", "the password")
    if switches.kind == "jwt_bearer" and call.params.pop("assertion", "").count(".") != 2:
        raise Refused("invalid_grant", "the assertion")
    call.params.pop("scope", None)
    family = Family(platform.user, switches.scopes)
    platform.families.append(family)
    if switches.kind != "client_credentials":
        family.refresh = platform.mint("refresh")
    return family


_FAMILIES = {
    "oauth": _by_code,
    "refresh": _by_refresh,
    "client_credentials": _by_itself,
    "password": _by_itself,
    "two_step": _by_itself,
    "jwt_bearer": _by_itself,
}


def _once_less(fault: Fault) -> Fault:
    return replace(fault, times=fault.times - 1)


def _typed(switches: Switches, text: str, kind: str, status: int) -> Response:
    return Response(text, status, media_type=kind if switches.says_its_type else "text/plain")


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


async def _piecemeal(fault: Fault) -> AsyncIterator[bytes]:
    if fault.kind == "cut":
        yield b'{"access_'
        return
    for _ in range(1_000):
        yield b" "
        await asyncio.sleep(fault.delay_s)
