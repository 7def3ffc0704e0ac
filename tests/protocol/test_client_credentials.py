"""V-CL: what a client presents, by header or by form, and never by both."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.protocol import (
    AuthMethod,
    ErrorCode,
    OAuthError,
    PresentedClient,
    invalid_client,
    parse_client_credentials,
    parse_form,
)
from tests.protocol.whatever import any_form, any_text, printable, returned
from tests.support.spec import spec

EMPTY = parse_form(b"")


def basic(text: str | bytes, *, scheme: str = "Basic") -> str:
    raw = text.encode() if isinstance(text, str) else text
    return f"{scheme} {b64encode(raw).decode()}"


def refusal(authorization: str | None, form: bytes) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        parse_client_credentials(authorization, parse_form(form))
    return refused.value


@spec("RFC 6749", "2.3.1", "credentials are read from the Authorization header or from the body")
@pytest.mark.parametrize(
    ("authorization", "form", "expected"),
    [
        (basic("a:b"), b"", PresentedClient("a", "b", AuthMethod.BASIC)),
        (basic("a:b"), b"client_id=a", PresentedClient("a", "b", AuthMethod.BASIC)),
        (basic("a:b", scheme="bAsIc"), b"", PresentedClient("a", "b", AuthMethod.BASIC)),
        (basic("a:b:c"), b"", PresentedClient("a", "b:c", AuthMethod.BASIC)),
        (basic("a:"), b"", PresentedClient("a", "", AuthMethod.BASIC)),
        (basic("a%3Ab:c%20d+e"), b"", PresentedClient("a:b", "c d e", AuthMethod.BASIC)),
        (basic("a:%E3%81%82"), b"", PresentedClient("a", "あ", AuthMethod.BASIC)),
        (basic("a:あ"), b"", PresentedClient("a", "あ", AuthMethod.BASIC)),
        (None, b"client_id=a&client_secret=b", PresentedClient("a", "b", AuthMethod.POST)),
        (None, b"client_id=a", PresentedClient("a", None, AuthMethod.NONE)),
        (None, b"client_id=a&client_secret=", PresentedClient("a", None, AuthMethod.NONE)),
    ],
)
def test_credentials_are_read(
    authorization: str | None, form: bytes, expected: PresentedClient
) -> None:
    assert parse_client_credentials(authorization, parse_form(form)) == expected


@spec("RFC 6749", "2.3", "a client uses one authentication method in each request")
@pytest.mark.parametrize(
    "form", [b"client_secret=b", b"client_id=a&client_secret=b", b"client_id=other"]
)
def test_two_methods_at_once_are_refused(form: bytes) -> None:
    assert refusal(basic("a:b"), form).code is ErrorCode.INVALID_REQUEST


@spec("RFC 6749", "5.2", "failed client authentication is invalid_client with 401")
@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (None, b""),
        (None, b"client_secret=b"),
        (None, b"client_id=&client_secret=b"),
        ("", b"client_id=a&client_secret=b"),
        ("Basic", b"client_id=a"),
        ("Basic ", b""),
        ("Basic !!!", b""),
        ("Basic YTp", b""),
        ("Basic YTpi YTpi", b""),
        ("Basic あ", b""),
        (basic("no colon"), b""),
        (basic(":no user"), b""),
        (basic(b"\xff:b"), b""),
        (basic("a\x00:b"), b""),
        (basic("a:b\x00"), b""),
        (basic("a%00:b"), b""),
        (basic("a:b%00"), b""),
        (basic("a%0d%0a:b"), b""),
        (basic("a\n:b"), b""),
        ("Bearer dw_at_x", b"client_id=a"),
        ("Digest a", b""),
        ("Basic\tYTpi", b""),
    ],
)
def test_v_cl_nothing_usable_is_invalid_client(authorization: str | None, form: bytes) -> None:
    refused = refusal(authorization, form)
    assert refused.code is ErrorCode.INVALID_CLIENT
    assert refused.status == 401
    assert refused.description == invalid_client("").description


def test_v_cl_the_secret_is_not_printed() -> None:
    presented = parse_client_credentials(basic("a:hush-hush"), EMPTY)
    assert "hush" not in repr(presented)


@pytest.mark.parametrize("form", [b"client_secret=hush-hush&client_secret=b", b"client_secret=x"])
def test_v_cl_a_refusal_does_not_show_the_secret(form: bytes) -> None:
    with pytest.raises(OAuthError) as refused:
        parse_client_credentials(basic("hush-hush"), parse_form(form))
    assert "hush" not in f"{refused.value!r} {refused.value.detail}"


@given(
    client_id=printable.filter(bool),
    secret=printable,
)
@spec("RFC 6749", "2.3.1", "both parts of Basic are form-encoded")
def test_what_a_client_encodes_is_read_back(client_id: str, secret: str) -> None:
    header = basic(f"{quote_plus(client_id)}:{quote_plus(secret)}")
    presented = parse_client_credentials(header, EMPTY)
    assert (presented.client_id, presented.secret) == (client_id, secret)


@given(authorization=st.one_of(st.none(), any_text), form=any_form)
@example(authorization="Basic " + "A" * 1_000_000, form=b"")
def test_whatever_arrives_returns_or_raises_oauth_error(
    authorization: str | None, form: bytes
) -> None:
    fields = returned(parse_form, form)
    if fields is None:
        return
    presented = returned(parse_client_credentials, authorization, fields)
    if presented is not None:
        assert presented.client_id
        assert (presented.secret is None) == (presented.method is AuthMethod.NONE)


@given(raw=st.one_of(st.binary(max_size=60), any_text.map(lambda t: t.encode(errors="replace"))))
def test_whatever_basic_holds_returns_or_raises_oauth_error(raw: bytes) -> None:
    presented = returned(parse_client_credentials, basic(raw), EMPTY)
    if presented is not None:
        text = presented.client_id + (presented.secret or "")
        text.encode()
        assert all(letter >= " " for letter in text)
