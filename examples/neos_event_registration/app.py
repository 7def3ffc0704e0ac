"""An event's registration desk, where people link their Neos accounts.

It follows the platform's document: send the person to the authorize address, exchange the code,
call the profile with the token. Nothing in it knows Doorward; the addresses are settings.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

HERE = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8766"))
REDIRECT_URI = f"http://127.0.0.1:{PORT}/callback"
COOKIE = f"desk_{PORT}"  # cookies do not know ports, so each port has its own name
LONGEST_NAME = 100


def read_settings(facts: str | None) -> dict[str, str]:
    """The platform's address and the desk's credentials: of a running demo, or the environment."""
    if facts is None:
        return {name: os.environ[name] for name in ("NEOS_URL", "CLIENT_ID", "CLIENT_SECRET")}
    neos = json.loads(Path(facts).read_text(encoding="utf-8"))["organizations"]["neos"]
    mine = next(
        each for each in neos["applications"] if each["auth_method"] == "client_secret_post"
    )
    return {
        "NEOS_URL": neos["issuer"],  # https://auth.neos.com
        "CLIENT_ID": mine["client_id"],
        "CLIENT_SECRET": mine["client_secret"],
    }


SETTINGS = read_settings(sys.argv[1] if len(sys.argv) > 1 else None)
# The answer to a form may lead on to the platform: browsers ask for both.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {SETTINGS['NEOS_URL']}/",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
templates = Jinja2Templates(HERE / "templates")
guests: dict[str, dict[str, Any]] = {}


class Refused(Exception):
    """The platform said no. Its words are shown."""


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """Render one template with the headers every page has."""
    return templates.TemplateResponse(request, name, values, status_code=status, headers=HEADERS)


def find_guest(request: Request) -> dict[str, Any] | None:
    """Who registered in this browser."""
    return guests.get(request.cookies.get(COOKIE, ""))


async def home(request: Request) -> Response:
    """The event and its form; afterwards, the place that the person has."""
    guest = find_guest(request)
    if guest is None:
        return page(request, "home.html", typed="", problem=None)
    return page(request, "guest.html", guest=guest)


async def register(request: Request) -> Response:
    """Keep the person's name, and give this browser a place."""
    form = parse_qs((await request.body())[:4096].decode("utf-8", "replace"))
    name = (form.get("name") or [""])[0].strip()
    if not 0 < len(name) <= LONGEST_NAME:
        sentence = f"Write your name, in up to {LONGEST_NAME} characters."
        return page(request, "home.html", 422, typed=name, problem=sentence)
    key = secrets.token_urlsafe(32)
    guests[key] = {"name": name, "user": None, "form": secrets.token_urlsafe(16)}
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax")
    return response


async def link(request: Request) -> Response:
    """Send the person to the platform, with a state that is this browser's."""
    guest = find_guest(request)
    if guest is None:
        return RedirectResponse("/", 303)
    guest["state"] = secrets.token_urlsafe(16)
    asked = {
        "response_type": "code",
        "client_id": SETTINGS["CLIENT_ID"],
        "redirect_uri": REDIRECT_URI,
        "scope": "profile patreon",
        "state": guest["state"],
    }
    return RedirectResponse(f"{SETTINGS['NEOS_URL']}/connect/authorize?{urlencode(asked)}", 303)


async def callback(request: Request) -> Response:
    """Take the code, buy a token with it, and ask who the person is."""
    guest, answer = find_guest(request), request.query_params
    state = None if guest is None else guest.pop("state", None)
    if guest is None or state is None or answer.get("state") != state:
        raise Refused("This answer belongs to another browser, or was used before.")
    if "error" in answer:
        raise Refused(answer.get("error_description") or answer["error"])
    guest["user"] = await read_user(answer.get("code", ""))
    return RedirectResponse("/", 303)


async def read_user(code: str) -> dict[str, Any]:
    """The profile of whoever allowed it."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": SETTINGS["CLIENT_ID"],
        "client_secret": SETTINGS["CLIENT_SECRET"],
    }
    url = SETTINGS["NEOS_URL"]
    async with httpx2.AsyncClient(trust_env=False) as http:
        token = (await http.post(f"{url}/connect/token", data=form)).json()
        if "access_token" not in token:
            raise Refused(token.get("error_description", "No access token came."))
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        profile = await http.get(f"{url}/api/user/profiles", headers=headers)
    told: dict[str, Any] = profile.json()
    if profile.status_code != 200:
        raise Refused(told.get("error_description", "The profile was not told."))
    return told


async def unlink(request: Request) -> Response:
    """Forget the account here; the person removes the access under Connected apps."""
    guest = find_guest(request)
    form = parse_qs((await request.body())[:4096].decode("utf-8", "replace"))
    if guest is not None and form.get("form") == [guest["form"]]:
        guest["user"] = None
    return RedirectResponse("/", 303)


async def refused(request: Request, error: Exception) -> Response:
    """Say in words what went wrong."""
    unreachable = isinstance(error, httpx2.HTTPError)
    return page(request, "error.html", 502 if unreachable else 400, sentence=str(error))


app = Starlette(
    routes=[
        Route("/", home),
        Route("/register", register, methods=["POST"]),
        Route("/link", link),
        Route("/callback", callback),
        Route("/unlink", unlink, methods=["POST"]),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ],
    exception_handlers={Refused: refused, httpx2.HTTPError: refused, ValueError: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
