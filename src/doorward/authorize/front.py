"""The addresses at which an authorization may begin, each with the rules of its wire contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from doorward.clients import Application
from doorward.http import Mishap, Wording
from doorward.orgs import Organization
from doorward.protocol import Parameters

__all__ = ["OAUTH_PATH", "Front", "Fronts", "OAuthFront", "Terms"]

OAUTH_PATH = "/oauth2/auth"


class Terms(msgspec.Struct, frozen=True):
    """How one request is treated. The defaults are those of OAuth 2.0 as we serve it.

    ``code_s`` is the lifetime of its code in seconds, None the organization's own; a ``dialect``
    alone redeems that code. Without ``asks_consent`` signing in is the consent, for applications
    that nobody can pose as. ``staff_refusal`` is the description of the error for a browser that
    has a sign-in of staff; None lets both live side by side. ``echoes_scope`` says beside the code
    which scopes were granted.
    """

    params: Parameters
    code_s: int | None = None
    dialect: str | None = None
    names_issuer: bool = True
    asks_consent: bool = True
    staff_refusal: str | None = None
    echoes_scope: bool = False


class Front(Protocol):
    """What a dialect says of authorizations that begin at its own address."""

    @property
    def path(self) -> str:
        """The address under the organization, and where a flow starts again."""

    @property
    def dialect(self) -> str | None:
        """The contract that an organization must speak for it; None for every organization."""

    def find_terms(self, params: Parameters, application: Application) -> Terms | None:
        """How ``application``'s request is treated; None when it may not come this way.

        Raises ``OAuthError`` where nothing may be sent to the redirect URI.
        """

    def word_bad_address(self, params: Parameters) -> Mishap | Wording:
        """The page for a redirect URI to which nothing may be sent."""


class OAuthFront:
    """``/oauth2/auth`` itself."""

    @property
    def path(self) -> str:
        """The address under the organization."""
        return OAUTH_PATH

    @property
    def dialect(self) -> str | None:
        """Every organization has it."""
        return None

    def find_terms(self, params: Parameters, application: Application) -> Terms | None:
        """Every application comes this way, and its request is read as it was sent."""
        _ = application
        return Terms(params)

    def word_bad_address(self, params: Parameters) -> Mishap | Wording:
        """One page, whatever is wrong with the address."""
        _ = params
        return Mishap.BAD_RETURN_ADDRESS


class Fronts:
    """The fronts of an installation, by address; at one address a dialect's own goes first."""

    def __init__(self, fronts: Sequence[Front]) -> None:
        """Serve ``/oauth2/auth`` itself and ``fronts``."""
        self._by_path: dict[str, list[Front]] = {}
        for each in (*fronts, OAuthFront()):
            self._by_path.setdefault(each.path, []).append(each)

    def find(self, org: Organization, path: str) -> Front | None:
        """The front of ``org`` at ``path``."""
        for each in self._by_path.get(path, ()):
            if each.dialect is None or each.dialect in org.dialects:
                return each
        return None
