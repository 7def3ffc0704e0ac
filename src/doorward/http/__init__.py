"""Everything between ASGI and the rooms: requests, cookies, forms, pages, assets, error doors.

It owns how a page looks and how an answer is sent; it knows no organization and no account.
Every ``web.py`` and the console call it.
"""

from __future__ import annotations

from doorward.http.addresses import is_within, parse_network, subscriber_of
from doorward.http.assets import Assets
from doorward.http.cookies import (
    known_cookie_name,
    parse_cookies,
    preference_cookie_name,
    render_cookie,
    session_cookie_name,
)
from doorward.http.csrf import Csrf, ForgedRequest
from doorward.http.cursors import CursorSeal, ForeignCursor
from doorward.http.exchange import (
    NO_STORE,
    TURNED_AWAY,
    ASGIApp,
    Call,
    Endpoint,
    Header,
    Receive,
    Reply,
    Scope,
    Send,
    as_asgi,
    json_reply,
    redirect_reply,
    send_reply,
)
from doorward.http.i18n import (
    LOCALES,
    Locale,
    Translator,
    iso,
    message,
    negotiate_locale,
    translator,
)
from doorward.http.limits import MovingWindow
from doorward.http.markdown import render_markdown
from doorward.http.mishaps import Mishap, Wording
from doorward.http.oauth_errors import oauth_error_reply, too_many_reply
from doorward.http.outbound import (
    NoAnswer,
    NotSent,
    Outbound,
    OutboundReply,
    OutboundRequest,
    resolve_by_system,
)
from doorward.http.pages import THEMES, Brand, Pages, View
from doorward.http.problems import FieldProblem, Problem, problem_of, problem_reply
from doorward.http.reference import read_reference
from doorward.http.tables import CSV_MARK, render_csv_line, unguard_formula
from doorward.http.targets import Forbidden, Target, is_public, parse_target
from doorward.http.theme import Accent, adjust_accent
from doorward.http.uploads import (
    Upload,
    UploadFault,
    UploadOrder,
    UploadRefused,
    receive_upload,
)
from doorward.http.widgets import CONNECT_SCRIPT, SIGN_IN_WIDGET, Widget

__all__ = [
    "CONNECT_SCRIPT",
    "CSV_MARK",
    "LOCALES",
    "NO_STORE",
    "SIGN_IN_WIDGET",
    "THEMES",
    "TURNED_AWAY",
    "ASGIApp",
    "Accent",
    "Assets",
    "Brand",
    "Call",
    "Csrf",
    "CursorSeal",
    "Endpoint",
    "FieldProblem",
    "Forbidden",
    "ForeignCursor",
    "ForgedRequest",
    "Header",
    "Locale",
    "Mishap",
    "MovingWindow",
    "NoAnswer",
    "NotSent",
    "Outbound",
    "OutboundReply",
    "OutboundRequest",
    "Pages",
    "Problem",
    "Receive",
    "Reply",
    "Scope",
    "Send",
    "Target",
    "Translator",
    "Upload",
    "UploadFault",
    "UploadOrder",
    "UploadRefused",
    "View",
    "Widget",
    "Wording",
    "adjust_accent",
    "as_asgi",
    "is_public",
    "is_within",
    "iso",
    "json_reply",
    "known_cookie_name",
    "message",
    "negotiate_locale",
    "oauth_error_reply",
    "parse_cookies",
    "parse_network",
    "parse_target",
    "preference_cookie_name",
    "problem_of",
    "problem_reply",
    "read_reference",
    "receive_upload",
    "redirect_reply",
    "render_cookie",
    "render_csv_line",
    "render_markdown",
    "resolve_by_system",
    "send_reply",
    "session_cookie_name",
    "subscriber_of",
    "too_many_reply",
    "translator",
    "unguard_formula",
]
