"""Three client libraries, unmodified, behind one small interface that the tests drive."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

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

from tests.support.browser_forms import Arrival
from tests.support.server import Application

__all__ = ["LIBRARIES", "Answer", "ClientLibrary", "Refused", "open_library"]

Answer = dict[str, Any]

LIBRARIES = ("authlib-httpx2", "authlib-requests", "openid-client", "oauth4webapi")

_NODE = Path(__file__).parent / "node"


class Refused(Exception):
    """The library, or the server through it, said no."""

    def __init__(self, error: str | None, status: int | None, message: str) -> None:
        super().__init__(f"{error or 'no OAuth error'} ({status}): {message}")
        self.error = error
        self.status = status
        self.message = message


class ClientLibrary(Protocol):
    """What a relying party does, in the order in which it does it. Tokens are plain dicts."""

    def discover(self) -> Answer: ...

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str: ...

    def finish(self, arrival: Arrival) -> Answer:
        """Tokens, with the verified claims of the ID token as `claims`."""
        ...

    def refresh(self, refresh_token: str) -> Answer: ...

    def userinfo(self, access_token: str, subject: str) -> Answer: ...

    def introspect(self, token: str) -> Answer: ...

    def revoke(self, token: str) -> None: ...

    def client_credentials(self, scope: str) -> Answer: ...

    def sign_out_url(self, id_token: str) -> str: ...


class NodeLibrary:
    """A node process that holds the library; commands and answers are JSON lines."""

    def __init__(self, script: str, issuer: str, application: Application) -> None:
        self._script = script
        self._identity = {
            "issuer": issuer,
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "auth_method": application.auth_method,
        }

    def __enter__(self) -> Self:
        node = shutil.which("node")
        assert node is not None, "these tests need Node.js; `make setup` says how to get it"
        self._process = subprocess.Popen(
            [node, str(_NODE / self._script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, command: str, **given: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{self._script} ended during {command}"
        said = json.loads(line)
        if refused := said.get("refused"):
            raise Refused(refused["error"], refused["status"], json.dumps(refused))
        return said["answer"]

    def discover(self, **options: str) -> Answer:
        answer: Answer = self._ask("discover", **self._identity, **options)
        return answer

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str:
        asked = {"redirect_uri": redirect_uri, "scope": scope, "parameters": parameters}
        return str(self._ask("authorization_url", **asked))

    def finish(self, arrival: Arrival) -> Answer:
        answer: Answer = self._ask("finish", url=arrival.url, fields=arrival.fields)
        return answer

    def refresh(self, refresh_token: str) -> Answer:
        answer: Answer = self._ask("refresh", refresh_token=refresh_token)
        return answer

    def userinfo(self, access_token: str, subject: str) -> Answer:
        answer: Answer = self._ask("userinfo", access_token=access_token, subject=subject)
        return answer

    def introspect(self, token: str) -> Answer:
        answer: Answer = self._ask("introspect", token=token)
        return answer

    def revoke(self, token: str) -> None:
        self._ask("revoke", token=token)

    def client_credentials(self, scope: str) -> Answer:
        answer: Answer = self._ask("client_credentials", scope=scope)
        return answer

    def sign_out_url(self, id_token: str) -> str:
        return str(self._ask("sign_out_url", id_token=id_token))


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
        self, session: type[OAuth2Client | OAuth2Session], issuer: str, application: Application
    ) -> None:
        self._issuer = issuer
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

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str:
        self._pending = {
            "redirect_uri": redirect_uri,
            "verifier": generate_token(48),
            "nonce": secrets.token_urlsafe(16),
            "max_age": parameters.get("max_age", ""),
        }
        url, self._pending["state"] = self._client.create_authorization_url(
            self._metadata["authorization_endpoint"],
            redirect_uri=redirect_uri,
            scope=scope,
            nonce=self._pending["nonce"],
            code_verifier=self._pending["verifier"],
            **parameters,
        )
        return str(url)

    def finish(self, arrival: Arrival) -> Answer:
        answer = arrival.parameters
        if answer.get("state") != self._pending["state"] or answer.get("iss") != self._issuer:
            raise Refused(None, None, "Authlib leaves state and iss to its caller, who refuses")
        if "error" in answer:
            raise Refused(answer["error"], None, answer.get("error_description", ""))
        with _Refusals():
            token = self._client.fetch_token(
                self._metadata["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                redirect_uri=self._pending["redirect_uri"],
                code_verifier=self._pending["verifier"],
            )
            return {**token, "claims": self._verified(token, nonce=self._pending["nonce"])}

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
            claims = self._verified(token, nonce=None) if "id_token" in token else None
            return {**token, "claims": claims}

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


def open_library(name: str, issuer: str, application: Application) -> NodeLibrary | AuthlibLibrary:
    """A fresh relying party in the named library; a context manager."""
    match name:
        case "authlib-httpx2":
            return AuthlibLibrary(OAuth2Client, issuer, application)
        case "authlib-requests":
            return AuthlibLibrary(OAuth2Session, issuer, application)
        case "openid-client":
            return NodeLibrary("openid_client.mjs", issuer, application)
        case "oauth4webapi":
            return NodeLibrary("oauth4webapi.mjs", issuer, application)
        case _:
            raise AssertionError(name)
