"""The page on which a person types a key, as variables."""

from __future__ import annotations

import re
from typing import Literal

from doorward.connectors.app_connect.nodes import Node
from doorward.connectors.limits import NAME
from doorward.connectors.model import Choice, Form, Variable

__all__ = ["read_form", "read_variables"]

Kind = Literal["string", "select", "button", "text", "date"]

_NAME = re.compile(NAME.removesuffix("$") + r"\Z")
_KINDS: dict[str, Kind] = {"button": "button", "typography": "text"}
_SECRET_WORDS = re.compile(r"api_?key|password|secret|token", re.IGNORECASE)
_TYPES = frozenset({"", "string", "number", "integer", "boolean", "array", "object"})
_SCOPES = frozenset({"account", "user"})


def read_form(page: Node) -> Form:
    """What stands above the fields."""
    return Form(title=page.text("title", longest=200), warning=page.text("warning"))


def read_variables(page: Node) -> tuple[Variable, ...]:
    """The fields in their order. A name that stands there twice is a fault."""
    found: dict[str, Variable] = {}
    for field in page.children("content"):
        name = field.text("const", required=True)
        if not name:
            continue
        if not _NAME.match(name):
            field.fault("const", "A name starts with a letter and has letters, digits, _ and -.")
        elif name in found:
            field.fault("const", f"The name {name} stands there twice.")
        else:
            found[name] = _variable(field, name)
    return tuple(found.values())


def _variable(field: Node, name: str) -> Variable:
    ui = _ui_of(field)
    managed = field.flag("managed")
    choices = _choices(field)
    default = field.text("default") or None
    is_typed = ui.get("ui:field") not in _KINDS
    is_secret = is_typed and not choices and _is_secret(name, ui)
    if is_secret and default is not None:
        field.fault("default", "A secret in a manifest is none: everybody can read it.")
        default = None
    if field.text("type") not in _TYPES:
        field.fault("type", "This is not a type of a field.")
    scope = field.text("managedScope") or "account"
    if managed and scope not in _SCOPES:
        field.fault("managedScope", "This is one of: account, user.")
    return Variable(
        name=name,
        title=field.text("title", longest=200),
        description=field.text("description"),
        type=_KINDS.get(str(ui.get("ui:field", ""))) or _type_of(field, choices),
        options=choices,
        default=default,
        required=is_typed and field.flag("required"),
        secret=is_secret,
        hidden=field.flag("hidden"),
        managed=managed,
        scope="account" if managed and scope == "account" else "user",
        ui={**ui, **_managed_ui(field)},
    )


def _type_of(field: Node, choices: tuple[Choice, ...]) -> Kind:
    if choices:
        return "select"
    return "date" if field.text("format") == "date" else "string"


def _is_secret(name: str, ui: dict[str, str | bool]) -> bool:
    """What is typed unseen, and what is called by a word that means a credential."""
    return ui.get("ui:widget") == "password" or _SECRET_WORDS.search(name) is not None


def _choices(field: Node) -> tuple[Choice, ...]:
    found: dict[str, Choice] = {}
    for each in field.children("oneOf"):
        const = each.text("const", required=True)
        if const:
            found[const] = Choice(const=const, title=each.text("title", longest=200))
    return tuple(found.values())


def _ui_of(field: Node) -> dict[str, str | bool]:
    """What the page's own schema says of the looks: texts and switches."""
    schema = field.child("uiSchema")
    if schema is None:
        return {}
    return {
        name: value
        for name, value in list(schema.fields.items())[:50]
        if isinstance(value, str | bool) and len(str(value)) <= 200
    }


def _managed_ui(field: Node) -> dict[str, str | bool]:
    kind = field.text("managedFieldType")
    if kind and kind not in {"input", "dynamic"}:
        field.fault("managedFieldType", "This is one of: input, dynamic.")
    if kind == "dynamic" and field.text("managedScope") != "user":
        field.fault("managedFieldType", "A dynamic field is for each user: managedScope user.")
    return {"managedFieldType": kind} if kind else {}
