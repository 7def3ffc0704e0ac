"""Code to begin with, filled in with the issuer, the client id and an address of the application.

No secret is ever in it: it names a variable of the environment.
"""

from __future__ import annotations

from dataclasses import dataclass

from doorward.clients import Application

__all__ = ["Snippet", "snippets_for"]

_AUTHLIB = """\
# pip install authlib fastapi httpx itsdangerous uvicorn
import os

from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.urandom(32).hex())
oauth = OAuth()
oauth.register(
    "doorward",
    server_metadata_url="{issuer}/.well-known/openid-configuration",
    client_id="{client_id}",{secret}
    client_kwargs={{"scope": "{scope}", "code_challenge_method": "S256"}},
)


@app.get("/signin")
async def signin(request: Request):
    return await oauth.doorward.authorize_redirect(request, "{redirect_uri}")


@app.get("{callback_path}")
async def callback(request: Request):
    token = await oauth.doorward.authorize_access_token(request)
    return token["userinfo"]
"""
_AUTHLIB_KEPT = '\n    client_secret=os.environ["CLIENT_SECRET"],'
_OPENID_CLIENT = """\
// npm install openid-client
import * as client from "openid-client";

const config = await client.discovery(
  new URL("{issuer}"),
  "{client_id}",{secret}
);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const url = client.buildAuthorizationUrl(config, {{
  redirect_uri: "{redirect_uri}",
  scope: "{scope}",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
}});
// Send the person to url.href. Back at the callback:
const tokens = await client.authorizationCodeGrant(config, currentUrl, {{
  pkceCodeVerifier: verifier,
  expectedState: state,
}});
const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
"""
_NODE_KEPT = "\n  process.env.CLIENT_SECRET,"
_NODE_PUBLIC = "\n  undefined,\n  client.None(),"
_CURL = """\
# After the person came back with a code:
curl {issuer}/oauth2/token \\
{who}  --data-urlencode grant_type=authorization_code \\
  --data-urlencode redirect_uri={redirect_uri} \\
  --data-urlencode code="$CODE" \\
  --data-urlencode code_verifier="$VERIFIER"
"""
_CURL_BASIC = '  --user "{client_id}:$CLIENT_SECRET" \\\n'
_CURL_PUBLIC = "  --data-urlencode client_id={client_id} \\\n"
_SERVICE = """\
curl {issuer}/oauth2/token \\
  --user "{client_id}:$CLIENT_SECRET" \\
  --data-urlencode grant_type=client_credentials \\
  --data-urlencode scope="{scope}"
"""


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in the language or for the library ``title``."""

    key: str
    title: str
    code: str


def snippets_for(application: Application, issuer: str) -> tuple[Snippet, ...]:
    """The snippets that fit the application."""
    first = next(iter(application.redirect_uris), "https://app.example.com/callback")
    public = application.is_public
    filled = {
        "issuer": issuer,
        "client_id": application.client_id,
        "redirect_uri": first,
        "callback_path": _path_of(first),
        "scope": " ".join(application.scopes) or "openid",
    }
    if application.kind == "service":
        return (Snippet("curl", "curl", _SERVICE.format(**filled)),)
    who = (_CURL_PUBLIC if public else _CURL_BASIC).format(**filled)
    node = _NODE_PUBLIC if public else _NODE_KEPT
    snippets = [
        Snippet("node", "JavaScript: openid-client", _OPENID_CLIENT.format(secret=node, **filled)),
        Snippet("curl", "curl", _CURL.format(who=who, **filled)),
    ]
    if application.kind == "web":
        python = _AUTHLIB.format(secret="" if public else _AUTHLIB_KEPT, **filled)
        snippets.insert(0, Snippet("python", "Python: Authlib, FastAPI", python))
    return tuple(snippets)


def _path_of(address: str) -> str:
    _, _, rest = address.partition("://")
    path = rest.partition("/")[2].partition("?")[0]
    return f"/{path}"
