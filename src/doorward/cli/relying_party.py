"""A small, real client: what an application does, one exchange at a time, each of them told."""

from __future__ import annotations

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from doorward.cli.at import mask
from doorward.cli.exits import Exit, Stop

__all__ = ["Exchange", "Journey", "RelyingParty"]

_SECRETS = frozenset(
    {"access_token", "client_secret", "code", "code_verifier", "id_token", "refresh_token", "token"}
)
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, with every secret masked."""

    title: str
    request: str
    sent: Mapping[str, str]
    status: int
    answer: Mapping[str, object]

    def lines(self) -> list[str]:
        """The exchange as a person reads it."""
        said = [f"{self.title}", f"  → {self.request}"]
        said += [f"      {name}: {value}" for name, value in self.sent.items()]
        said.append(f"  ← {self.status}")
        said += [f"      {name}: {_cut(value)}" for name, value in self.answer.items()]
        return said


@dataclass(frozen=True)
class Journey:
    """One sign-in under way: what must come back with the answer."""

    address: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str = field(repr=False)


@dataclass
class RelyingParty:
    """An application that knows its issuer, its id and its secret."""

    issuer: str
    client_id: str
    client_secret: str | None
    auth_method: str
    told: Callable[[Exchange], None]
    metadata: dict[str, Any] = field(default_factory=dict)

    def discover(self) -> None:
        """Read the issuer's own description (OpenID Connect Discovery 4). Raises ``Stop``."""
        address = f"{self.issuer}/.well-known/openid-configuration"
        answer = self._send("Discovery", "GET", address)
        if answer.get("issuer") != self.issuer:
            raise Stop(f"The document names another issuer: {answer.get('issuer')}")
        self.metadata = answer

    def begin(self, redirect_uri: str, scope: str) -> Journey:
        """Where to send the browser: PKCE with S256 (RFC 7636 4), state and nonce."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = f"{self.metadata['authorization_endpoint']}?{urlencode(query, quote_via=quote)}"
        return Journey(address, redirect_uri, state, nonce, verifier)

    def read_answer(self, journey: Journey, answer: Mapping[str, str]) -> str:
        """The code of an authorization response that is ours (RFC 6749 4.1.2, RFC 9207 2.4).

        Raises ``Stop`` for another state or issuer, and for a refusal.
        """
        shown = {n: mask(v) if n in _SECRETS else v for n, v in answer.items()}
        self.told(Exchange("The browser came back", journey.redirect_uri, {}, 200, shown))
        if not secrets.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
            raise Stop("The answer has another state: it does not belong to this request.")
        promised = self.metadata.get("authorization_response_iss_parameter_supported", False)
        if answer.get("iss", None if promised else self.issuer) != self.issuer:
            raise Stop("The answer comes from another issuer.")
        if "error" in answer:
            raise Stop(f"{answer['error']}: {answer.get('error_description', '')}")
        if "code" not in answer:
            raise Stop("The answer has neither a code nor an error.")
        return answer["code"]

    def redeem(self, journey: Journey, code: str) -> dict[str, Any]:
        """Tokens for a code. Raises ``Stop``."""
        return self.ask_token(
            "The code for tokens",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": journey.redirect_uri,
                "code_verifier": journey.verifier,
            },
        )

    def ask_token(self, title: str, form: dict[str, str]) -> dict[str, Any]:
        """Post ``form`` to the token endpoint, as this client. Raises ``Stop``."""
        return self._post_as_client(title, self.metadata["token_endpoint"], form)

    def introspect(self, token: str) -> dict[str, Any]:
        """What the server says about a token of this client (RFC 7662). Raises ``Stop``."""
        endpoint = self.metadata["introspection_endpoint"]
        return self._post_as_client("Introspection", endpoint, {"token": token})

    def verify_id_token(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is genuine and ours (OpenID Connect Core 3.1.3.7).

        Raises ``Stop``.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        published = self._send("The signing keys", "GET", self.metadata["jwks_uri"])
        rules = jwt.JWTClaimsRegistry(
            leeway=30,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            keys = KeySet.import_key_set({"keys": list(published.get("keys", ()))})
            token = jwt.decode(id_token, keys, algorithms=["RS256", "ES256"])
            rules.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise Stop(f"The ID token is not to be trusted: {error}") from error
        return dict(token.claims)

    def ask_userinfo(self, access_token: str) -> dict[str, Any]:
        """The claims that the access token opens (OpenID Connect Core 5.3). Raises ``Stop``."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._send("UserInfo", "GET", self.metadata["userinfo_endpoint"], headers=headers)

    def _post_as_client(self, title: str, address: str, form: dict[str, str]) -> dict[str, Any]:
        headers: dict[str, str] = {}
        if self.client_secret is None:
            form = {**form, "client_id": self.client_id}
        elif self.auth_method == "client_secret_post":
            form = {**form, "client_id": self.client_id, "client_secret": self.client_secret}
        else:
            # RFC 6749 2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        return self._send(title, "POST", address, headers=headers, form=form)

    def _send(
        self,
        title: str,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            answer = httpx2.request(
                method, address, headers=headers, data=form, timeout=_TIMEOUT_S, trust_env=False
            )
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Stop(f"{address} is not an address: {error}", Exit.USAGE) from error
        except httpx2.HTTPError as error:
            where = "{0.scheme}://{0.netloc}".format(urlsplit(address))
            raise Stop(f"{where} cannot be reached: {error}", Exit.UNREACHABLE) from error
        body = _body(answer)
        sent = {**_masked_headers(headers or {}), **_masked(form or {})}
        shown = {name: str(value) for name, value in sent.items()}
        self.told(Exchange(title, f"{method} {address}", shown, answer.status_code, _masked(body)))
        if not answer.is_success:
            why = body.get("error_description") or body.get("error") or "no reason was given"
            raise Stop(f"{title}: the server answered {answer.status_code}: {why}")
        return body


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _masked(values: Mapping[str, object]) -> dict[str, object]:
    return {n: mask(str(v)) if n in _SECRETS else v for n, v in values.items()}


def _masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {n: f"{v.split(' ')[0]} {mask(v.split(' ')[1])}" for n, v in headers.items()}


def _cut(value: object, longest: int = 160) -> str:
    text = str(value)
    return text if len(text) <= longest else text[:longest] + "…"
