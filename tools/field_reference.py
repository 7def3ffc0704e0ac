"""Write the reference of a manifest's fields into docs/connectors.md, from the schema itself.

A test fails when the document is not what this writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doorward.connectors import manifest_schema

__all__ = ["DOCUMENT", "with_reference"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "connectors.md"
_BEGIN = "<!-- fields: written by tools/field_reference.py -->\n"
_END = "<!-- end of fields -->\n"

Schema = dict[str, Any]


def with_reference(text: str) -> str:
    """``text`` with the reference between its two marks written anew."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return before + begin + "\n" + reference() + "\n" + end + after


def reference() -> str:
    """A table for each kind of section, in the order in which the schema has them."""
    return "\n".join(
        _section(name, section) for name, section in manifest_schema()["$defs"].items()
    )


def _section(name: str, section: Schema) -> str:
    rows = [f"### {name}", "", _plain(section["description"]), ""]
    rows += ["| field | kind | usually | what it is |", "| --- | --- | --- | --- |"]
    for field, rule in section["properties"].items():
        usual = "required" if field in section.get("required", ()) else _usual(rule)
        rows.append(f"| `{field}` | {_kind(rule)} | {usual} | {rule['description']} |")
    return "\n".join([*rows, ""])


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _kind(rule: Schema) -> str:
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in rule:
        return " · ".join(f"`{value}`" for value in rule["enum"])
    if "anyOf" in rule:
        kinds = [_kind(each) for each in rule["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if rule["type"] == "array":
        return f"list of {_kind(rule['items'])}"
    if rule["type"] == "object":
        return f"map of {_kind(rule['additionalProperties'])}"
    return {"string": "text", "integer": "number", "boolean": "yes or no", "null": "null"}[
        rule["type"]
    ]


def _usual(rule: Schema) -> str:
    usual = rule.get("default")
    if usual in (None, "", [], {}) or isinstance(usual, dict):
        return "none" if usual is None and "default" in rule else ""
    if isinstance(usual, bool):
        return "yes" if usual else "no"
    if isinstance(usual, list):
        return ", ".join(f"`{each}`" for each in usual)
    return f"`{usual}`"


if __name__ == "__main__":
    DOCUMENT.write_text(with_reference(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
