"""code_flow: authorize with a signed-in session, code, tokens, userinfo (RFC 6749 4.1, 7636)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bench.browser import Browser
from bench.load import Lane, Operation, Wrong, run_script
from bench.samples import Samples
from bench.target import Client, Target
from bench.wire import Answer, field_of, get
from bench.works.prepared import (
    ACCESS_TOKEN,
    Prepared,
    Unsupported,
    endpoint,
    expect,
    fetch,
    signed_with,
    string_in,
)

__all__ = ["Flow", "SignedIn", "prepare_code_flow", "signed_in_lanes"]

_PROOFS = 4
"""For each connection its own: a server may refuse a nonce that another flow is using."""


@dataclass(frozen=True)
class _Proof:
    """What a client makes up for one authorization request, made before the measurement."""

    verifier: bytes
    state: bytes
    nonce: str
    query: bytes


@dataclass(frozen=True)
class SignedIn:
    """A browser that has signed in and allowed the application: its cookies, and who it is."""

    cookie: str
    subject: str


class Flow:
    """The four requests of the flow for one target, encoded as far as they can be beforehand."""

    def __init__(self, target: Target) -> None:
        """Read the endpoints and the client from ``target``. Raises ``Unsupported``."""
        if target.web is None:
            raise Unsupported(f"{target.subject} has no application for people")
        self.target = target
        self.client: Client = target.web
        self.authorize_url = endpoint(target, "authorization_endpoint")
        token_url = urlsplit(endpoint(target, "token_endpoint"))
        userinfo_url = urlsplit(endpoint(target, "userinfo_endpoint"))
        self._token_head = (
            f"POST {token_url.path} HTTP/1.1\r\nHost: {token_url.netloc}\r\n"
            f"Authorization: {self.client.authorization['Authorization']}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        ).encode()
        self._token_body = (
            "grant_type=authorization_code"
            f"&redirect_uri={quote(self.client.redirect_uri, safe='')}&code_verifier="
        ).encode()
        self._userinfo_head = (
            f"GET {userinfo_url.path} HTTP/1.1\r\nHost: {userinfo_url.netloc}\r\n"
            "Authorization: Bearer "
        ).encode()

    def proof(self) -> _Proof:
        """A new one."""

        def text(size: int) -> str:
            return base64.urlsafe_b64encode(os.urandom(size)).decode().rstrip("=")

        verifier, state, nonce = text(32), text(12), text(12)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.client.client_id,
                "redirect_uri": self.client.redirect_uri,
                "scope": self.client.scope,
                "state": state,
                "nonce": nonce,
                "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
                "code_challenge_method": "S256",
            },
        )
        return _Proof(verifier.encode(), state.encode(), nonce, query.encode())

    def ends(self, cookie: str) -> tuple[bytes, bytes]:
        """An authorization request before and after its query."""
        parts = urlsplit(self.authorize_url)
        after = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n"
        return f"GET {parts.path}?".encode(), after.encode()

    def redeem(self, code: bytes, proof: _Proof) -> bytes:
        """The token request for ``code``."""
        body = self._token_body + proof.verifier + b"&code=" + code
        return self._token_head + b"%d\r\n\r\n" % len(body) + body

    def ask_who(self, token: bytes) -> bytes:
        """The userinfo request with ``token``."""
        return self._userinfo_head + token + b"\r\n\r\n"

    def code_from(self, answer: Answer, state: bytes) -> bytes:
        """The code of an authorization response, as it stands there. Raises ``Wrong``."""
        location = answer.header(b"location") or b""
        if answer.status not in {302, 303} or not location.startswith(
            self.client.redirect_uri.encode() + b"?",
        ):
            start = answer.body[:160].decode(errors="replace")
            raise Wrong(f"authorize: status {answer.status}, to {location!r}: {start}")
        values = dict(
            part.split(b"=", 1) for part in location.partition(b"?")[2].split(b"&") if b"=" in part
        )
        if values.get(b"state") != state or not values.get(b"code"):
            raise Wrong(f"authorize: no code, or another state: {location!r}")
        return values[b"code"]


def _sign_in(flow: Flow, number: int, proof: _Proof) -> tuple[str, str]:
    """Sign a person in and allow the application: the browser's cookies, and the code."""
    target = flow.target
    browser = Browser(target.people[number % len(target.people)])
    url = f"{flow.authorize_url}?{proof.query.decode()}"
    back = parse_qs(urlsplit(browser.authorize(url, flow.client.redirect_uri)).query)
    if back.get("state") != [proof.state.decode()] or "code" not in back:
        raise Wrong(f"authorize: {back}")
    if back.get("iss", [target.issuer]) != [target.issuer]:
        raise Wrong(f"authorize: another issuer: {back}")
    return browser.cookies_for(flow.authorize_url), back["code"][0]


async def signed_in_lanes(flow: Flow, connections: int) -> list[tuple[SignedIn, dict[str, Any]]]:
    """One signed-in browser for each connection, and the tokens of its first flow."""
    lanes = []
    for number in range(connections):
        proof = flow.proof()
        cookie, code = await asyncio.to_thread(_sign_in, flow, number, proof)
        request = flow.redeem(quote(code, safe="").encode(), proof)
        tokens = await run_script(flow.target.address, fetch(request, "token"))
        who = await run_script(
            flow.target.address,
            fetch(flow.ask_who(tokens["access_token"].encode()), "userinfo"),
        )
        lanes.append((SignedIn(cookie, str(who["sub"])), tokens))
    return lanes


async def prepare_code_flow(target: Target, connections: int) -> Prepared:
    """Each connection is one browser and its application; one operation is four requests."""
    flow = Flow(target)
    samples = Samples()
    people = await signed_in_lanes(flow, connections)
    keys = await run_script(
        target.address, fetch(get(endpoint(target, "jwks_uri")), "signing keys")
    )
    public = KeySet.import_key_set({"keys": keys["keys"]})

    def judge(document: dict[str, Any], about: tuple[str, str]) -> str | None:
        return _verdict(document, about, public, flow)

    async def check() -> list[str]:
        return samples.judge(judge)

    lanes = [
        _lane(flow, who, samples, itertools.cycle([flow.proof() for _ in range(_PROOFS)]))
        for who, _ in people
    ]
    return Prepared(lanes, check, {"id_token": signed_with(people[0][1].get("id_token"))})


def _lane(flow: Flow, who: SignedIn, samples: Samples, proofs: Iterator[_Proof]) -> Lane:
    before, after = flow.ends(who.cookie)
    expected = who.subject.encode()

    def operation() -> Operation[None]:
        proof = next(proofs)
        code = flow.code_from((yield before + proof.query + after), proof.state)
        tokens = yield flow.redeem(code, proof)
        token = string_in(tokens, ACCESS_TOKEN, "token")
        string_in(tokens, b'"id_token"', "token")
        string_in(tokens, b'"refresh_token"', "token")
        person = yield flow.ask_who(token)
        expect(person, 200, "userinfo")
        if field_of(person.body, b'"sub"') != expected:
            raise Wrong(f"userinfo: another person: {person.body[:160].decode(errors='replace')}")
        samples.offer(tokens.body, (proof.nonce, who.subject))

    return operation


def _verdict(
    document: dict[str, Any], about: tuple[str, str], keys: KeySet, flow: Flow
) -> str | None:
    nonce, subject = about
    try:
        token = jwt.decode(document["id_token"], keys, algorithms=["RS256", "ES256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": flow.target.issuer},
            aud={"essential": True, "value": flow.client.client_id},
            sub={"essential": True, "value": subject},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
        ).validate(token.claims)
    except (JoseError, KeyError, ValueError) as error:
        return f"an ID token that does not verify: {error!r}"
    return None
