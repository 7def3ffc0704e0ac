"""What is wrong with a manifest is said in the reader's language, whatever it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import doorward.connectors
from doorward.connectors import BadManifest, parse_manifest, warnings_of
from doorward.console.manifest_words import FORMS, word_fault
from doorward.http import translator
from tests.connectors.manifests import plain, with_field

ROOM = Path(doorward.connectors.__file__).parent
TELL = frozenset(
    {"BadOverride", "BadPattern", "BadTemplate", "BadValue", "Fault", "_refused", "fault"}
)
TABLES = frozenset({"SPELLINGS", "_PLAIN_SENTENCES", "sentence"})
WRONG: tuple[object, ...] = (None, 7, "x" * 5_000, "", [], [[]], {}, {"x": []}, True, -1)
FIELDS = (
    "name", "summary", "categories", "docs_url", "variables", "environments", "verified", "slug",
    "variables.0.name", "variables.0.options", "variables.0.dynamic", "variables.0.required",
    "variables.0.pattern", "auth_options.0.type", "auth_options.0.name", "auth_options.0.token",
    "auth_options.0.token.url", "auth_options.0.token.success", "auth_options.0.token.timeout_s",
    "auth_options.0.authorize.scope.default", "auth_options.0.authorize.pkce",
    "auth_options.0.authorize.params", "auth_options.0.delivery.name", "auth_options.0.revoke",
    "auth_options.1.delivery.value", "auth_options.1.client_id", "proxy.base_url", "nonsense",
)  # fmt: skip


def told() -> Iterator[tuple[str, str]]:
    """Each sentence in the room that becomes a fault, with samples in it, and where it stands."""
    for path in (*ROOM.glob("*.py"), *ROOM.glob("app_connect/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for each in _sentences_in(node):
                text = _text(each)
                if text.endswith(".") and " " in text:
                    yield f"{path.name}: {text}", text


def _sentences_in(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return node.args if name in TELL else []
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        value = node.value if node.targets[0].id in TABLES else None
        inside = list(value.values) if isinstance(value, ast.Dict) else [value]
        return [each for each in inside if each is not None]
    return []


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "sample" for each in node.values)
        return "".join(str(each) for each in parts)
    return str(node.value) if isinstance(node, ast.Constant) else ""


OTHERS = frozenset(
    {
        # Refusals with words of their own, and a fault within a fault.
        "The connector was changed in the meantime. Look at it again.",
        "The manifest is not valid.",
        "There is a connector of this name already.",
        "There is no such connector.",
        "This connector is switched off.",
        "This organization does not take connectors from you.",
        "No more connectors can be registered. Remove one first.",
        "Only staff who may change connectors can do this.",
        "This value cannot be used here.",
    }
)


def test_every_sentence_that_the_room_writes_has_a_form() -> None:
    """A new one needs its form and its translation, or a reader of Japanese gets it in English."""
    found = dict(told())
    assert len(found) > 100
    unknown = [
        where
        for where, text in found.items()
        if text not in OTHERS and word_fault(text.replace("{value}", "7")).sentence not in FORMS
    ]
    assert unknown == []


@pytest.mark.parametrize("path", FIELDS)
def test_whatever_is_wrong_has_a_form(path: str) -> None:
    """Wrong kinds, too long, empty and unknown, for one field of each sort."""
    seen = 0
    for value in WRONG:
        try:
            parse_manifest(with_field(path, value))
        except BadManifest as refusal:
            for fault in refusal.faults:
                seen += 1
                assert word_fault(fault.sentence).sentence in FORMS, fault
    assert seen


@pytest.mark.parametrize(
    "text",
    ["", "[", "{", '{"a" 1}', '{"a": 1,}', '{"a": 1} x', '{"a": "', '{"a": "\n"}', '{"a": NaN}',
     '{"a": 1, "a": 2}', "[" * 100_000, "7" * 300_000, '{"a": ' + "9" * 5_000 + "}", '{"a": "\\x"}',
     '{"a": 1 "b": 2}', b"\xff"],
)  # fmt: skip
def test_what_is_no_manifest_at_all_has_a_form(text: str | bytes) -> None:
    """Whatever the reader of JSON says of it."""
    with pytest.raises(BadManifest) as refusal:
        parse_manifest(text)
    (fault,) = refusal.value.faults
    assert word_fault(fault.sentence).sentence in FORMS, fault


def test_names_and_numbers_stay_in_the_translation() -> None:
    """Also braces in them, and the field that a fault in an environment is about."""
    ja = translator("ja")
    worded = word_fault("Nothing here is called {x}. Did you mean url?")
    assert dict(worded.given) == {"name": "{x}", "other": "url"}
    assert ja(worded.sentence, **worded.given).startswith("ここに {x} というものはありません")
    count = word_fault("A count is written {2}, {2,} or {2,5}.")
    assert ja(count.sentence) == "回数は {2}、{2,}、{2,5} のように書きます。"
    inner = word_fault("token.url: An address starts with https://.")
    assert (inner.about, inner.sentence) == ("token.url", "An address starts with https://.")


def test_what_has_no_form_is_shown_as_it_is() -> None:
    """In English, with its braces."""
    worded = word_fault("Something {new} happened.")
    assert translator("ja")(worded.sentence, **worded.given) == "Something {new} happened."


def test_warnings_have_forms() -> None:
    """What is allowed and should not stay."""
    manifest = parse_manifest(plain())
    local = parse_manifest(with_field("auth_options.0.token.url", "http://localhost:1/token"))
    found = (*warnings_of(manifest), *warnings_of(local))
    assert {word_fault(each.sentence).sentence for each in found} <= set(FORMS)
    assert len({each.sentence for each in found}) == 2
