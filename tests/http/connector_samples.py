"""Realistic values for the pages about connectors: the developer portal's."""

from __future__ import annotations

from doorward.console.admin import AUTH_TYPES, Problem
from doorward.console.developer.manifest_form import TypedManifest
from doorward.console.developer.manifest_lines import PlacedFault
from doorward.console.manifest_words import word_fault

__all__ = ["connector_cases"]

Values = dict[str, object]
NOW = 1_795_328_436_000_000
CALLBACK = "https://id.example/o/riverbend/connect/callback/acme-crm"
TOP: Values = {
    "account": {"name": "山田 花子", "email": "hanako@example.jp", "username": "hanako"},
    "account_number": "1001",
    "signout_url": "/o/riverbend/oauth2/sessions/logout",
    "section": "connectors",
    "sections": (),
    "app": None,
    "notice": None,
    "problems": [],
    "may_register": True,
}
OAUTH: Values = {
    "name": "oauth",
    "title": "OAuth",
    "type": AUTH_TYPES["oauth2_code"],
    "by_oauth": True,
    "admin_managed": True,
}
KEY: Values = {
    **OAUTH,
    "name": "key",
    "type": AUTH_TYPES["api_key"],
    "by_oauth": False,
    "admin_managed": False,
}
CONNECTOR: Values = {
    "slug": "acme-crm",
    "name": "Acme CRM",
    "summary": "Contacts and deals",
    "version": 3,
    "enabled": True,
    "created_at": NOW,
    "changed_at": NOW,
    "keeps": True,
    "options": [OAUTH, KEY],
}
OFF: Values = {**CONNECTOR, "slug": "acme-2", "enabled": False, "keeps": False, "options": [KEY]}
ONE: Values = {**TOP, "connector": CONNECTOR}
TEXTS = {"en": "## Steps\n\n1. Open the [portal](https://acme.example)\n2. `Copy`", "ja": "手順"}
FORM: Values = {
    "form_values": dict.fromkeys(
        ("name", "slug", "summary", "authorize_url", "token_url", "scopes", "identity_url",
         "client_id", "key_header", "key_value", "verify_url", "api_url"),
        "acme",
    )
    | {"auth": "oauth", "instructions_en": TEXTS["en"], "instructions_ja": TEXTS["ja"]},
    "admin_managed": True,
    "preview": False,
    "callback": "https://id.example/o/riverbend/connect/callback/",
}  # fmt: skip
WARNED = PlacedFault(
    "verified", word_fault("Nobody says that these facts were seen in a source."), None, ""
)
TYPED = TypedManifest(text='{\n  "slug": "acme-crm"\n}', version=3)
FAULTY = TypedManifest(
    text='{\n  "slug": "Acme"\n}',
    problems=(Problem("A manifest has at most 256 KB.", "manifest"),),
    faults=(
        PlacedFault(
            "slug", word_fault("There is no such field. Did you mean name?"), 2, '"slug": "Acme"'
        ),
        PlacedFault("", word_fault("A manifest is a JSON object."), None, ""),
    ),
    platforms=(("clio", "Clio"), ("pipedrive", "Pipedrive")),
)
SWITCH: Values = {"name": "oauth", "admin_managed": True, "texts": TEXTS, "preview": True}
EMPTY: Values = {"name": "login", "admin_managed": False, "texts": {"en": "", "ja": ""},
                 "preview": False}  # fmt: skip


ROW: Values = {
    "id": "9",
    "platform": "Acme CRM",
    "party": "Anna",
    "columns": [("id", 9, False), ("created_at", NOW, True), ("party_name", "Anna", False),
                ("sealed", 312, False)],
}  # fmt: skip


def _wrong(field: str) -> Values:
    return {"problems": [Problem("Choose how people connect.", field)]}


# size: one entry for each sample
def connector_cases() -> dict[str, tuple[str, Values]]:
    """The pages of the portal about connectors."""
    overview = {"callback": CALLBACK, "docs_url": "https://acme.example/docs"}
    warned = {**overview, "warnings": (WARNED,)}
    faulty = {"typed": FAULTY, "problems": list(FAULTY.problems)}
    return {
        "developer connectors": (
            "developer_connectors.html",
            {**TOP, "connectors": [CONNECTOR, OFF]},
        ),
        "developer connectors, none": ("developer_connectors.html", {**TOP, "connectors": []}),
        "developer connectors, closed": (
            "developer_connectors.html",
            {**TOP, "connectors": [], "may_register": False, "notice": "Saved."},
        ),
        "developer connector, new": ("developer_connector_new.html", {**TOP, **FORM}),
        "developer connector, preview": (
            "developer_connector_new.html",
            {**TOP, **FORM, "preview": True},
        ),
        "developer connector, wrong": (
            "developer_connector_new.html",
            {**TOP, **FORM, **_wrong("auth")},
        ),
        "developer connector, not taken": (
            "developer_connector_new.html",
            {**TOP, **FORM, "may_register": False},
        ),
        "developer connector, import": (
            "developer_connector_import.html",
            {**TOP, "typed": TypedManifest()},
        ),
        "developer connector, import, wrong": (
            "developer_connector_import.html",
            {**TOP, **faulty},
        ),
        "developer connector, import, not taken": (
            "developer_connector_import.html",
            {**TOP, "typed": TypedManifest(), "may_register": False},
        ),
        "developer connector": ("developer_connector.html", {**ONE, **warned}),
        "developer connector, off": (
            "developer_connector.html",
            {**ONE, **overview, "warnings": (), "docs_url": "", "connector": OFF},
        ),
        "developer connector, manifest": (
            "developer_connector_manifest.html",
            {**ONE, "typed": TYPED},
        ),
        "developer connector, manifest, wrong": (
            "developer_connector_manifest.html",
            {**ONE, **faulty},
        ),
        "developer connector, credentials": (
            "developer_connector_auth.html",
            {**ONE, "callback": CALLBACK, "forms": [SWITCH, EMPTY]},
        ),
        "developer connector, nothing to preview": (
            "developer_connector_auth.html",
            {
                **ONE,
                "callback": CALLBACK,
                "forms": [{**EMPTY, "preview": True}],
                **_wrong("instructions-en-login"),
            },
        ),
        "developer connector, no credentials": (
            "developer_connector_auth.html",
            {**ONE, "callback": CALLBACK, "forms": []},
        ),
        "developer connector, test": (
            "developer_connector_test.html",
            {**TOP, "rows": [], "connectors": [("acme-crm", "Acme CRM")]},
        ),
        "developer connector, tested": (
            "developer_connector_test.html",
            {**TOP, "rows": [ROW, {**ROW, "party": ""}], "connectors": []},
        ),
        "developer connector, nothing to test": (
            "developer_connector_test.html",
            {**TOP, "rows": [], "connectors": []},
        ),
        "developer connector, clear": ("developer_connector_clear.html", {**TOP, "rows": [ROW]}),
        "developer connector, remove": ("developer_connector_remove.html", ONE),
    }
