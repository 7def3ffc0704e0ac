"""Realistic values for the staff's pages about connectors and connections."""

from __future__ import annotations

from typing import Any

from doorward.connectors import ClientProbe
from doorward.console.admin import AUTH_TYPES, Problem
from doorward.console.admin.connections_page import slices_of
from doorward.console.admin.connector_words import (
    OUTCOMES,
    PROBES,
    STATES,
    STATUSES,
    SUBMITTERS,
)
from doorward.vault import Affected, CredentialsState, Health, Reason, SecretHint, Status, WhoMends

__all__ = ["connection_cases"]

Values = dict[str, object]
Cases = dict[str, tuple[str, Values]]
NOW = 1_795_328_436_000_000
OPTION: Values = {
    "name": "oauth",
    "title": "OAuth",
    "type": AUTH_TYPES["oauth2_code"],
    "admin_managed": True,
}
CONNECTOR: dict[str, Any] = {
    "slug": "acme-crm",
    "name": "Acme CRM",
    "summary": "Contacts and deals",
    "docs_url": "https://acme.example/docs",
    "verified": False,
    "registered": True,
    "version": 3,
    "enabled": True,
    "options": [OPTION, {**OPTION, "name": "key", "type": AUTH_TYPES["api_key"],
                         "admin_managed": False}],
    "admin_managed": True,
}  # fmt: skip
CATALOGUED: Values = {**CONNECTOR, "slug": "lake", "name": "Lake", "registered": False,
                      "enabled": False, "summary": ""}  # fmt: skip
LIST: Values = {
    "connectors": [CONNECTOR, CATALOGUED],
    "more": "lake",
    "q": "crm",
    "show": "on",
    "shows": [("", "All"), ("on", "Switched on")],
    "after": "",
    "policies": list(SUBMITTERS.items()),
    "submitters": "admins_only",
    "may_write": True,
}
VERSION: dict[str, Any] = {
    "id": "7",
    "state": STATES[CredentialsState.ACTIVE],
    "environment": "eu",
    "label": "The Riverbend application",
    "client_id": "riverbend-crm",
    "redirect_uri": "https://id.example/o/riverbend/connect/callback/acme-crm",
    "scopes": "contacts deals",
    "authorization_url": "https://eu.acme.example/authorize",
    "token_url": "https://eu.acme.example/token",
    "values": {"subdomain": "river"},
    "created_at": NOW,
    "expires_at": NOW,
    "verified_at": NOW,
    "ended_at": None,
    "secrets": (SecretHint(NOW, has_worked=False), SecretHint(NOW, has_worked=True)),
    "readable": True,
    "by": "Helga",
}
OLD: Values = {**VERSION, "state": STATES[CredentialsState.REVOKED], "label": "",
               "environment": "", "ended_at": NOW}  # fmt: skip
CREDENTIALS: dict[str, Any] = {
    "instructions": "# Steps\n\n1. Open the [portal](https://acme.example)\n2. `Copy`",
    "redirect_uri": VERSION["redirect_uri"],
    "active": VERSION,
    "pending": None,
    "history": [VERSION, OLD],
    "wants_secret": True,
    "wants_key": False,
    "usual_scopes": "contacts",
    "variables": [{"name": "value.subdomain", "plain": "subdomain", "title": "Subdomain",
                   "hint": "river", "value": "", "required": True, "secret": False},
                  {"name": "value.key", "plain": "key", "title": "Developer key", "hint": "",
                   "value": "", "required": False, "secret": True}],
    "typed": dict.fromkeys(
        ("client_id", "label", "scopes", "authorization_url", "token_url"), ""
    ),
    "probe": None,
    "again": False,
    "affected": Affected(12, 17),
    "own_client": False,
}  # fmt: skip
NOTHING: Values = {
    **CREDENTIALS,
    "instructions": "",
    "active": None,
    "pending": {**VERSION, "state": STATES[CredentialsState.PENDING]},
    "history": [],
    "wants_key": True,
    "usual_scopes": "",
    "probe": PROBES[ClientProbe.ACCEPTED],
    "again": True,
    "own_client": True,
}
FIELDS: list[Values] = [
    {"name": "api_key", "title": "API key", "secret": True, "has_value": True, "value": ""},
    {"name": "api_url", "title": "Address", "secret": False, "has_value": False, "value": ""},
    {"name": "team", "title": "Team", "secret": False, "has_value": True, "value": "river"},
]
ONE: Values = {
    "connector": CONNECTOR,
    "environment": "eu",
    "environments": [("eu", "Europe"), ("us", "America")],
    "manifest": '{\n  "slug": "acme-crm"\n}',
    "setup_guide": "Ask the platform.",
    "credentials": CREDENTIALS,
    "managed": [{"option": "key", "fields": FIELDS, "for_one": True}],
    "owner": "Hanako",
    "may_write": True,
    "may_see_connections": True,
}
BARE: Values = {
    **ONE,
    "connector": CATALOGUED,
    "environment": "",
    "environments": [],
    "manifest": None,
    "setup_guide": "",
    "credentials": None,
    "managed": [],
    "owner": None,
}
CONNECTION: dict[str, Any] = {
    "id": "9",
    "connector": "acme-crm",
    "platform": "Acme CRM",
    "option": "oauth",
    "type": AUTH_TYPES["oauth2_code"],
    "environment": "eu",
    "label": "Work",
    "party": "Anna Example",
    "party_id": "4711",
    "party_email": "anna@acme.example",
    "owner": "Anna",
    "account_id": "1001",
    "status": STATUSES[Status.NEEDS_RECONNECT],
    "health": Health(
        Status.NEEDS_RECONNECT, Reason.GRANT_ENDED, NOW,
        "The platform no longer accepts this connection.", "Connect again.", WhoMends.PERSON,
    ),
    "scopes": ("contacts", "deals"),
    "missing": ("files",),
    "values": {"subdomain": "river"},
    "created_at": NOW,
    "expires_at": NOW,
    "refreshed_at": None,
    "used_at": NOW,
    "next_refresh_at": None,
    "failures": 2,
    "version": 4,
    "connected": True,
}  # fmt: skip
UNKNOWN: Values = {**CONNECTION, "party": "", "party_id": "", "party_email": "", "label": "",
                   "type": None, "environment": "", "failures": 0, "connected": False,
                   "expires_at": None}  # fmt: skip
LINE: Values = {**CONNECTION, "says": "The platform no longer accepts this connection.",
                "since": NOW, "status": STATUSES[Status.NEEDS_RECONNECT]}  # fmt: skip
COUNTS = {Status.ACTIVE: 812, Status.NEEDS_RECONNECT: 9, Status.DEGRADED: 31,
          Status.DISCONNECTED: 40}  # fmt: skip
CONNECTIONS: Values = {
    "slices": [(STATUSES[each.status], each) for each in slices_of(COUNTS)],
    "width": 600,
    "total": 892,
    "connections": [LINE, {**LINE, "id": "10", "party": "", "says": None, "refreshed_at": NOW,
                           "status": STATUSES[Status.ACTIVE]}],
    "more": "9",
    "first": True,
    "statuses": list(STATUSES.values()),
    "status": "active",
    "connectors": [("acme-crm", "Acme CRM")],
    "connector": "acme-crm",
}  # fmt: skip
PERSON: Values = {
    "connector": CONNECTOR,
    "option": "key",
    "person": {"id": "1001", "name": "Anna", "email": None, "username": "anna"},
    "fields": FIELDS,
    "may_write": True,
}


def _wrong(field: str | None) -> Values:
    return {"problems": [Problem("Enter the new secret.", field)]}


# size: one entry for each sample
def connection_cases(frame: Values) -> Cases:
    """The pages of the console about connectors and connections, within its ``frame``."""
    read_only = {"may_write": False}
    return {
        "admin connectors": ("admin_connectors.html", {**frame, **LIST}),
        "admin connectors, none": (
            "admin_connectors.html",
            {**frame, **LIST, **read_only, "connectors": [], "more": None},
        ),
        "admin connector": ("admin_connector.html", {**frame, **ONE}),
        "admin connector, wrong": (
            "admin_connector.html",
            {**frame, **ONE, **_wrong("confirm")},
        ),
        "admin connector, nothing yet": (
            "admin_connector.html",
            {**frame, **ONE, "credentials": NOTHING},
        ),
        "admin connector, secretless": (
            "admin_connector.html",
            {
                **frame,
                **ONE,
                "managed": [],
                "credentials": {
                    **CREDENTIALS,
                    "wants_secret": False,
                    "active": {**VERSION, "readable": False, "verified_at": None},
                },
            },
        ),
        "admin connector, read only": ("admin_connector.html", {**frame, **ONE, **read_only}),
        "admin connector, bare": ("admin_connector.html", {**frame, **BARE}),
        "admin connector, revoke": (
            "admin_connector_revoke.html",
            {**frame, **ONE, "affected": Affected(12, 17)},
        ),
        "admin connector, person": ("admin_connector_person.html", {**frame, **PERSON}),
        "admin connector, person, read only": (
            "admin_connector_person.html",
            {**frame, **PERSON, **read_only},
        ),
        "admin connector, person, nothing": (
            "admin_connector_person.html",
            {**frame, **PERSON, **read_only, "fields": []},
        ),
        "admin connections": ("admin_connections.html", {**frame, **CONNECTIONS}),
        "admin connections, none": (
            "admin_connections.html",
            {
                **frame,
                **CONNECTIONS,
                "connections": [],
                "total": 0,
                "status": None,
                "connector": None,
            },
        ),
        "admin connections, no match": (
            "admin_connections.html",
            {**frame, **CONNECTIONS, "connections": [], "more": None},
        ),
        "admin connection": (
            "admin_connection.html",
            {**frame, "connection": CONNECTION, "may_write": True, "may_reveal": True},
        ),
        "admin connection, unknown": (
            "admin_connection.html",
            {**frame, "connection": UNKNOWN, "may_write": False, "may_reveal": False},
        ),
        "admin connection, disconnect": (
            "admin_connection_disconnect.html",
            {**frame, "connection": CONNECTION, "outcomes": None},
        ),
        "admin connection, report": (
            "admin_connection_disconnect.html",
            {
                **frame,
                "connection": CONNECTION,
                "outcomes": [("refresh", OUTCOMES["revoked"]), ("access", OUTCOMES["failed"])],
            },
        ),
        "admin connection, nothing to report": (
            "admin_connection_disconnect.html",
            {**frame, "connection": CONNECTION, "outcomes": []},
        ),
        "admin connection, shown": (
            "admin_connection_shown.html",
            {**frame, "connection": CONNECTION, "secrets": [("access_token", "at_1234567890")]},
        ),
        "admin connection, nothing to show": (
            "admin_connection_shown.html",
            {**frame, "connection": UNKNOWN, "secrets": []},
        ),
    }
