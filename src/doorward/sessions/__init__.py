"""Browser sign-in and sign-out: sessions as rows, several people in one browser, flows under way.

It owns browsers, sessions, flows and the sign-in pages; it knows no token and no consent.
``authorize``, the account pages and the management API call it.
"""

from __future__ import annotations

from doorward.sessions import jobs
from doorward.sessions.arrival import SIGN_INS, Arrival, Arrived, visitor_of
from doorward.sessions.devices import describe_device, name_device
from doorward.sessions.known import KnownBrowsers
from doorward.sessions.model import (
    UNREVIEWED,
    Browser,
    Flow,
    FlowGone,
    NewFlow,
    Session,
    Visitor,
    requires_second_step,
)
from doorward.sessions.passkey_pages import PasskeySignIn
from doorward.sessions.passkey_step import PasskeyStepPages
from doorward.sessions.second_pages import Proven, SecondStepPages
from doorward.sessions.second_steps import SecondStep, SecondSteps
from doorward.sessions.service import Sessions
from doorward.sessions.sign_out import SignOutPages
from doorward.sessions.web import SignInPages, who_signs_in

__all__ = [
    "SIGN_INS",
    "UNREVIEWED",
    "Arrival",
    "Arrived",
    "Browser",
    "Flow",
    "FlowGone",
    "KnownBrowsers",
    "NewFlow",
    "PasskeySignIn",
    "PasskeyStepPages",
    "Proven",
    "SecondStep",
    "SecondStepPages",
    "SecondSteps",
    "Session",
    "Sessions",
    "SignInPages",
    "SignOutPages",
    "Visitor",
    "describe_device",
    "jobs",
    "name_device",
    "requires_second_step",
    "visitor_of",
    "who_signs_in",
]
