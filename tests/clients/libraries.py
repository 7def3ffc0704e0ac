"""Three client libraries, unmodified, behind one small interface that the tests drive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session

from tests.clients.answers import EVERY_CHECK, Answer, Refused
from tests.clients.authlib_library import AuthlibLibrary
from tests.clients.node_library import NodeLibrary
from tests.support.browser_forms import Arrival
from tests.support.server import Application

__all__ = [
    "LIBRARIES",
    "Answer",
    "AuthlibLibrary",
    "ClientLibrary",
    "NodeLibrary",
    "Refused",
    "open_library",
]

LIBRARIES = ("authlib-httpx2", "authlib-requests", "openid-client", "oauth4webapi")


class ClientLibrary(Protocol):
    """What a relying party does, in the order in which it does it. Tokens are plain dicts."""

    def discover(self) -> Answer: ...

    def set_up(self, metadata: Mapping[str, str]) -> None:
        """In place of discovery: the addresses that a platform's document names, by hand."""
        ...

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str: ...

    def finish(self, arrival: Arrival) -> Answer:
        """Tokens, with the verified claims of the ID token as `claims`."""
        ...

    def refresh(self, refresh_token: str) -> Answer: ...

    def call(
        self, method: str, url: str, access_token: str, body: Mapping[str, object] | None = None
    ) -> Answer:
        """What an API answers to a call with the token, and to ``body`` as JSON."""
        ...

    def userinfo(self, access_token: str, subject: str) -> Answer: ...

    def introspect(self, token: str) -> Answer: ...

    def revoke(self, token: str) -> None: ...

    def client_credentials(self, scope: str) -> Answer: ...

    def sign_out_url(self, id_token: str) -> str: ...


def open_library(
    name: str, issuer: str, application: Application, checks: frozenset[str] = EVERY_CHECK
) -> NodeLibrary | AuthlibLibrary:
    """A fresh relying party in the named library; a context manager."""
    match name:
        case "authlib-httpx2":
            return AuthlibLibrary(OAuth2Client, issuer, application, checks)
        case "authlib-requests":
            return AuthlibLibrary(OAuth2Session, issuer, application, checks)
        case "openid-client":
            return NodeLibrary("openid_client.mjs", issuer, application, checks)
        case "oauth4webapi":
            return NodeLibrary("oauth4webapi.mjs", issuer, application, checks)
        case _:
            raise AssertionError(name)
