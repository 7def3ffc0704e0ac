"""A platform to connect to: a real and strict server with a switch for each quirk.

``running_upstream(**switches)`` starts one; its ``platform`` says what it received.
"""

from __future__ import annotations

from tests.support.upstream.api import API_KEY, LIMITED_KEY
from tests.support.upstream.manifests import REDIRECT_URI, manifest_for, plan_for
from tests.support.upstream.platform import (
    CLIENT_ID,
    ISSUER,
    SECRET,
    ApiNote,
    ApiReply,
    Platform,
    User,
)
from tests.support.upstream.reading import PRIVATE_KEY
from tests.support.upstream.scripted import Scripted, answer, plan_of
from tests.support.upstream.server import UpstreamServer, running_upstream
from tests.support.upstream.switches import Fault, Switches
from tests.support.upstream.walk import Walk

__all__ = [
    "API_KEY",
    "CLIENT_ID",
    "ISSUER",
    "LIMITED_KEY",
    "PRIVATE_KEY",
    "REDIRECT_URI",
    "SECRET",
    "ApiNote",
    "ApiReply",
    "Fault",
    "Platform",
    "Scripted",
    "Switches",
    "UpstreamServer",
    "User",
    "Walk",
    "answer",
    "manifest_for",
    "plan_for",
    "plan_of",
    "running_upstream",
]
