"""The API reference: what it takes from an OpenAPI document, and what it survives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http.pages import render_prose
from doorward.http.reference import Piece, read_reference
from tests.http import samples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["info", "paths", "get", "tags", "schema", "components", "schemas", "$ref", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def test_an_operation_is_read_with_its_parameters_and_answers() -> None:
    """Path, method, summary, limits and a link to the type of the answer."""
    reference = read_reference(samples.OPENAPI)
    operation = reference.groups[0].operations[0]
    assert (operation.method, operation.path) == ("GET", "/api/applications/{client_id}")
    assert operation.deprecated
    assert operation.parameters[0].required
    assert operation.parameters[0].limits == ("at most 40 characters",)
    assert operation.answers[0].kind == (Piece("Application", "schema-application"),)


def test_a_type_is_read_with_its_properties() -> None:
    """Arrays, choices and allowed values are told in words."""
    schema = read_reference(samples.OPENAPI).schemas[0]
    fields = {field.name: field for field in schema.fields}
    kinds = {name: "".join(piece.text for piece in field.kind) for name, field in fields.items()}
    assert kinds["scopes"] == "array of string"
    assert kinds["owner"] == "integer | null"
    assert fields["kind"].values == ("web", "spa")
    assert fields["name"].required
    assert not fields["kind"].required


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_whatever_the_document_holds_the_page_is_rendered(document: dict[str, object]) -> None:
    """Unknown shapes are left out; nothing raises."""
    read_reference(document)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (
            "One `a<b`.\n\nTwo",
            '<p class="prose">One <code>a&lt;b</code>.</p><p class="prose">Two</p>',
        ),
    ],
)
def test_descriptions_are_text_with_code_between_backticks(text: str, html: str) -> None:
    """Markdown is not interpreted any further."""
    assert render_prose(text) == html
