"""OAuth's own parsers: anything that they raise but ``OAuthError`` is a bug."""

from __future__ import annotations

from urllib.parse import urlsplit

from doorward.protocol import (
    ClientRules,
    OAuthError,
    ReturnAddress,
    challenge_of,
    code_fields,
    is_web_url,
    matches_registered,
    parse_authorization_request,
    parse_bearer,
    parse_challenge,
    parse_client_credentials,
    parse_form,
    parse_redirect_uri,
    parse_scope,
    redirect_location,
    render_scope,
    verify_code_verifier,
    verify_return_address,
)
from fuzz.target import Target, holds
from fuzz.texts import header, pieces, text

__all__ = ["PROTOCOL"]

_REGISTERED = (
    "https://app.example.com/callback",
    "http://127.0.0.1/callback",
    "http://[::1]/cb?a=b",
    "com.example.app:/done",
)
_RULES = ClientRules(
    client_id="app",
    redirect_uris=_REGISTERED,
    scopes=frozenset({"openid", "email", "offline_access"}),
    code_allowed=True,
    refresh_allowed=True,
    pkce_required=True,
)


def _form(data: bytes) -> None:
    form = parse_form(data, several=frozenset({"scope"}), wide=data[:1] == b"w")
    for name, value in form.items():
        holds(value and "\x00" not in name + value, "an empty or unsafe value is a parameter")


def _authorization(data: bytes) -> None:
    params = parse_form(data)
    address = verify_return_address(params, _RULES, issuer="https://id.example.com/o/river")
    holds(isinstance(address, ReturnAddress), "no address was proved")
    holds(_is_known(address.redirect_uri), "an answer goes where nobody registered")
    request = parse_authorization_request(params, _RULES, address)
    holds(set(request.scopes) <= _RULES.scopes, "a scope is beyond the client's")
    location = redirect_location(request.address, code_fields(request.address, "the code"))
    holds(location.isascii() and "\n" not in location, "the location is no header")
    sent, registered = urlsplit(location), urlsplit(address.redirect_uri)
    holds(sent[:3] == registered[:3], "the code goes elsewhere")


def _is_known(uri: str) -> bool:
    parts = urlsplit(uri)
    return uri in _REGISTERED or (parts.scheme, parts.hostname) in {
        ("http", "127.0.0.1"),
        ("http", "::1"),
    }


def _redirect(data: bytes) -> None:
    read = parse_redirect_uri(text(data))
    holds(parse_redirect_uri(read.text) == read, "reading it again reads something else")
    holds(matches_registered(read.text, (read.text,)), "it does not match itself")
    if not read.is_private_scheme:
        parts = urlsplit(read.text)
        host = read.host.strip("[]").lower()
        holds(parts.hostname == host, "another reader sees another host")
        holds(parts.username is None and not parts.fragment, "it has a user or a fragment")


def _match(data: bytes) -> None:
    requested, registered = pieces(data, 2)
    if matches_registered(requested, (registered,)) and requested != registered:
        one, other = parse_redirect_uri(requested), parse_redirect_uri(registered)
        holds(one.is_loopback and (one.host, one.rest) == (other.host, other.rest), "not the same")


def _web_url(data: bytes) -> None:
    url = text(data)
    if is_web_url(url):
        holds(urlsplit(url).scheme in {"http", "https"}, "a page may link to a scheme that runs")


def _pkce(data: bytes) -> None:
    challenge, method, verifier = pieces(data, 3)
    wanted = parse_challenge(challenge or None, method or None, required=verifier[:1] == "r")
    if verify_code_verifier(verifier or None, wanted):
        holds(wanted is None or challenge_of(verifier) == wanted, "a wrong verifier is right")


def _scope(data: bytes) -> None:
    names = parse_scope(text(data))
    holds(parse_scope(render_scope(names)) == names, "writing and reading changes it")


def _credentials(data: bytes) -> None:
    authorization, _, form = data.partition(b"\x1f")
    found = parse_client_credentials(
        header(authorization) if authorization else None, parse_form(form)
    )
    holds("\x00" not in found.client_id + (found.secret or ""), "a NUL goes on to the database")
    holds(found.client_id, "an empty client is a client")


_PARAMETERS = (
    "response_type=code", "client_id=app", "redirect_uri=", "&scope=openid", "&state=", "&nonce=",
    "&prompt=none", "&max_age=", "&resource=", "&code_challenge=", "&code_challenge_method=S256",
    "&response_mode=form_post", "%00", "%ff", "%F0%9F", "&request=", "&request_uri=",
)  # fmt: skip

_ADDRESSES = (
    "https://", "http://", "127.0.0.1", "[::1]", "localhost", ":8080", "/callback", "..;/",
    "%2e%2e", "@", "\\", "#", "?", "javascript:", "com.example.app:/", "//", "xn--", ":0", ":99999",
)  # fmt: skip

PROTOCOL = (
    Target("protocol.form", _form, (OAuthError,), _PARAMETERS),
    Target("protocol.authorization", _authorization, (OAuthError,), (*_PARAMETERS, *_ADDRESSES)),
    Target("protocol.redirect", _redirect, (OAuthError,), _ADDRESSES, 2200),
    Target("protocol.redirect_match", _match, (), (*_ADDRESSES, "\x1f")),
    Target("protocol.web_url", _web_url, (), _ADDRESSES, 2200),
    Target("protocol.pkce", _pkce, (OAuthError,), ("S256", "plain", "\x1f")),
    Target("protocol.scope", _scope, (OAuthError,), ("openid", " ", '"', "\\")),
    Target("protocol.bearer", lambda data: parse_bearer(header(data)), (OAuthError,), ("Bearer ",)),
    Target(
        "protocol.client_credentials",
        _credentials,
        (OAuthError,),
        ("Basic ", "client_id=", "&client_secret=", "\x1f", "%25", "Og==", "YTpi"),
    ),
)
