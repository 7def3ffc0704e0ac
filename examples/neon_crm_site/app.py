"""A members' library whose website was written for Neon CRM.

It follows the platform's document step by step: a login link, the code, the access token (which is
the account id), the account by API v2, the sign-out address. Nothing in it knows Doorward; the
three addresses are settings, as they were before.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

HERE = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8765"))
HOME = f"http://127.0.0.1:{PORT}/"
REDIRECT_URI = f"{HOME}callback"
COOKIE = f"library_{PORT}"  # cookies do not know ports, so each port has its own name


def read_settings(facts: str | None) -> dict[str, str]:
    """The organization's addresses and credentials: of a running demo, or from the environment."""
    if facts is None:
        names = ("CRM_URL", "TOKEN_URL", "API_URL", "ORG_ID", "CLIENT_ID", "CLIENT_SECRET")
        return {name: os.environ[name] for name in (*names, "API_KEY")}
    demo = json.loads(Path(facts).read_text(encoding="utf-8"))
    riverbend = demo["organizations"]["riverbend"]
    mine = next(
        each for each in riverbend["applications"] if each["auth_method"] == "client_secret_post"
    )
    return {
        "CRM_URL": riverbend["issuer"],  # https://{org_id}.app.neoncrm.com
        "TOKEN_URL": demo["base_url"] + "/np/oauth/token",  # https://app.neoncrm.com/np/oauth/token
        "API_URL": demo["base_url"] + "/v2",  # https://api.neoncrm.com/v2
        "ORG_ID": "riverbend",
        "API_KEY": riverbend["staff"][0]["api_key"],
        "CLIENT_ID": mine["client_id"],
        "CLIENT_SECRET": mine["client_secret"],
    }


SETTINGS = read_settings(sys.argv[1] if len(sys.argv) > 1 else None)
SIGN_OUT_URL = f"{SETTINGS['CRM_URL']}/np/logout.do?" + urlencode({"targetUrl": HOME})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
templates = Jinja2Templates(HERE / "templates")
members: dict[str, dict[str, Any]] = {}


class Refused(Exception):
    """The platform said no. Its words are shown."""


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """Render one template with the headers every page has."""
    return templates.TemplateResponse(request, name, values, status_code=status, headers=HEADERS)


def login_url(state: str) -> str:
    """The login URL of the document, with the state that this site checks when people return."""
    asked = {
        "response_type": "code",
        "client_id": SETTINGS["CLIENT_ID"],
        "redirect_uri": REDIRECT_URI,
        "state": state,
    }
    return f"{SETTINGS['CRM_URL']}/np/oauth/auth?{urlencode(asked)}"


async def home(request: Request) -> Response:
    """Signed out: the login link. Signed in: the person's name and the way out."""
    member = members.get(request.cookies.get(COOKIE, ""))
    if member is not None:
        return page(request, "member.html", member=member, sign_out_url="/signout")
    state = secrets.token_urlsafe(16)
    response = page(request, "home.html", login_url=login_url(state))
    response.set_cookie(f"{COOKIE}_state", state, httponly=True, samesite="lax")
    return response


async def callback(request: Request) -> Response:
    """Capture the code, retrieve the access token, and look the account up."""
    answer = request.query_params
    if answer.get("state") != request.cookies.get(f"{COOKIE}_state"):
        raise Refused("This answer belongs to another browser, or was used before.")
    if "error" in answer:
        raise Refused(answer.get("error_description") or answer["error"])
    account_id = await retrieve_account_id(answer.get("code", ""))
    key = secrets.token_urlsafe(32)
    members[key] = await read_account(account_id)
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax")
    response.delete_cookie(f"{COOKIE}_state")
    return response


async def retrieve_account_id(code: str) -> str:
    """The access token, which is the account id and nothing more."""
    form = {
        "client_id": SETTINGS["CLIENT_ID"],
        "client_secret": SETTINGS["CLIENT_SECRET"],
        "redirect_uri": REDIRECT_URI,
        "code": code,
        "grant_type": "authorization_code",
    }
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = (await http.post(SETTINGS["TOKEN_URL"], data=form)).json()
    if "access_token" not in answer:
        raise Refused(answer.get("error_description", "No access token came."))
    return str(answer["access_token"])


async def read_account(account_id: str) -> dict[str, Any]:
    """Who it is, asked with the organization's own API key."""
    key = (SETTINGS["ORG_ID"], SETTINGS["API_KEY"])
    async with httpx2.AsyncClient(trust_env=False, auth=key) as http:
        answer = await http.get(f"{SETTINGS['API_URL']}/accounts/{account_id}")
    if answer.status_code != 200:
        raise Refused(answer.json()[0]["message"])
    account = answer.json()
    shown = account["individualAccount"] or account["companyAccount"]
    person = shown["primaryContact"] or {}
    name = " ".join(
        part for part in (person.get("firstName"), person.get("lastName")) if part
    ) or shown.get("name")
    return {"account_id": account_id, "name": name, "email": person.get("email1")}


async def sign_out(request: Request) -> Response:
    """Forget the person here, then end the session at the platform, which leads back here."""
    members.pop(request.cookies.get(COOKIE, ""), None)
    response = RedirectResponse(SIGN_OUT_URL, 303)
    response.delete_cookie(COOKIE)
    return response


async def refused(request: Request, error: Exception) -> Response:
    """Say in words what went wrong."""
    unreachable = isinstance(error, httpx2.HTTPError)
    return page(request, "error.html", 502 if unreachable else 400, sentence=str(error))


app = Starlette(
    routes=[
        Route("/", home),
        Route("/callback", callback),
        Route("/signout", sign_out),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ],
    exception_handlers={Refused: refused, httpx2.HTTPError: refused, ValueError: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
