"""Forms and queries: each parameter at most once, bounded, and free of what breaks things."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.protocol import (
    MAX_FORM_BYTES,
    ErrorCode,
    OAuthError,
    Parameters,
    parse_form,
    parse_parameters,
)
from tests.protocol.whatever import any_form, any_text, any_value, printable, returned
from tests.support.attacks import attack
from tests.support.spec import spec


def refused(body: bytes) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        parse_form(body)
    assert refusal.value.code is ErrorCode.INVALID_REQUEST
    return refusal.value


def test_a_form_is_decoded() -> None:
    form = parse_form(b"a=1&b=two+words&c=%E3%81%82&d=%2B&e=a=b")
    assert dict(form) == {"a": "1", "b": "two words", "c": "あ", "d": "+", "e": "a=b"}


@spec("RFC 6749", "3.1", "a parameter sent without a value is treated as omitted")
@pytest.mark.parametrize("body", [b"", b"a=", b"a", b"a=&b", b"&&&"])
def test_an_empty_value_counts_as_absent(body: bytes) -> None:
    form = parse_form(body)
    assert "a" not in form
    with pytest.raises(OAuthError, match="parameter a is missing"):
        form.require("a")


@attack("CVE-2026-9689")
@spec("RFC 6749", "3.1", "a parameter is not given more than once")
@pytest.mark.parametrize(
    "body",
    [b"a=1&a=2", b"a=1&a=1", b"a=&a=1", b"a=1&a=", b"a&a", b"a=1&%61=2", b"=1&=2", b"a=1&b=2&a=3"],
)
def test_v_ru_a_repeated_parameter_is_refused(body: bytes) -> None:
    refused(body)


@spec("RFC 8707", "2", "resource may be given several times")
def test_resource_may_repeat() -> None:
    form = parse_form(b"resource=https://a.example&resource=&resource=https://b.example&a=1")
    assert form.resources == ("https://a.example", "https://b.example")
    assert "resource" not in form


@pytest.mark.parametrize(
    "body",
    [
        b"a=%00",
        b"a=\x00",
        b"%00=a",
        b"a=%1b",
        b"a=%7f",
        b"a=x%08",
        b"resource=%00",
        b"a=%ED%A0%80",
        b"a=%ff",
        b"a=\xff",
        b"a=\xed\xa0\x80",
        b"\xff=a",
        b"a=%C0%80",
    ],
)
def test_v_cl_nul_and_broken_text_are_refused(body: bytes) -> None:
    assert body.decode("latin-1") not in refused(body).description


def test_tabs_and_line_ends_are_text() -> None:
    assert parse_form(b"a=%09%0d%0a")["a"] == "\t\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"a=" + b"x" * MAX_FORM_BYTES,
        b"a=" + b"x" * 8193,
        "&".join(f"p{number}={'x' * 2000}" for number in range(60)).encode(),
        b"x" * 65 + b"=a",
        b"resource=" + b"x" * 8193,
        "&".join(f"p{number}=1" for number in range(65)).encode(),
        b"resource=a&" * 65,
        b"&".join([b"a"] * 5000),
        b"x" * 1_000_000,
        b"&" * 1_000_000,
    ],
)
def test_what_is_too_large_is_refused(body: bytes) -> None:
    refused(body)


def test_the_largest_that_is_allowed_is_read() -> None:
    body = "&".join(f"p{number}={'x' * 900}" for number in range(64)).encode()
    assert len(parse_form(body)) == 64
    assert parse_form(b"a=" + b"x" * 8192)["a"] == "x" * 8192


@given(body=any_form)
@example(body=b"%" * 100)
@example(body=b"a=%E3%81")
def test_a_form_returns_or_raises_oauth_error(body: bytes) -> None:
    form = returned(parse_form, body)
    if form is not None:
        for name, value in form.items():
            assert value
            assert "\x00" not in name + value
            (name + value).encode()
        assert all(each.encode() for each in form.resources)


@given(pairs=st.lists(st.tuples(st.one_of(any_text, any_value), any_value), max_size=70))
def test_pairs_return_or_raise_oauth_error(pairs: list[tuple[str, str]]) -> None:
    form = returned(parse_parameters, pairs)
    names = [name for name, _ in pairs if name != "resource"]
    if len(names) != len(set(names)):
        assert form is None


@given(
    values=st.dictionaries(
        printable.filter(lambda name: name not in {"", "resource"}), printable.filter(bool)
    ),
    resources=st.lists(printable.filter(bool), max_size=5),
)
def test_what_was_encoded_is_read_back(values: dict[str, str], resources: list[str]) -> None:
    pairs = [*values.items(), *(("resource", each) for each in resources)]
    form = parse_form(urlencode(pairs).encode())
    assert dict(form) == values
    assert form.resources == tuple(resources)


def test_parameters_are_a_copy() -> None:
    source = {"a": "1"}
    parameters = Parameters(source)
    source["a"] = "2"
    assert parameters["a"] == "1"
    assert len(parameters) == 1


@given(st.text("ab=&.*~-%+;20Cef\u00e9", max_size=40))
@example("a=%C3%A9&b=%ff")
@example("a+b=c%2")
def test_a_form_is_read_as_the_library_reads_it(text: str) -> None:
    """The short ways and the general one answer the same, refusals included."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        pairs = None
    names = [name for name, _ in pairs or ()]
    is_sound = pairs is not None and len(names) == len(set(names))
    try:
        found = parse_form(text.encode())
    except OAuthError:
        assert not is_sound or any(ord(c) < 32 for name, value in pairs or () for c in name + value)
        return
    assert dict(found) == {name: value for name, value in pairs or () if value}
    assert is_sound
