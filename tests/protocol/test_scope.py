"""Scope values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.protocol import (
    ErrorCode,
    OAuthError,
    parse_scope,
    render_scope,
    verify_scope_within,
)
from tests.protocol.whatever import any_value, returned
from tests.support.spec import spec

TOKEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')


@spec("RFC 6749", "3.3", "scope is a list of tokens separated by spaces")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, ()),
        ("", ()),
        (" ", ()),
        ("openid", ("openid",)),
        ("email openid", ("email", "openid")),
        ("openid  email ", ("openid", "email")),
        ("openid openid", ("openid",)),
        ("https://api.example.com/read a:b", ("https://api.example.com/read", "a:b")),
        (TOKEN, (TOKEN,)),
    ],
)
def test_names_are_read_in_order_each_once(text: str | None, names: tuple[str, ...]) -> None:
    assert parse_scope(text) == names


@spec("RFC 6749", "3.3", "other characters are invalid_scope")
@pytest.mark.parametrize(
    "text",
    [
        *('a"b', "a\\b", "a\tb", "a\nb", "a\n", "é", "a\x00", "\ud800", "a\u00a0b", "\x7f"),
        " ".join(f"s{number}" for number in range(101)),
    ],
)
def test_a_malformed_scope_is_refused(text: str) -> None:
    with pytest.raises(OAuthError) as refused:
        parse_scope(text)
    assert refused.value.code is ErrorCode.INVALID_SCOPE


@spec("RFC 6749", "3.3", "a scope beyond what is allowed is invalid_scope")
def test_v_tx_the_ceiling_holds_for_every_name() -> None:
    allowed = {"openid", "email"}
    assert verify_scope_within(("email", "openid"), allowed) == ("email", "openid")
    assert verify_scope_within((), allowed) == ()
    for names in (("admin",), ("openid", "admin"), ("OPENID",), ("openid email",), ("",)):
        with pytest.raises(OAuthError) as refused:
            verify_scope_within(names, allowed)
        assert refused.value.code is ErrorCode.INVALID_SCOPE


@given(text=st.one_of(any_value, st.text(alphabet=TOKEN + " ", max_size=60)))
def test_whatever_arrives_returns_or_raises_oauth_error(text: str) -> None:
    """What a refusal says about a name can be said in a header and in JSON."""
    names = returned(parse_scope, text)
    if names is not None:
        assert len(set(names)) == len(names)
        assert parse_scope(render_scope(names)) == names
        returned(verify_scope_within, names, frozenset({"openid"}))
