"""A connector in Python, for the platform that no manifest can describe: what one may answer.

It ships a manifest like any other and overrides what the manifest cannot say.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from doorward.connectors.grants import Grant, Party, Plan
from doorward.connectors.model import AuthOption, Choice
from doorward.connectors.upstream import Revoked, Upstream, Verified
from doorward.connectors.upstream.sending import send
from doorward.crypto import Secret
from doorward.db import Clock
from doorward.http import Outbound, OutboundReply, OutboundRequest

__all__ = ["Asked", "License", "OAuthInfo", "OverridingOption", "PythonConnector", "auth_type_of"]

_KEYS = frozenset({"api_key", "basic"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plugin is asked about, and what it may use for the answer.

    ``grant`` is None before there is one, and for connections by key. ``engine`` does what the
    manifest says; ``send`` is for everything else.
    """

    plan: Plan
    grant: Grant | None
    engine: Upstream
    outbound: Outbound
    clock: Clock

    async def send(self, request: OutboundRequest) -> OutboundReply:
        """Send by the guarded way out. Raises ``UpstreamFailure`` where no answer came.

        ``engine.api_address`` and ``engine.deliver`` make a request with the credential in it.
        """
        return await send(self.outbound, request)


@dataclass(frozen=True, slots=True)
class OAuthInfo:
    """The client and the addresses of a way to connect, templates not filled in.

    What is empty stays as the manifest has it.
    """

    client_id: str = ""
    client_secret: Secret[str] | None = None
    redirect_uri: str = ""
    authorization_uri: str = ""
    access_token_uri: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OverridingOption:
    """What goes into the request that turns a code into tokens, beside what the manifest says.

    ``query`` is added to the address. An ``Authorization`` among ``headers`` takes the place of
    the client's own authentication; an empty one leaves it out.
    """

    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class License:
    """Whether a person may use the connector, in the platform's words."""

    is_valid: bool
    status: str = ""
    description: str = ""


class PythonConnector:
    """The base of every plugin. Each method may be overridden; each does what the manifest says.

    One object answers for all organizations and people: keep nothing of one call for the next.
    A method runs in the server's event loop, with a limit of time, and must not block. It raises
    ``UpstreamFailure`` for what the platform did wrong.
    """

    manifest: ClassVar[bytes | str | Mapping[str, object]]
    """The manifest: JSON, or what JSON would be."""

    async def get_auth_type(self, asked: Asked) -> str:
        """``oauth`` or ``apiKey``: whether ``get_basic_auth`` says how the credential goes."""
        return auth_type_of(asked.plan.option)

    async def get_oauth_info(self, asked: Asked) -> OAuthInfo:
        """The client that connects, and where; an organization's own client goes before it."""
        option, client = asked.plan.option, asked.plan.client
        authorize, token = option.authorize, option.token
        return OAuthInfo(
            client_id=client.client_id if client is not None else option.client_id,
            client_secret=client.secrets[0] if client is not None and client.secrets else None,
            redirect_uri=client.redirect_uri if client is not None else "",
            authorization_uri=authorize.url if authorize is not None else "",
            access_token_uri=token.url if token is not None else "",
            scopes=authorize.scope.default if authorize is not None else (),
        )

    async def get_overriding_oauth_option(self, asked: Asked, code: str) -> OverridingOption:
        """What the request for tokens by ``code`` has in addition: nothing."""
        del asked, code
        return OverridingOption()

    async def get_basic_auth(self, asked: Asked, api_key: Secret[str]) -> Secret[str]:
        """The value behind ``Basic`` for a key: the key as a name, without a password.

        Only one that is overridden counts; else the manifest says how a key is delivered.
        """
        del asked
        return Secret(b64encode(f"{api_key.reveal()}:".encode()).decode())

    async def get_user_info(self, asked: Asked) -> Party:
        """Whose account it is."""
        return await asked.engine.identify(asked.plan, asked.grant)

    async def post_save_user_info(self, asked: Asked, party: Party) -> Party:
        """What is kept of ``party``, which ``get_user_info`` told."""
        del asked
        return party

    async def refresh_user_info(self, asked: Asked) -> Party:
        """Whose account it is, asked once more at the person's wish."""
        return await self.post_save_user_info(asked, await self.get_user_info(asked))

    async def auth_validation(self, asked: Asked) -> Verified:
        """Whether the credential is good. One that is not is an ``UpstreamFailure``."""
        return await asked.engine.verify(asked.plan, asked.grant)

    async def check_and_refresh_access_token(self, asked: Asked, grant: Grant) -> Grant | None:
        """A newer grant for ``grant``, of which it may leave out what stayed; None: it is over."""
        return await asked.engine.refresh(asked.plan, grant)

    async def un_authorize(
        self, asked: Asked, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        """Take the tokens back at the platform. Here they are forgotten whatever comes of it."""
        return await asked.engine.revoke(asked.plan, access=access, refresh=refresh)

    async def get_managed_auth_options(
        self, asked: Asked, variable: str, values: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        """The choices of a field, by what was typed so far."""
        return await asked.engine.options(asked.plan, variable, values)

    async def get_license_status(self, asked: Asked) -> License | None:
        """Whether the person may use the connector; None where it is not offered."""
        del asked
        return None

    async def get_user_list(self, asked: Asked) -> tuple[Party, ...] | None:
        """The platform's users, to be matched with people here; None where it is not offered."""
        del asked
        return None


def auth_type_of(option: AuthOption) -> str:
    """``oauth`` or ``apiKey``, as the manifest has it."""
    return "apiKey" if option.type in _KEYS else "oauth"
