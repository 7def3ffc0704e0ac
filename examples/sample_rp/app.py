"""A small application that lets people sign in with a Doorward organization.

Starlette and Authlib. The browser holds one random cookie; tokens stay in this process's memory.
Every page is plain HTML and works without JavaScript.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import uvicorn
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8400/o/riverbend").rstrip("/")
CLIENT_ID = os.environ.get("CLIENT_ID", "")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET") or None
PORT = int(os.environ.get("PORT", "8401"))
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ORG_NAME = os.environ.get("ORG_NAME") or ISSUER.rpartition("/")[2].replace("-", " ").title()
CALLBACK = f"{PUBLIC_URL}/callback"
COOKIE = f"sample_{PORT}"  # cookies do not know ports, so each port has its own name
ISSUER_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(ISSUER))
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {ISSUER_ORIGIN}",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
WISHES = ("prompt", "max_age", "login_hint", "ui_locales")  # what /signin passes on

HERE = Path(__file__).parent
templates = Jinja2Templates(HERE / "templates")
client = OAuth().register(
    "doorward",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
)
sessions: dict[str, dict[str, Any]] = {}


def session_of(request: Request) -> dict[str, Any]:
    """The session this browser holds the key of, or an empty one that nobody keeps."""
    return sessions.get(request.cookies.get(COOKIE, ""), {})


def keep(response: Response, request: Request, session: dict[str, Any]) -> Response:
    """Store the session under a new key, so that a key known before sign-in is worth nothing."""
    sessions.pop(request.cookies.get(COOKIE, ""), None)
    while len(sessions) >= 1000:
        sessions.pop(next(iter(sessions)))
    key = secrets.token_urlsafe(32)
    sessions[key] = session
    https = PUBLIC_URL.startswith("https:")
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax", secure=https)
    return response


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """Render one template with the headers every page has."""
    context = {"org": ORG_NAME, "issuer": ISSUER, **values}
    return templates.TemplateResponse(request, name, context, status_code=status, headers=HEADERS)


async def home(request: Request) -> Response:
    """Signed out: one button. Signed in: who you are and what this application holds."""
    session = session_of(request)
    if session.get("leaving") and request.query_params.get("state") == session["leaving"]:
        return keep(RedirectResponse("/", 303), request, {"notice": "You are signed out."})
    notice = session.pop("notice", None)
    token = session.get("token")
    if token is None:
        return page(request, "signed_out.html", notice=notice)
    try:  # without the refresh token Authlib cannot rotate it behind our back
        bearer = {"access_token": token["access_token"], "token_type": "Bearer"}
        userinfo: object = await client.userinfo(token=bearer)
    except httpx2.HTTPError as error:
        userinfo, notice = None, f"The answer of /userinfo could not be read: {error}"
    left = max(0, int(token["expires_at"] - time.time()))
    values = {"claims": session["claims"], "userinfo": userinfo, "csrf": session["csrf"]}
    return page(request, "signed_in.html", notice=notice, token=token, left=left, **values)


async def sign_in(request: Request) -> Response:
    """Send the browser to the organization. Several tabs may do so at once."""
    wishes = {name: value for name, value in request.query_params.items() if name in WISHES}
    redirect = await client.create_authorization_url(CALLBACK, **wishes)
    session = session_of(request)
    started = session.setdefault("started", {})
    while len(started) >= 10:
        started.pop(next(iter(started)))
    started[redirect["state"]] = redirect
    response = RedirectResponse(redirect["url"], 302)
    return response if request.cookies.get(COOKIE) in sessions else keep(response, request, session)


async def callback(request: Request) -> Response:
    """Check the answer, redeem the code, verify the ID token, start a fresh session."""
    answer = request.query_params
    started = session_of(request).get("started", {}).pop(answer.get("state"), None)
    if started is None or answer.get("iss", ISSUER) != ISSUER:
        raise OAuthError("mismatching_state")
    if "error" in answer:
        raise OAuthError(answer["error"], answer.get("error_description"))
    token = await client.fetch_access_token(
        CALLBACK, code=answer.get("code"), code_verifier=started["code_verifier"]
    )
    claims = await client.parse_id_token(token, nonce=started["nonce"])
    csrf = secrets.token_urlsafe(16)
    session = {**session_of(request), "token": token, "claims": dict(claims), "csrf": csrf}
    return keep(RedirectResponse("/", 303), request, session)


async def refresh(request: Request) -> Response:
    """Trade the refresh token for a new pair."""
    session = session_of(request)
    if session.get("csrf") and (await request.form()).get("csrf") == session["csrf"]:
        old = session["token"]
        new = await client.fetch_access_token(
            grant_type="refresh_token", refresh_token=old["refresh_token"], scope=old["scope"]
        )
        session["token"] = {**old, **new}
        session["notice"] = "The token was refreshed."
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> Response:
    """Forget the person here, then ask the organization to end its session as well."""
    session = session_of(request)
    if not session.get("csrf") or (await request.form()).get("csrf") != session["csrf"]:
        return RedirectResponse("/", 303)
    leave = await client.create_logout_url(
        f"{PUBLIC_URL}/", session["token"]["id_token"], client_id=CLIENT_ID
    )
    return keep(RedirectResponse(leave["url"], 303), request, {"leaving": leave["state"]})


async def refused(request: Request, error: Exception) -> Response:
    """Say in words what went wrong; error.html has the words."""
    code, detail = getattr(error, "error", "unreachable"), getattr(error, "description", str(error))
    status = {"access_denied": 200, "unreachable": 502}.get(code, 400)
    return page(request, "error.html", status, code=code, detail=detail)


app = Starlette(
    routes=[
        Route("/", home),
        Route("/signin", sign_in),
        Route("/callback", callback),
        Route("/refresh", refresh, methods=["POST"]),
        Route("/signout", sign_out, methods=["POST"]),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ],
    exception_handlers={OAuthError: refused, JoseError: refused, httpx2.HTTPError: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
