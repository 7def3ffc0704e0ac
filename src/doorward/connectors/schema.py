"""The JSON Schema of manifests, and everything in a document that is not as it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from doorward.connectors.field_notes import NOTES
from doorward.connectors.limits import BROAD, NARROW, SPELLINGS, WHOLE_NUMBERS
from doorward.connectors.model import Manifest
from doorward.connectors.refusals import Fault

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

__all__ = ["SCHEMA_PATH", "manifest_schema", "schema_faults"]

SCHEMA_PATH: Final = "/schemas/connector.json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MOST_FAULTS = 100
_MOST_KEYWORD = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_PLAIN_SENTENCES = {
    "minLength": "This must not be empty.",
    "maxLength": "This is too long: at most {value} characters.",
    "minItems": "This needs at least one entry.",
    "maxItems": "There are too many entries: at most {value}.",
    "maxProperties": "There are too many fields: at most {value}.",
    "minimum": "This must be at least {value}.",
    "maximum": "This must be at most {value}.",
}

Schema = dict[str, Any]


@cache
def manifest_schema() -> Schema:
    """The schema, in JSON Schema 2020-12; not to be changed by its readers."""
    schema: Schema = msgspec.json.schema(Manifest)
    schema["$defs"]["Manifest"]["properties"]["$schema"] = {"type": "string", "default": ""}
    for kind, section in schema["$defs"].items():
        for name, field in section["properties"].items():
            _bound(field, name)
            field.update(NARROW.get((kind, name), {}))
            if (kind, name) in NOTES:
                field["description"] = NOTES[kind, name]
        section["description"] = " ".join(section["description"].split())
    whole = {
        "$schema": _DIALECT,
        "title": "Connector manifest",
        "description": "How people connect their accounts on one platform, as data.",
        **schema,
    }
    # The usual values are of our own types until they are written.
    plain: Schema = msgspec.json.decode(msgspec.json.encode(whole))
    return plain


def schema_faults(document: Mapping[str, object]) -> tuple[Fault, ...]:
    """Everything that is not as the schema says, in the order of the document's fields."""
    found = (fault for error in _validator().iter_errors(document) for fault in _told(error))
    return tuple(dict.fromkeys(islice(found, _MOST_FAULTS)))


@cache
def _validator() -> Draft202012Validator:
    # Loading it takes a third of a second, and most starts of a server read no manifest.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(manifest_schema())


def _bound(field: Schema, name: str) -> None:
    """Give every text, list, map and number in ``field`` its bounds."""
    kind = field.get("type")
    if kind in _MOST_KEYWORD:
        field.setdefault(_MOST_KEYWORD[kind], BROAD[kind])
    if kind == "integer" and name in WHOLE_NUMBERS:
        field["minimum"], field["maximum"] = WHOLE_NUMBERS[name]
    for inner in (*field.get("anyOf", ()), field.get("items"), field.get("additionalProperties")):
        if isinstance(inner, dict):
            _bound(inner, name)


def _told(error: ValidationError) -> Iterator[Fault]:
    path = ".".join(str(step) for step in error.absolute_path)
    tell = _TELL.get(str(error.validator))
    if tell is not None:
        yield from tell(path, error)
    else:
        yield Fault(path, _PLAIN_SENTENCES[str(error.validator)].format(value=_wanted(error)))


def _wanted(error: ValidationError) -> Any:  # noqa: ANN401 - whatever the schema says there
    return error.validator_value


def _missing(path: str, error: ValidationError) -> Iterator[Fault]:
    given: Any = error.instance
    for name in _wanted(error):
        if name not in given:
            yield Fault(_below(path, name), "This is missing.")


def _surplus(path: str, error: ValidationError) -> Iterator[Fault]:
    schema: Any = error.schema
    given: Any = error.instance
    for name in given:
        if name not in schema["properties"]:
            yield Fault(_below(path, name), _unknown(name, schema["properties"]))


def _wrong_kind(path: str, error: ValidationError) -> Iterator[Fault]:
    wanted = _wanted(error)
    yield Fault(path, _of_kind([wanted] if isinstance(wanted, str) else wanted))


def _not_listed(path: str, error: ValidationError) -> Iterator[Fault]:
    yield Fault(path, f"This is one of: {_listed(_wanted(error))}.")


def _misspelt(path: str, error: ValidationError) -> Iterator[Fault]:
    yield Fault(path, SPELLINGS[_wanted(error)])


def _no_choice(path: str, error: ValidationError) -> Iterator[Fault]:
    """What is wrong with the alternative that was meant: the one of the right kind."""
    choices: dict[int, list[ValidationError]] = {}
    for each in error.context or ():
        choices.setdefault(int(each.schema_path[0]), []).append(each)
    meant = [
        errors
        for errors in choices.values()
        if not any(e.validator == "type" and e.absolute_path == error.absolute_path for e in errors)
    ]
    if not meant:
        yield Fault(path, _of_kind([each.get("type", "object") for each in _wanted(error)]))
        return
    for each in min(meant, key=len):
        yield from _told(each)


_TELL: Final = {
    "required": _missing,
    "additionalProperties": _surplus,
    "type": _wrong_kind,
    "enum": _not_listed,
    "pattern": _misspelt,
    "anyOf": _no_choice,
}


def _of_kind(kinds: Iterable[str]) -> str:
    return f"This must be {' or '.join(dict.fromkeys(_KINDS[kind] for kind in kinds))}."


def _listed(values: Iterable[object]) -> str:
    return ", ".join("null" if value is None else str(value) for value in values)


def _unknown(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name[:64], list(known), n=1)
    return f"There is no such field. Did you mean {close[0]}?" if close else "No such field."


def _below(path: str, name: str) -> str:
    return f"{path}.{name[:64]}" if path else name[:64]
