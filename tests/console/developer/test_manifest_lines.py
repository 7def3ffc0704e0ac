"""Where in a manifest a fault stands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import Fault
from doorward.console.developer.manifest_lines import lines_of, place_faults

NAMES = st.text(alphabet='abc"\\{}[]:,é\n', min_size=1, max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
TEXT = '{\n  "slug": "a",\n  "auth_options": [\n    {"name": "x",\n     "token": {}}\n  ]\n}'


def walk(path: str, value: object) -> list[str]:
    """Every path below ``value``."""
    items: list[tuple[str, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = [(str(i), each) for i, each in enumerate(value)]
    found = []
    for name, each in items:
        here = f"{path}.{name}" if path else name
        found += [here, *walk(here, each)]
    return found


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_every_field_has_its_line(document: dict[str, object]) -> None:
    """In the text as it is indented, each path is found, and on a line that begins with it."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    lines, found = text.split("\n"), lines_of(text)
    assert set(found) == set(walk("", document))
    for name in document:
        assert lines[found[name] - 1].startswith(f" {json.dumps(name, ensure_ascii=False)}:")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("slug", 2),
        ("auth_options", 3),
        ("auth_options.0.name", 4),
        ("auth_options.0.token.url", 5),
        ("auth_options.0.authorize.url", 4),
        ("proxy.base_url", None),
        ("", None),
    ],
)
def test_a_fault_stands_at_its_field_or_the_nearest_around_it(path: str, line: int | None) -> None:
    """What is missing is told where it belongs."""
    (placed,) = place_faults(TEXT, [Fault(path, "This is missing.")])
    assert placed.line == line
    assert placed.excerpt == ("" if line is None else TEXT.split("\n")[line - 1].strip())


def test_what_is_no_json_stands_where_reading_ended() -> None:
    """The sentence names the line, and so does the place."""
    sentence = "This is not JSON: line 2, column 3: Expecting value."
    (placed,) = place_faults('{\n  "a": ,\n}', [Fault("", sentence)])
    assert (placed.line, placed.excerpt) == (2, '"a": ,')


@given(st.text(alphabet='{}[]:,"\\ab\n1', max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    """Whatever was typed, lines are answered."""
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


def test_a_deep_text_takes_no_time() -> None:
    """Paths end at a depth that no manifest has."""
    assert len(lines_of('{"a":' * 20_000)) < 30
