"""What a running subject offers to the load: its endpoints, clients and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.wire import basic

__all__ = ["Client", "Person", "Target"]


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
class Target:
    """A running subject. ``endpoints`` are those of its discovery document, by their names."""

    subject: str
    issuer: str
    endpoints: Mapping[str, str]
    service: Client
    web: Client | None = None
    people: tuple[Person, ...] = ()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        parts = urlsplit(self.issuer)
        return parts.hostname or "127.0.0.1", parts.port or 80
