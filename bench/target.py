"""What a running subject offers to the load: its endpoints, clients and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from bench.wire import basic

__all__ = ["Address", "Client", "Person", "Signed", "Target", "address_of"]

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Client:
    """A confidential client that authenticates with client_secret_basic."""

    client_id: str
    client_secret: str
    redirect_uri: str = ""
    scope: str = ""

    @property
    def authorization(self) -> dict[str, str]:
        """The header that authenticates it."""
        return {"Authorization": basic(self.client_id, self.client_secret)}


@dataclass(frozen=True)
class Person:
    """Someone who can sign in."""

    username: str
    password: str


@dataclass(frozen=True)
class Signed:
    """How ``client`` asks for an access token that is a JWT: with the fields ``asks``."""

    client: Client
    asks: Mapping[str, str]
    audience: str
    alg: str


@dataclass(frozen=True)
class Target:
    """A running subject. ``endpoints`` are those of its discovery document, by their names.

    ``beside`` are further processes of the same server: connections take turns among them all, as
    behind a load balancer.
    """

    subject: str
    issuer: str
    endpoints: Mapping[str, str]
    service: Client
    web: Client | None = None
    people: tuple[Person, ...] = ()
    signed: Signed | None = None
    beside: tuple[Address, ...] = ()
    asks_with: Mapping[str, str] | None = None

    @property
    def asking(self) -> dict[str, str]:
        """The headers of a question about a token: the service's own where it says no others."""
        return self.service.authorization if self.asks_with is None else dict(self.asks_with)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where its processes listen."""
        return (self.address, *self.beside)

    @property
    def address(self) -> Address:
        """Where the first of its processes listens."""
        return address_of(self.issuer)


def address_of(url: str) -> Address:
    """Where the server of ``url`` listens."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80
