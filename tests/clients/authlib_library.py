"""Authlib, over either of its HTTP clients."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx2
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.clients.answers import EVERY_CHECK, Answer, Refused
from tests.support.browser_forms import Arrival
from tests.support.server import Application

__all__ = ["AuthlibLibrary"]


class _Refusals:
    """Turns what Authlib raises into Refused."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, AuthlibBaseError | JoseError):
            raise Refused(error.error, None, str(error)) from error
        if isinstance(error, httpx2.HTTPStatusError | requests.HTTPError):
            raise Refused(None, error.response.status_code, str(error)) from error


class AuthlibLibrary:
    """Authlib's OAuth 2 client over httpx2 or requests, its claims classes and joserfc."""

    def __init__(
        self,
        session: type[OAuth2Client | OAuth2Session],
        issuer: str,
        application: Application,
        checks: frozenset[str] = EVERY_CHECK,
    ) -> None:
        assert "state" in checks, "Authlib always sends a state"
        self._issuer = issuer
        self._checks = checks
        self._client = session(
            client_id=application.client_id,
            client_secret=application.client_secret,
            token_endpoint_auth_method=application.auth_method,
            revocation_endpoint_auth_method=application.auth_method,
            code_challenge_method="S256",
        )
        self._metadata: Answer = {}
        self._pending: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _get(self, url: str) -> Answer:
        response = self._client.request("GET", url, withhold_token=True)
        response.raise_for_status()
        answer: Answer = response.json()
        return answer

    def discover(self) -> Answer:
        self._metadata = self._get(f"{self._issuer}/.well-known/openid-configuration")
        assert self._metadata["issuer"] == self._issuer
        return self._metadata

    def set_up(self, metadata: Mapping[str, str]) -> None:
        self._metadata = dict(metadata)

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str:
        added = {}
        if "pkce" in self._checks:
            added["code_verifier"] = generate_token(48)
        if "nonce" in self._checks:
            added["nonce"] = secrets.token_urlsafe(16)
        url, state = self._client.create_authorization_url(
            self._metadata["authorization_endpoint"],
            redirect_uri=redirect_uri,
            scope=scope,
            **added,
            **parameters,
        )
        asked = {"redirect_uri": redirect_uri, "max_age": parameters.get("max_age", "")}
        self._pending = {**asked, **added, "state": state}
        return str(url)

    def finish(self, arrival: Arrival) -> Answer:
        answer = arrival.parameters
        promised = self._metadata.get("authorization_response_iss_parameter_supported")
        foreign = promised and answer.get("iss") != self._issuer
        if answer.get("state") != self._pending["state"] or foreign:
            raise Refused(None, None, "Authlib leaves state and iss to its caller, who refuses")
        if "error" in answer:
            raise Refused(answer["error"], None, answer.get("error_description", ""))
        with _Refusals():
            token = self._client.fetch_token(
                self._metadata["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                redirect_uri=self._pending["redirect_uri"],
                code_verifier=self._pending.get("code_verifier"),
            )
            return {**token, "claims": self._claims(token, nonce=self._pending.get("nonce"))}

    def _claims(self, token: Mapping[str, str], *, nonce: str | None) -> Answer | None:
        if nonce is None and "id_token" not in token:
            return None
        return self._verified(token, nonce=nonce)

    def _verified(self, token: Mapping[str, str], *, nonce: str | None) -> Answer:
        keys = KeySet.import_key_set(self._get(self._metadata["jwks_uri"]))  # type: ignore[arg-type]
        algorithms = self._metadata["id_token_signing_alg_values_supported"]
        opened = jwt.decode(token["id_token"], keys, algorithms=algorithms)
        expected = {"nonce": nonce} if nonce else {}
        if max_age := self._pending["max_age"]:
            expected["max_age"] = max_age
        claims = CodeIDToken(
            opened.claims,
            opened.header,
            {"iss": {"values": [self._issuer]}},
            {
                **expected,
                "client_id": self._client.client_id,
                "access_token": token["access_token"],
            },
        )
        claims.validate()
        return dict(claims)

    def refresh(self, refresh_token: str) -> Answer:
        with _Refusals():
            endpoint = self._metadata["token_endpoint"]
            token = self._client.refresh_token(endpoint, refresh_token=refresh_token)
            return {**token, "claims": self._claims(token, nonce=None)}

    def call(
        self, method: str, url: str, access_token: str, body: Mapping[str, object] | None = None
    ) -> Answer:
        self._client.token = {"access_token": access_token, "token_type": "Bearer"}
        response = self._client.request(method, url, json=body)
        answer: Answer = response.json()
        if response.status_code >= 400:
            raise Refused(answer.get("error"), response.status_code, response.text)
        return answer

    def userinfo(self, access_token: str, subject: str) -> Answer:
        self._client.token = {"access_token": access_token, "token_type": "Bearer"}
        with _Refusals():
            response = self._client.get(self._metadata["userinfo_endpoint"])
            response.raise_for_status()
        answer: Answer = response.json()
        assert answer["sub"] == subject
        return answer

    def introspect(self, token: str) -> Answer:
        endpoint = self._metadata["introspection_endpoint"]
        with _Refusals():
            response = self._client.introspect_token(endpoint, token=token)
            response.raise_for_status()
        answer: Answer = response.json()
        return answer

    def revoke(self, token: str) -> None:
        with _Refusals():
            endpoint = self._metadata["revocation_endpoint"]
            self._client.revoke_token(endpoint, token=token).raise_for_status()

    def client_credentials(self, scope: str) -> Answer:
        with _Refusals():
            return dict(
                self._client.fetch_token(
                    self._metadata["token_endpoint"], grant_type="client_credentials", scope=scope
                )
            )

    def sign_out_url(self, id_token: str) -> str:
        url = httpx2.URL(self._metadata["end_session_endpoint"], params={"id_token_hint": id_token})
        return str(url)
