"""Bearer credentials and challenges."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.protocol import ErrorCode, OAuthError, bearer_challenge, parse_bearer
from tests.protocol.whatever import any_text, returned
from tests.support.spec import spec


@spec("RFC 6750", "2.1", "a bearer token is read from the Authorization header")
@pytest.mark.parametrize("header", ["Bearer dw_at_x", "bearer dw_at_x", "BEARER dw_at_x"])
def test_a_token_is_read(header: str) -> None:
    assert parse_bearer(header) == "dw_at_x"


@pytest.mark.parametrize("token", ["a", "a.b.c", "a-._~+/9==", "x" * 8192])
def test_every_token_of_the_grammar_is_read(token: str) -> None:
    assert parse_bearer(f"Bearer {token}") == token


def test_nothing_presented_is_no_error() -> None:
    assert parse_bearer(None) is None


@spec("RFC 6750", "3.1", "a malformed request is invalid_request with 400")
@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer  a", "Bearer a b", "Bearer a,b", "Bearer\ta"),
        *("Bearer a\n", "Bearer =", "Bearer a=b", "Bearer é", "Bearer \x00", "Bearer \ud800"),
        *("Basic YTpi", "DPoP a", "a", "Bearera", "Bearer " + "x" * 8193, "x" * 1_000_000),
    ],
)
def test_anything_else_is_invalid_request(header: str) -> None:
    with pytest.raises(OAuthError) as refused:
        parse_bearer(header)
    assert refused.value.code is ErrorCode.INVALID_REQUEST
    assert refused.value.status == 400


@given(header=st.one_of(any_text, any_text.map(lambda text: f"Bearer {text}")))
@example(header="Bearer " + "=" * 8000)
def test_whatever_arrives_returns_or_raises_oauth_error(header: str) -> None:
    token = returned(parse_bearer, header)
    if token is not None:
        assert header.partition(" ")[2] == token
        assert token.isascii()


@spec("RFC 6750", "3", "without credentials the challenge names no error")
def test_a_challenge_without_an_error() -> None:
    assert bearer_challenge("riverbend", None) == 'Bearer realm="riverbend"'


@spec("RFC 6750", "3.1", "insufficient_scope is 403 and names the scope")
def test_a_challenge_with_an_error() -> None:
    error = OAuthError(ErrorCode.INSUFFICIENT_SCOPE, "More is needed.", detail="private")
    assert error.status == 403
    assert bearer_challenge("riverbend", error, scope="openid email") == (
        'Bearer realm="riverbend", error="insufficient_scope", '
        'error_description="More is needed.", scope="openid email"'
    )
