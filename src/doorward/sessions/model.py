"""Browsers, the sign-ins they hold, and the flows under way in them. Times in microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from doorward.accounts import AccountKind
from doorward.audit import Actor
from doorward.db import Row
from doorward.orgs import Organization
from doorward.protocol import TWO_FACTORS, Refusal, acr_of

__all__ = [
    "UNREVIEWED",
    "Browser",
    "Flow",
    "FlowGone",
    "NewFlow",
    "Session",
    "Visitor",
    "is_enough",
    "requires_second_step",
]


class Visitor(msgspec.Struct, frozen=True):
    """Who knocks: address and program as they say it, cut to what is kept.

    ``is_known`` says that nobody need be told: the browser was here before, or a person is.
    """

    address: str | None
    user_agent: str | None
    is_known: bool = True

    def as_actor(self, account_id: int) -> Actor:
        """The visitor as the author of what this account does."""
        return Actor(kind="account", id=str(account_id), address=self.address)


class Session(msgspec.Struct, frozen=True):
    """One person's sign-in in one browser.

    ``methods`` is how it was proved at ``auth_at`` (RFC 8176, sorted), ``second_at`` when a second
    factor was.
    """

    session_id: int
    browser_id: int
    account_id: int
    account_kind: str
    username: str
    email: str | None
    name: str | None
    auth_at: int
    created_at: int
    last_seen_at: int
    address: str | None
    user_agent: str | None
    methods: tuple[str, ...] = ()
    second_at: int | None = None

    @classmethod
    def from_row(cls, row: Row) -> Session:
        """Read the columns of ``store.LIST_SESSIONS``."""
        *fields, methods, second_at = row
        proof: Row = (tuple(methods.split()), second_at)
        return cls(*fields, *proof)


class Browser(msgspec.Struct, frozen=True):
    """A browser that presented its cookie, with the live sign-ins in it."""

    org_id: str
    browser_id: int
    sessions: tuple[Session, ...]

    def of_kind(self, account_kind: str) -> tuple[Session, ...]:
        """The sign-ins of constituents, or those of staff."""
        return tuple(each for each in self.sessions if each.account_kind == account_kind)

    def find(self, session_id: int | None) -> Session | None:
        """The live sign-in ``session_id`` of this browser."""
        return next((each for each in self.sessions if each.session_id == session_id), None)


UNREVIEWED: Final = ""
"""Stands for the name of an application that nobody reviewed: a stranger chose it, and it would be
read on a page of the organization's."""


@dataclass(frozen=True, slots=True)
class NewFlow:
    """What a flow needs to know from the start.

    Paths are ours, under the organization: where the flow goes on, where it starts again (with
    its query), and where the person may give up. Only the server knows them. ``app_name`` is None
    where no application asks, and ``UNREVIEWED`` where one asks that is not to be named.
    """

    continue_path: str
    restart_path: str
    cancel_path: str | None
    account_kind: str
    app_name: str | None
    form_target: str | None
    login_hint: str | None
    ui_locales: str | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow under way: what the person is doing, kept here and not in the browser.

    ``proven_methods`` is what ``proven_account_id`` has proved here at ``proven_at`` without being
    signed in yet. ``by_two`` says that this flow wants two factors.
    """

    flow_id: int
    org_id: str
    browser_id: int
    handle: str
    continue_path: str
    restart_path: str
    cancel_path: str | None
    account_kind: str
    app_name: str | None
    form_target: str | None
    login_hint: str | None
    ui_locales: str | None
    chosen_session_id: int | None
    reauthenticate_id: int | None
    created_at: int
    expires_at: int
    finished_at: int | None
    by_two: bool = False
    proven_account_id: int | None = None
    proven_at: int | None = None
    proven_methods: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, flow_id: int, org_id: str, handle: str, row: Row) -> Flow:
        """Read the columns of ``store.FIND_FLOW`` after the digest."""
        browser_id, *fields, by_two, account_id, proven_at, methods = row
        proven: Row = (bool(by_two), account_id, proven_at, tuple((methods or "").split()))
        return cls(flow_id, org_id, browser_id, handle, *fields, *proven)


class FlowGone(Refusal):
    """The flow of a page is over. ``reason`` says how: expired, used, or another browser's.

    ``flow`` is there when it is safe to start again from it.
    """

    code = "flow_gone"
    status = 410
    sentence = "This page has expired."

    def __init__(self, reason: str, flow: Flow | None = None) -> None:
        """Refuse for ``reason``: "expired", "used" or "other_browser"."""
        super().__init__()
        self.reason = reason
        self.flow = flow


def requires_second_step(org: Organization, kind: str) -> bool:
    """Whether accounts of ``kind`` have to have a second step in ``org``."""
    wanted = org.policy.second_step
    return wanted == "all" or (wanted == "staff" and kind == AccountKind.SYSTEM)


def is_enough(org: Organization, session: Session) -> bool:
    """Whether ``session`` counts in ``org``, which may have come to require a second step."""
    required = requires_second_step(org, session.account_kind)
    return not required or acr_of(session.methods) == TWO_FACTORS
