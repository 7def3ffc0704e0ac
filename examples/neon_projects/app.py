"""A picture of the projects that somebody keeps on Neon.

It follows the platform's document: authorize, exchange the code, call the API with the token.
Nothing in it knows Doorward; the addresses are settings.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
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
PORT = int(os.environ.get("PORT", "8767"))
REDIRECT_URI = f"http://127.0.0.1:{PORT}/callback"
COOKIE = f"projects_{PORT}"  # cookies do not know ports, so each port has its own name
SCOPE = "urn:neoncloud:projects:read urn:neoncloud:orgs:read"
PAGE = 100
MOST_PAGES = 20
Picture: TypeAlias = "dict[str, list[Drawn]]"


def read_settings(facts: str | None) -> dict[str, str]:
    """The platform's addresses and own credentials: of a running demo, or the environment."""
    if facts is None:
        names = ("AUTH_URL", "API_URL", "CLIENT_ID", "CLIENT_SECRET")
        return {name: os.environ[name] for name in names}
    neon = json.loads(Path(facts).read_text(encoding="utf-8"))["organizations"]["neon"]
    mine = next(
        each for each in neon["applications"] if each["auth_method"] == "client_secret_post"
    )
    return {
        "AUTH_URL": f"{neon['issuer']}/oauth2",  # https://oauth2.neon.tech/oauth2
        "API_URL": f"{neon['issuer']}/api/v2",  # https://console.neon.tech/api/v2
        "CLIENT_ID": mine["client_id"],
        "CLIENT_SECRET": mine["client_secret"],
    }


SETTINGS = read_settings(sys.argv[1] if len(sys.argv) > 1 else None)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
templates = Jinja2Templates(HERE / "templates")
pictures: dict[str, Picture] = {}


class Refused(Exception):
    """The platform said no. Its words are shown."""


@dataclass(frozen=True)
class Drawn:
    """One project: what stands in its disc, and what beside it."""

    name: str
    postgres: int
    created: str


def draw(projects: list[dict[str, Any]]) -> Picture:
    """A row for each region, with a disc for each project in it."""
    rows: Picture = {}
    for each in sorted(projects, key=lambda e: (e["region_id"], e["name"])):
        drawn = Drawn(each["name"], each["pg_version"], each["created_at"][:10])
        rows.setdefault(each["region_id"], []).append(drawn)
    return rows


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """Render one template with the headers every page has."""
    return templates.TemplateResponse(request, name, values, status_code=status, headers=HEADERS)


async def home(request: Request) -> Response:
    """The picture; before there is one, the way to it."""
    drawn = pictures.get(request.cookies.get(COOKIE, ""))
    if drawn is not None:
        return page(request, "picture.html", rows=drawn, number=sum(map(len, drawn.values())))
    state = secrets.token_urlsafe(16)
    asked = {
        "response_type": "code",
        "client_id": SETTINGS["CLIENT_ID"],
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "state": state,
    }
    url = f"{SETTINGS['AUTH_URL']}/auth?{urlencode(asked)}"
    response = page(request, "home.html", connect_url=url)
    response.set_cookie(f"{COOKIE}_state", state, httponly=True, samesite="lax")
    return response


async def callback(request: Request) -> Response:
    """Take the code, see that the needed scope was granted, and draw."""
    answer = request.query_params
    state = request.cookies.get(f"{COOKIE}_state")
    if state is None or answer.get("state") != state:
        raise Refused("This answer belongs to another browser, or was used before.")
    if "error" in answer:
        raise Refused(answer.get("error_description") or answer["error"])
    if SCOPE.split(maxsplit=1)[0] not in answer.get("scope", "").split():
        raise Refused("Without leave to see your projects there is nothing to draw.")
    key = secrets.token_urlsafe(32)
    pictures[key] = draw(await read_projects(answer.get("code", "")))
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax")
    response.delete_cookie(f"{COOKIE}_state")
    return response


async def read_projects(code: str) -> list[dict[str, Any]]:
    """Every project of the person, and of the organizations that they share."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": SETTINGS["CLIENT_ID"],
        "client_secret": SETTINGS["CLIENT_SECRET"],
    }
    async with httpx2.AsyncClient(trust_env=False) as http:
        token = (await http.post(f"{SETTINGS['AUTH_URL']}/token", data=form)).json()
        if "access_token" not in token:
            raise Refused(token.get("error_description", "No access token came."))
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        found = await read_pages(http, {})
        if SCOPE.split()[1] in token["scope"].split():
            shared = await read(http, "/users/me/organizations", {})
            for each in shared["organizations"]:
                found += await read_pages(http, {"org_id": each["id"]})
    return list({each["id"]: each for each in found}.values())


async def read_pages(http: httpx2.AsyncClient, query: dict[str, str]) -> list[dict[str, Any]]:
    """The list page by page, until one is not full."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = await read(http, "/projects", {"limit": str(PAGE), **query, **cursor})
        found += answer["projects"]
        if len(answer["projects"]) < PAGE:
            break
        cursor = {"cursor": answer["pagination"]["cursor"]}
    return found


async def read(http: httpx2.AsyncClient, path: str, query: dict[str, str]) -> dict[str, Any]:
    """One answer of the API."""
    answer = await http.get(SETTINGS["API_URL"] + path, params=query)
    told: dict[str, Any] = answer.json()
    if answer.status_code != 200:
        raise Refused(told.get("message") or f"The API answered {answer.status_code}.")
    return told


async def refused(request: Request, error: Exception) -> Response:
    """Say in words what went wrong."""
    unreachable = isinstance(error, httpx2.HTTPError)
    return page(request, "error.html", 502 if unreachable else 400, sentence=str(error))


app = Starlette(
    routes=[
        Route("/", home),
        Route("/callback", callback),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ],
    exception_handlers={Refused: refused, httpx2.HTTPError: refused, ValueError: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
