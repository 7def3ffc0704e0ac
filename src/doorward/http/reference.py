"""An OpenAPI 3.1 document as values that the reference page can show without thinking."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_METHODS = ("get", "post", "put", "patch", "delete")
_REF = "#/components/schemas/"
_LIMITS = (
    ("default", "default {}"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "pattern {}"),
)
Json = Mapping[str, object]


@dataclass(frozen=True)
class Piece:
    """Part of a type's name; `anchor` leads to its schema on the same page."""

    text: str
    anchor: str | None = None


@dataclass(frozen=True)
class Field:
    """A parameter or a property. `place` is path, query, header, cookie, or "" in a body."""

    name: str
    place: str
    kind: tuple[Piece, ...]
    required: bool
    description: str
    values: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One response: status, what it means, and the type of its body, when it has one."""

    status: str
    description: str
    kind: tuple[Piece, ...]


@dataclass(frozen=True)
class Operation:
    """One method on one path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    deprecated: bool
    parameters: tuple[Field, ...]
    media_type: str
    body: tuple[Piece, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Group:
    """The operations of one tag, in document order."""

    anchor: str
    name: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Schema:
    """One named type with its properties."""

    anchor: str
    name: str
    description: str
    kind: tuple[Piece, ...]
    fields: tuple[Field, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """The whole document."""

    title: str
    version: str
    description: str
    groups: tuple[Group, ...]
    schemas: tuple[Schema, ...]


def read_reference(document: Json) -> Reference:
    """Return the page's values for an OpenAPI 3.1 document; parts it does not know are left out.

    Only references to `#/components/schemas/` are followed, and only as links.
    """
    info = _table(document.get("info"))
    schemas = _table(_table(document.get("components")).get("schemas"))
    return Reference(
        title=_text(info.get("title")),
        version=_text(info.get("version")),
        description=_text(info.get("description")),
        groups=_groups(document),
        schemas=tuple(_schema(name, _table(value)) for name, value in schemas.items()),
    )


def _groups(document: Json) -> tuple[Group, ...]:
    told = {_text(_table(tag).get("name")): _table(tag) for tag in _items(document.get("tags"))}
    found: dict[str, list[Operation]] = {name: [] for name in told}
    for path, value in _table(document.get("paths")).items():
        entry = _table(value)
        for method in _METHODS:
            if method in entry:
                operation = _table(entry[method])
                tags = [_text(tag) for tag in _items(operation.get("tags"))]
                shared = _items(entry.get("parameters"))
                found.setdefault(tags[0] if tags else "", []).append(
                    _operation(method, path, operation, shared)
                )
    return tuple(
        Group(_anchor("tag", name), name, _text(told.get(name, {}).get("description")), tuple(ops))
        for name, ops in found.items()
        if ops
    )


def _operation(method: str, path: str, entry: Json, shared: list[object]) -> Operation:
    body = _table(_table(entry.get("requestBody")).get("content"))
    media_type, content = next(iter(body.items()), ("", None))
    parameters = [*shared, *_items(entry.get("parameters"))]
    return Operation(
        anchor=_anchor("op", f"{method}-{path}"),
        method=method.upper(),
        path=path,
        summary=_text(entry.get("summary")),
        description=_text(entry.get("description")),
        deprecated=entry.get("deprecated") is True,
        parameters=tuple(_parameter(_table(each)) for each in parameters),
        media_type=media_type,
        body=_kind(_table(_table(content).get("schema"))) if content else (),
        answers=tuple(
            _answer(status, _table(value))
            for status, value in _table(entry.get("responses")).items()
        ),
    )


def _answer(status: str, entry: Json) -> Answer:
    content = next(iter(_table(entry.get("content")).values()), None)
    schema = _table(_table(content).get("schema"))
    return Answer(status, _text(entry.get("description")), _kind(schema) if schema else ())


def _parameter(entry: Json) -> Field:
    schema = _table(entry.get("schema"))
    return _field(
        _text(entry.get("name")),
        {**schema, "description": entry.get("description") or schema.get("description")},
        place=_text(entry.get("in")),
        required=entry.get("required") is True,
    )


def _schema(name: str, entry: Json) -> Schema:
    needed = {_text(each) for each in _items(entry.get("required"))}
    fields = tuple(
        _field(key, _table(value), place="", required=key in needed)
        for key, value in _table(entry.get("properties")).items()
    )
    kind = () if fields else _kind(entry)
    about = _text(entry.get("description"))
    return Schema(_anchor("schema", name), name, about, kind, fields, _values(entry))


def _field(name: str, entry: Json, *, place: str, required: bool) -> Field:
    return Field(
        name=name,
        place=place,
        kind=_kind(entry),
        required=required,
        description=_text(entry.get("description")),
        values=_values(entry),
        limits=tuple(_limits(entry)),
    )


def _kind(entry: Json) -> tuple[Piece, ...]:
    return tuple(_pieces(entry))


def _pieces(entry: Json) -> Iterator[Piece]:
    reference = _text(entry.get("$ref"))
    choices = [
        _table(each) for key in ("anyOf", "oneOf", "allOf") for each in _items(entry.get(key))
    ]
    kind = entry.get("type")
    if reference.startswith(_REF):
        name = reference.removeprefix(_REF)
        yield Piece(name, _anchor("schema", name))
    elif choices:
        for index, choice in enumerate(choices):
            if index:
                yield Piece(" | ")
            yield from _pieces(choice)
    elif kind == "array":
        yield Piece("array of ")
        yield from _pieces(_table(entry.get("items")))
    elif kind == "object" and isinstance(entry.get("additionalProperties"), Mapping):
        yield Piece("map of ")
        yield from _pieces(_table(entry.get("additionalProperties")))
    else:
        names = [kind] if isinstance(kind, str) else [_text(each) for each in _items(kind)]
        form = _text(entry.get("format"))
        yield Piece((" | ".join(names) or "any") + (f" ({form})" if form else ""))


def _values(entry: Json) -> tuple[str, ...]:
    allowed = _items(entry.get("enum")) or ([entry["const"]] if "const" in entry else [])
    return tuple(each if isinstance(each, str) else json.dumps(each) for each in allowed)


def _limits(entry: Json) -> Iterator[str]:
    branches = [entry, *(_table(each) for each in _items(entry.get("anyOf")))]
    for branch in branches:
        for key, words in _LIMITS:
            if key in branch and branch[key] is not None:
                yield words.format(json.dumps(branch[key], ensure_ascii=False))


def _anchor(kind: str, name: str) -> str:
    return f"{kind}-" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "other")


def _table(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
