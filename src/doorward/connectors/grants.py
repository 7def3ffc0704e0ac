"""What speaking with an upstream platform needs, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from doorward.connectors.model import AuthOption, Manifest
from doorward.crypto import Secret

__all__ = ["Category", "ClientCredentials", "Grant", "Party", "Plan", "UpstreamFailure"]


class Category(StrEnum):
    """Why an upstream platform did not do what it was asked: who can mend it."""

    DEAD_GRANT = "dead_grant"
    """The person's grant is over: they must connect again."""
    USER_ACTION = "user_action"
    """The platform wants something of the person, such as a new consent."""
    CONFIGURATION = "configuration"
    """The client's own credentials or scopes are refused: an administrator must act."""
    MANIFEST = "manifest"
    """The request was not understood: the connector's description is wrong."""
    TRANSIENT = "transient"
    """Time-outs, 5xx, answers that are not what was promised: try again later."""
    DEAD_TENANT = "dead_tenant"
    """The host answers 404 or 410: transient until it has lasted."""
    DECLINED = "declined"
    """The person said no on the platform's page."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """A URL led to a private or otherwise forbidden address; nothing was sent."""


class UpstreamFailure(Exception):
    """An upstream platform did not do what it was asked.

    ``code`` is the platform's own word, cut to 64 safe characters; ``detail`` is for staff,
    redacted and cut to 200. ``sent`` is False when the request surely never left, which decides
    whether a single-use refresh token may be sent again.
    """

    def __init__(
        self,
        category: Category,
        code: str = "",
        *,
        status: int | None = None,
        detail: str = "",
        retry_after_s: float | None = None,
        sent: bool = True,
    ) -> None:
        """Keep what is known of it."""
        super().__init__(f"{category}: {code}")
        self.category = category
        self.code = code
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.sent = sent


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The registration of this installation or organization with the platform.

    ``secrets`` are tried in order, the newest first, and the next one only after the platform
    refused the client. ``private_key`` is PEM, for clients that sign their assertions, with its
    certificates behind it for those that show them in TLS.
    """

    client_id: str
    secrets: tuple[Secret[str], ...] = ()
    redirect_uri: str = ""
    private_key: Secret[str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to connect to one platform, with every value that its templates may name.

    ``option`` has the environment's overrides applied already. ``values`` are variables that are
    not secret, ``secret_values`` those that are.
    """

    manifest: Manifest
    option: AuthOption
    client: ClientCredentials | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    secret_values: Mapping[str, Secret[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request brought. Times are microseconds; None where the answer says nothing.

    ``never_expires`` is True where the platform said so. ``captures`` are variables read from the
    answers on the way; ``named`` further tokens beside the first. A captured variable that its
    declaration calls secret is to be kept as one. ``session_expires_at`` is when captures end that
    are a session of their own; ``party`` is set where the token answer itself says whose it is.
    """

    access_token: Secret[str]
    refresh_token: Secret[str] | None = None
    token_type: str = "Bearer"  # noqa: S105 - a type
    expires_at: int | None = None
    lifetime_s: int | None = None
    never_expires: bool = False
    refresh_expires_at: int | None = None
    scopes: tuple[str, ...] | None = None
    id_token: Secret[str] | None = None
    named: Mapping[str, Secret[str]] = field(default_factory=dict)
    captures: Mapping[str, str] = field(default_factory=dict, repr=False)
    session_expires_at: int | None = None
    party: Party | None = None
    secret_used: int = 0
    """Which of the client's secrets the platform took: 0 is the newest. Once that has worked, those
    before it are dropped."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whose account on the platform it is, as far as the platform tells."""

    account_id: str = ""
    account_name: str = ""
    email: str = ""
    organization: str = ""
    captures: Mapping[str, str] = field(default_factory=dict)
