"""The OAuth section: where people are sent, and as which client."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from doorward.connectors.app_connect.nodes import Node
from doorward.connectors.model import AuthOption, Variable
from doorward.connectors.requests import Authorize, ScopeRule, StateRule, TokenRequest

__all__ = ["TOKEN_URL", "read_oauth"]

TOKEN_URL = Variable(
    name="token_url",
    title={"en": "Access token URL", "ja": "アクセストークンの URL"},
    type="url",
    pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~%/-]*)?$",
    scope="account",
)
"""App Connect keeps this beside the client secret: whoever supplies the one supplies the other."""

_OURS = frozenset({"responsetype", "response_type"})
"""Its documentation has this parameter's name wrong; we send the standard's own."""


def read_oauth(auth: Node, redirect_uri: str) -> AuthOption | None:
    """The section as a way to connect; None with a fault where it cannot be one.

    Without a client of the manifest's own, an administrator supplies one. ``redirect_uri`` is that
    of the whole document.
    """
    oauth = auth.child("oauth", required=True)
    if oauth is None:
        return None
    url = oauth.text("authUrl", required=True)
    if "clientId" not in oauth.fields:
        oauth.fault("clientId", "This is missing.")
    client_id = oauth.text("clientId", longest=500)
    own_redirect = oauth.text("redirectUri") or redirect_uri
    token_url = oauth.text("accessTokenUri")
    if not url:
        return None
    return AuthOption(
        name="oauth",
        type="oauth2_code",
        client_id=client_id,
        admin_managed=not client_id,
        admin_instructions=oauth.text("adminInstructions"),
        authorize=Authorize(
            url=_without_ours(_literal(url)),
            # Its clients send neither a challenge nor parameters without a value.
            pkce="off",
            scope=ScopeRule(raw=_fragment(oauth.text("scope")), param=None),
            state=StateRule(custom=oauth.text("customState", longest=500) or None),
            redirect_uri=_literal(own_redirect) if client_id and own_redirect else None,
        ),
        token=TokenRequest(
            url=_literal(token_url) if token_url else "{token_url}", client_auth="basic"
        ),
        variables=() if token_url else (TOKEN_URL,),
    )


def _literal(text: str) -> str:
    """Braces there are braces: its addresses are no templates of ours."""
    return text.replace("{", "{{").replace("}", "}}")


def _fragment(scope: str) -> str | None:
    """The raw fragment, key included, as it can stand in an address."""
    kept = [
        part
        for part in scope.strip().lstrip("?").split("&")
        if part and part.partition("=")[0].lower() not in _OURS
    ]
    if not kept:
        return None
    return _literal(quote("&".join(kept), safe="&=%:/?+,;@!$'()*~-._[]"))


def _without_ours(url: str) -> str:
    before, mark, query = url.partition("?")
    kept = [
        pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0].lower() not in _OURS
    ]
    return f"{before}?{urlencode(kept)}" if mark and kept else before
