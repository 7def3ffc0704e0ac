"""Realistic values for the pages on which people connect accounts."""

from __future__ import annotations

from doorward.console.connect.wording import NEEDED_NAME, NOTICES, OUTCOMES, Problem, find_failure

__all__ = ["connect_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
HOME = "/o/riverbend/connect"
HANAKO: Values = {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"}
CONNECTOR: Values = {
    "slug": "harbor",
    "name": "Harbor CRM",
    "summary": "Contacts, gifts and events",
    "docs_url": "https://docs.example/harbor",
}
TOP: Values = {
    "app_name": None,
    "account": HANAKO,
    "here": f"{HOME}/start?connector=harbor",
    "picker_url": HOME,
    "mine_url": "/o/riverbend/account/connections",
    "connector": CONNECTOR,
}
KEY: Values = {
    "id": "v_key",
    "type": "string",
    "title": "API key",
    "hint": "In your settings there",
    "required": True,
    "secret": True,
    "value": "",
    "example": "",
    "prefix": "",
    "suffix": "",
    "is_dynamic": False,
    "choices": [],
    "help_url": "https://docs.example/key",
    "when": None,
}
HOST: Values = {
    **KEY,
    "id": "v_host",
    "title": "Your site",
    "secret": False,
    "required": False,
    "value": "riverbend",
    "example": "riverbend",
    "prefix": "https://",
    "suffix": ".harbor.example",
    "help_url": "",
    "when": ("region", "eu"),
}
REGION: Values = {
    **HOST,
    "id": "v_region",
    "title": "Region",
    "prefix": "",
    "suffix": "",
    "choices": [("eu", "Europe"), ("jp", "日本")],
    "when": None,
}
LATER: Values = {**REGION, "id": "v_list", "choices": [], "is_dynamic": True}
LINK: Values = {**KEY, "id": "v_link", "type": "button", "title": "Make a key"}
TEXT: Values = {
    **KEY,
    "id": "v_text",
    "type": "text",
    "title": "Before you begin",
    "hint": "1. Wait",
}
START: Values = {
    **TOP,
    "guide": "1. Open the [settings](https://docs.example)",
    "options": [
        {"name": "key", "title": "API key", "url": f"{HOME}/start?option=key", "here": True},
        {"name": "oauth", "title": "Sign in", "url": f"{HOME}/start?option=oauth", "here": False},
    ],
    "environments": [("eu", "Europe"), ("jp", "日本")],
    "environment": "eu",
    "chosen": [("connector", "harbor")],
    "leads_away": False,
    "warning": "The key ends after a year.",
    "form_title": "Your key",
    "fields": [LINK, TEXT, KEY, HOST, REGION, LATER],
    "loads_choices": True,
    "scopes": ["contacts.read"],
    "is_reconnect": False,
    "problems": [],
    "notice": None,
    "client": "ready",
    "is_first": False,
}
CLIENT: Values = {
    **START,
    "client": "form",
    "is_first": True,
    "callback": "https://id.example/o/riverbend/connect/callback/harbor",
    "instructions": "## Steps\n\n1. Copy it",
    "typed": {"client_id": "abc", "scopes": "contacts.read"},
    "wants_secret": True,
    "wants_key": True,
    "account_fields": [
        {
            "id": "account_site",
            "title": "Site",
            "hint": "",
            "value": "riverbend",
            "secret": False,
            "required": True,
        },
        {
            "id": "account_key",
            "title": "Developer key",
            "hint": "Of your organization",
            "value": "",
            "secret": True,
            "required": False,
        },
    ],
}
ROW: Values = {
    "id": "7001",
    "connector": "Harbor CRM",
    "label": "Gifts",
    "party": "Ada Lovelace",
    "party_email": "ada@harbor.example",
    "status": "needs_reconnect",
    "colour": "red",
    "says": "The platform no longer accepts this connection.",
    "to_do": "Connect again.",
    "since": NOW,
    "missing": ("gifts.write", "people.read"),
    "created_at": NOW,
    "last_used_at": NOW,
    "is_connected": True,
    "reconnect_url": f"{HOME}/start?reconnect=7001",
}
ACCOUNT: Values = {
    "account": HANAKO,
    "signout_url": "/o/riverbend/oauth2/sessions/logout",
    "done": None,
    "notice": None,
    "has_projects": False,
    "problems": [],
    "here": "/o/riverbend/account/connections",
}
STATUSES = ("active", "expiring", "degraded", "blocked")

TOLD = {
    "origin": "https://tally.example",
    "session": "7",
    "connector": "harbor",
    "result": "connected",
    "connection": "4711",
}


def _failed(code: str, **more: object) -> tuple[str, Values]:
    failure = find_failure(code)
    values: Values = {
        **TOP,
        "title": failure.title,
        "sentence": failure.sentence,
        "to_do": failure.to_do,
        "code": failure.code,
        "connector": None,
        "retry_url": None,
        "return_url": None,
        "told": None,
        "is_over": False,
        "back_url": None,
    }
    return "connect_failed.html", {**values, **more}


# size: one entry for each look of a page
def connect_cases() -> dict[str, tuple[str, Values]]:
    """Every page, by the name of a sample."""
    platform = {**CONNECTOR, "connected": "works", "url": f"{HOME}/start?connector=harbor"}
    picker: Values = {
        **TOP,
        "connectors": [
            platform,
            {**platform, "connected": "broken"},
            {**platform, "connected": None},
        ],
        "search": "har",
        "carried": [("within", "7")],
        "has_any": True,
        "all_url": HOME,
    }
    needed = Problem(NEEDED_NAME, "v_key", given={"field": "API key"})
    refused = Problem("Enter the client secret.", "client_secret")
    back = "https://tally.example/back?result=connected"
    done: Values = {
        **TOP,
        "party": "Ada Lovelace",
        "party_email": "ada@harbor.example",
        "is_connected": True,
        "says": "This connection works.",
        "is_limited": False,
        "return_url": None,
        "told": None,
    }
    rows = [ROW, *({**ROW, "id": str(n), "status": s} for n, s in enumerate(STATUSES))]
    ended = {**ROW, "id": "8", "status": "disconnected", "is_connected": False, "label": ""}
    mine: Values = {
        **ACCOUNT,
        "connections": rows,
        "ended": [ended],
        "more_url": "/o/riverbend/account/connections?before=7",
        "picker_url": HOME,
    }
    bad = Problem("A label is one line of at most 100 visible characters.", "label-7001")
    outcomes = [
        {"token": name, "says": says}
        for name, says in zip(("access", "refresh", "bot"), OUTCOMES.values(), strict=False)
    ]
    cases: dict[str, tuple[str, Values]] = {
        "picker": ("connect_picker.html", picker),
        "picker, for an application": ("connect_picker.html", {**picker, "app_name": "Tally"}),
        "picker, nothing found": ("connect_picker.html", {**picker, "connectors": []}),
        "picker, empty": ("connect_picker.html", {**picker, "has_any": False}),
        "start": ("connect_start.html", START),
        "start, away": ("connect_start.html", {**START, "leads_away": True, "app_name": "Tally"}),
        "start, wrong": ("connect_start.html", {**START, "problems": [needed]}),
        "start, first": (
            "connect_start.html",
            {**START, "is_first": True, "edit_url": f"{HOME}/start?edit=yes"},
        ),
        "start, choose": ("connect_start.html", {**START, "client": "choose"}),
        "start, ask": ("connect_start.html", {**START, "client": "ask", "may_ask": True}),
        "start, asked": (
            "connect_start.html",
            {**START, "client": "ask", "may_ask": True, "notice": NOTICES["asked"]},
        ),
        "start, client": ("connect_start.html", CLIENT),
        "start, client, wrong": ("connect_start.html", {**CLIENT, "problems": [refused]}),
        "leaving": (
            "connect_leaving.html",
            {**TOP, "target_url": "https://harbor.example/authorize", "host": "harbor.example"},
        ),
        "done": ("connect_done.html", done),
        "done, for an application": (
            "connect_done.html",
            {**done, "app_name": "Tally", "return_url": back, "told": TOLD},
        ),
        "done, with little": (
            "connect_done.html",
            {**done, "party": "", "party_email": "", "is_limited": True},
        ),
        "done, ended since": ("connect_done.html", {**done, "is_connected": False}),
        "failed": _failed("connect_flow_over", mine_url=None),
        "failed, over": _failed("connect_session_over", is_over=True, mine_url=ACCOUNT["here"]),
        "failed, over, and back": _failed(
            "connect_session_over",
            is_over=True,
            mine_url=ACCOUNT["here"],
            app_name="Tally",
            back_url="https://tally.example",
        ),
        "failed, declined": _failed(
            "declined",
            connector=CONNECTOR,
            retry_url=f"{HOME}/start",
            app_name="Tally",
            return_url=back,
        ),
    }
    found = {f"connect {name}": case for name, case in cases.items()}
    found |= {
        "connections": ("account_connections.html", mine),
        "connections, none": ("account_connections.html", {**mine, "connections": [], "ended": []}),
        "connections, wrong": ("account_connections.html", {**mine, "problems": [bad]}),
        "connections, end": ("account_connection_end.html", {**ACCOUNT, "each": ROW}),
        "connections, ended": (
            "account_connection_ended.html",
            {**ACCOUNT, "each": ended, "outcomes": outcomes, "list_url": ACCOUNT["here"]},
        ),
        "connections, ended, a key": (
            "account_connection_ended.html",
            {**ACCOUNT, "each": ended, "outcomes": [], "list_url": ACCOUNT["here"]},
        ),
    }
    return found
