"""Flows by which people connect: what is remembered while they are on the platform's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from doorward.connectors import Verified
from doorward.crypto import Secret
from doorward.db import SECOND, Row
from doorward.vault.connect_sessions_model import ConnectSession
from doorward.vault.credentials_rules import Place
from doorward.vault.model import Kept
from doorward.vault.refusals import VaultRefusal

__all__ = [
    "FLOW_FOR",
    "Begun",
    "Carried",
    "ConnectFlow",
    "Connected",
    "Declined",
    "Failed",
    "FlowOfAnotherBrowser",
    "FlowOfAnotherConnector",
    "FlowOfAnotherPerson",
    "FlowOver",
    "FlowRefusal",
    "Outcome",
    "Returned",
    "StartElsewhere",
    "Wanted",
    "flow_cookie_name",
]

FLOW_FOR = 600 * SECOND
"""How long somebody may take on the platform's page."""


class FlowRefusal(VaultRefusal):
    """Base of what is refused of a callback. Nothing of it is believed."""

    reason = "refused"


class FlowOver(FlowRefusal):
    """The state is unknown here: used, expired, another organization's, or never ours."""

    code = "connect_flow_over"
    status = 410
    sentence = "This page has expired. Start to connect again."
    reason = "over"


class FlowOfAnotherBrowser(FlowRefusal):
    """Somebody else began it: whoever sent the link would get this person's account, or they his.

    draft-ietf-oauth-security-topics-update, cross-user session fixation. The flow stays for the
    browser that it belongs to.
    """

    code = "connect_flow_of_another_browser"
    status = 403
    sentence = "This was begun in another browser. Start to connect again."
    reason = "other_browser"


class FlowOfAnotherPerson(FlowRefusal):
    """The right browser, and another sign-in in it than the one that began. The flow stays."""

    code = "connect_flow_of_another_person"
    status = 403
    sentence = "This was begun by somebody else who is signed in. Start to connect again."
    reason = "other_person"


class FlowOfAnotherConnector(FlowRefusal):
    """The answer of one platform at the callback of another.

    draft-ietf-oauth-security-topics-update, cross-toolkit account takeover. The browser is the
    right one, so that whatever led it here knows the state: the flow is over.
    """

    code = "connect_flow_of_another_connector"
    status = 403
    sentence = "This answer came from another platform than the one that you went to."
    reason = "other_connector"


class StartElsewhere(VaultRefusal):
    """The platform knows another address of the organization. ``issuer`` is that one.

    Cookies do not cross addresses: the person has to begin where they will come back.
    """

    code = "start_elsewhere"
    status = 409
    sentence = "Connecting this platform starts at another address of the organization."

    def __init__(self, issuer: str) -> None:
        """Say where."""
        super().__init__()
        self.issuer = issuer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for who wants to connect.

    ``session_id`` is their sign-in. ``return_to`` is a path of ours, under the organization;
    where ``connect_session`` is given, that says where they go afterwards.
    """

    place: Place
    account_id: int
    session_id: int
    option: str = ""
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    return_to: str = ""
    reconnect_of: int | None = None
    connect_session: ConnectSession | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the person goes, and the cookie without which nobody comes back.

    ``cookie_name`` is for https and without, as ``flow_cookie_name`` has it.
    """

    flow_id: int
    url: str
    cookie: Secret[str]
    max_age_s: int


def flow_cookie_name(flow_id: int, *, https: bool) -> str:
    """The name of a flow's own cookie: its number is in it, so that two tabs have two."""
    return f"__Host-dw-connect-{flow_id}" if https else f"dw-connect-{flow_id}"


class Carried(msgspec.Struct, array_like=True, frozen=True):
    """What is sealed of a flow: what the exchange needs, and secrets that were typed."""

    verifier: str | None
    nonce: str | None
    secrets: dict[str, str]
    request: dict[str, str] = {}
    """What a visit of OAuth 1.0a was begun with."""


@dataclass(frozen=True, slots=True)
class ConnectFlow:
    """A row of ``connect_flows``. ``given`` are the values that the person typed, none secret."""

    org_id: str
    flow_id: int
    state_digest: bytes
    cookie_digest: bytes
    connector: str
    connector_id: int
    auth_option: str
    environment: str
    account_id: int
    session_id: int
    credentials_id: int | None
    connect_session_id: int | None
    redirect_uri: str
    given: Mapping[str, str]
    return_to: str
    reconnect_of: int | None
    sealed: bytes
    created_at: int
    expires_at: int

    def as_row(self) -> dict[str, Any]:
        """Every column with its value, by name."""
        return {
            "org_id": self.org_id,
            "id": self.flow_id,
            "state_digest": self.state_digest,
            "cookie_digest": self.cookie_digest,
            "connector": self.connector,
            "connector_id": self.connector_id,
            "auth_option": self.auth_option,
            "environment": self.environment,
            "account_id": self.account_id,
            "session_id": self.session_id,
            "credentials_id": self.credentials_id,
            "connect_session_id": self.connect_session_id,
            "redirect_uri": self.redirect_uri,
            "given": msgspec.json.encode(dict(self.given)).decode(),
            "return_to": self.return_to,
            "reconnect_of": self.reconnect_of,
            "sealed": self.sealed,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
        }

    @classmethod
    def from_row(cls, row: Row) -> ConnectFlow:
        """Read a row in the order of the table's columns."""
        given = list(row)
        given[2], given[3], given[16] = bytes(row[2]), bytes(row[3]), bytes(row[16])
        given[13] = msgspec.json.decode(row[13], type=dict[str, str])
        return cls(*given)


@dataclass(frozen=True, slots=True)
class Returned:
    """What arrives at the callback of ``place``'s connector, as it came; nothing is believed.

    ``cookies`` are all of the browser's; ``account_id`` and ``session_id`` are who is signed in,
    if anybody is. ``by_token`` is True where no browser brings it, but a program that has just
    proved by an access token that it acts for the account.
    """

    place: Place
    params: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    account_id: int | None
    session_id: int | None
    by_token: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """The account is connected. ``flow`` says where the person goes on."""

    flow: ConnectFlow
    kept: Kept
    verified: Verified


@dataclass(frozen=True, slots=True)
class Declined:
    """The person said no on the platform's page; nothing was kept."""

    flow: ConnectFlow


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work; ``refusal`` has the sentence for the person. Nothing was kept."""

    flow: ConnectFlow
    refusal: VaultRefusal


Outcome = Connected | Declined | Failed
