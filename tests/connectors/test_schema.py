"""The published schema, the table of field notes, and the reference in the documentation."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from doorward.connectors import SCHEMA_PATH, manifest_schema, parse_manifest
from doorward.connectors.entries import CATALOGUE
from doorward.connectors.field_notes import NOTES
from doorward.connectors.limits import NARROW, SPELLINGS
from doorward.connectors.web import ConnectorSchema
from doorward.http import Call
from tests.connectors.manifests import plain
from tools.field_reference import DOCUMENT, with_reference

FIELDS = {
    (section, field)
    for section, rules in manifest_schema()["$defs"].items()
    for field in rules["properties"]
}


def test_the_schema_is_one_and_takes_every_file_of_the_catalogue() -> None:
    """By the rules of JSON Schema itself, as an editor would."""
    Draft202012Validator.check_schema(manifest_schema())
    validator = Draft202012Validator(json.loads(json.dumps(manifest_schema())))
    for path in CATALOGUE.glob("*.json"):
        validator.validate(json.loads(path.read_text(encoding="utf-8")))
    assert not validator.is_valid({**plain(), "slug": "A b"})


def test_every_field_has_its_sentence_and_no_other() -> None:
    """Who adds a field says what it is for."""
    assert NOTES.keys() ^ FIELDS == set()
    assert all(note.endswith(".") for note in NOTES.values())


def test_every_limit_is_about_a_field_and_every_spelling_has_a_sentence() -> None:
    """A misspelt limit would not be one."""
    assert NARROW.keys() - FIELDS == set()
    patterns = {str(rule["pattern"]) for rule in NARROW.values() if "pattern" in rule}
    assert patterns == set(SPELLINGS)


def test_the_reference_in_the_documentation_is_the_schemas() -> None:
    """Run tools/field_reference.py when this fails."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_reference(text)
    assert all(f"| `{field}` |" in text for _, field in FIELDS)


def test_the_example_in_the_documentation_is_a_manifest() -> None:
    """Readers copy it."""
    example = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    assert parse_manifest(example[1]).slug == "acme-crm"


@pytest.mark.anyio
async def test_the_schema_is_served_to_everybody() -> None:
    """At the address that the documentation names."""
    assert SCHEMA_PATH in DOCUMENT.read_text(encoding="utf-8")
    reply = await ConnectorSchema().answer(Call({"type": "http", "headers": []}, b""))
    assert reply.status == 200
    assert json.loads(reply.body) == json.loads(json.dumps(manifest_schema()))
