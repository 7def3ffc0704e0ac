"""Browser sign-in and sign-out: sessions as rows, several people in one browser, flows under way.

It owns browsers, sessions, flows and the sign-in pages; it knows no token and no consent.
``authorize``, the account pages and the management API call it.
"""

from __future__ import annotations

from doorward.sessions import jobs
from doorward.sessions.devices import describe_device, name_device
from doorward.sessions.known import KnownBrowsers
from doorward.sessions.model import UNREVIEWED, Browser, Flow, FlowGone, NewFlow, Session, Visitor
from doorward.sessions.passkey_pages import PasskeySignIn
from doorward.sessions.service import Sessions
from doorward.sessions.sign_out import SignOutPages
from doorward.sessions.web import SignInPages, visitor_of, who_signs_in

__all__ = [
    "UNREVIEWED",
    "Browser",
    "Flow",
    "FlowGone",
    "KnownBrowsers",
    "NewFlow",
    "PasskeySignIn",
    "Session",
    "Sessions",
    "SignInPages",
    "SignOutPages",
    "Visitor",
    "describe_device",
    "jobs",
    "name_device",
    "visitor_of",
    "who_signs_in",
]
