"""What comes of a proof: the next step, or a session and the way on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace

from doorward.accounts import Account
from doorward.http import Call, Reply, redirect_reply
from doorward.metrics import Counter, Family, Kind
from doorward.orgs import Tenant, render_session_cookie, tenant_of
from doorward.sessions.model import Browser, Flow, Visitor
from doorward.sessions.second_steps import SecondSteps
from doorward.sessions.service import Sessions

__all__ = [
    "OFFER_PATH",
    "SECOND_STEP_PATH",
    "SETUP_PATH",
    "SIGN_INS",
    "Arrival",
    "Arrived",
    "onward",
    "step_path",
    "visitor_of",
]

SECOND_STEP_PATH = "/signin/second"
SETUP_PATH = "/signin/second/setup"
OFFER_PATH = "/signin/passkey/offer"
SIGN_INS: Final = Counter(
    Family(
        "doorward_sign_ins_total",
        Kind.COUNTER,
        "Attempts to sign in in a browser: what came of a password or passkey, "
        "and each session that began.",
        ("outcome",),
    ),
    ("signed_in", "second_step", "refused", "slowed_down", "busy"),
)
_OWN_PAGES = ("/account", "/admin", "/connect", "/developer")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A session that has just begun: its id, its cookies, and where the person goes on."""

    session_id: int
    cookies: tuple[str, ...]
    onward: str


class Arrival:
    """The one way from what somebody proved to a session."""

    def __init__(self, *, sessions: Sessions, second_steps: SecondSteps) -> None:
        """Begin ``sessions`` once nothing of ``second_steps`` is missing."""
        self._sessions = sessions
        self._second_steps = second_steps

    async def proved(
        self,
        call: Call,
        browser: Browser,
        flow: Flow,
        account: Account,
        methods: tuple[str, ...],
        *,
        offers: bool = False,
    ) -> Reply:
        """Go on after ``account`` proved ``methods`` (RFC 8176), all of it just now in ``flow``.

        That is a session and the way on where nothing is missing, else the next step. Whoever
        proves a person in another way than by the sign-in form calls it too: a session that
        begins past it has no second step. Who ``offers`` says so of is asked on the way whether
        they want a passkey.
        """
        tenant = tenant_of(call.scope)
        missing = await self._second_steps.find_missing(tenant.org, account, flow, methods)
        if missing is None:
            arrived = await self.arrive(call, browser, flow, account, methods)
            where = step_path(tenant, OFFER_PATH, flow) if offers else arrived.onward
            return redirect_reply(where, cookies=arrived.cookies)
        SIGN_INS.add("second_step")
        cookie = await self._sessions.prove(tenant.org, browser, flow, account.account_id, methods)
        path = SECOND_STEP_PATH if missing else SETUP_PATH
        return redirect_reply(
            step_path(tenant, path, flow),
            cookies=(render_session_cookie(tenant, cookie.reveal()),),
        )

    async def arrive(
        self, call: Call, browser: Browser, flow: Flow, account: Account, methods: tuple[str, ...]
    ) -> Arrived:
        """A session of ``account``, for which nothing is missing."""
        tenant = tenant_of(call.scope)
        known_here = self._sessions.known.doorway(call).knows
        visitor = replace(visitor_of(call), is_known=account.account_id in known_here)
        session_id, cookie = await self._sessions.sign_in(
            tenant.org, browser, account, visitor, flow, methods=methods
        )
        SIGN_INS.add("signed_in")
        known = self._sessions.known.cookie(call, account.account_id)
        cookies = (render_session_cookie(tenant, cookie.reveal()), known)
        return Arrived(session_id, cookies, onward(tenant, flow))


def visitor_of(call: Call) -> Visitor:
    """Who sent this request, for the record."""
    return Visitor(call.client_address, call.header(b"user-agent"))


def onward(tenant: Tenant, flow: Flow) -> str:
    """Where the flow goes on: a step of it is told which flow, a page of our own is not."""
    if flow.continue_path.startswith(_OWN_PAGES):
        return tenant.base + flow.continue_path
    return step_path(tenant, flow.continue_path, flow)


def step_path(tenant: Tenant, path: str, flow: Flow, **query: str) -> str:
    """The address of a step of ``flow``."""
    joint = "&" if "?" in path else "?"
    return f"{tenant.base}{path}{joint}{urlencode({'flow': flow.handle, **query})}"
