"""V-PK: the challenge, the verifier, and every way around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.protocol import (
    ErrorCode,
    OAuthError,
    challenge_of,
    parse_challenge,
    verify_code_verifier,
)
from tests.protocol.whatever import any_value, returned
from tests.support.spec import spec

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
UNRESERVED = "ABCXYZabcxyz0189-._~"


def wrong(verifier: str | None, challenge: str | None) -> str:
    with pytest.raises(OAuthError) as refused:
        verify_code_verifier(verifier, challenge)
    assert refused.value.code is ErrorCode.INVALID_GRANT
    return refused.value.description


@spec("RFC 7636", "Appendix B", "the example's verifier answers the example's challenge")
def test_the_example_of_the_standard() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    assert verify_code_verifier(VERIFIER, CHALLENGE)


@spec("RFC 7636", "4.6", "the verifier answers the challenge")
@given(verifier=st.text(alphabet=UNRESERVED, min_size=43, max_size=128))
def test_a_verifier_answers_its_own_challenge_and_no_other(verifier: str) -> None:
    challenge = challenge_of(verifier)
    assert parse_challenge(challenge, "S256", required=True) == challenge
    assert verify_code_verifier(verifier, challenge)
    if verifier != VERIFIER:
        wrong(verifier, CHALLENGE)
        wrong(VERIFIER, challenge)


@spec("RFC 7636", "4.6", "a wrong verifier is invalid_grant")
@pytest.mark.parametrize(
    "verifier",
    [
        VERIFIER[:-1] + "l",
        VERIFIER.swapcase(),
        VERIFIER[::-1],
        CHALLENGE,
        "a" * 43,
        "a" * 128,
    ],
)
def test_v_pk_a_wrong_verifier_is_refused(verifier: str) -> None:
    assert VERIFIER not in wrong(verifier, CHALLENGE)


@spec("RFC 7636", "4.1", "a verifier has 43 to 128 unreserved characters")
@pytest.mark.parametrize(
    "verifier",
    [
        *("", "a" * 42, "a" * 129, "a" * 1_000_000, VERIFIER + " ", VERIFIER + "\n"),
        *(VERIFIER + "=", VERIFIER[:-1] + "+", VERIFIER[:-1] + "/", VERIFIER[:-1] + "é"),
        *(VERIFIER + "\x00", VERIFIER[:-1] + "\ud800", VERIFIER[:-1] + "%"),
    ],
)
def test_v_pk_a_malformed_verifier_is_refused(verifier: str) -> None:
    wrong(verifier, CHALLENGE)


@spec("RFC 9700", "2.1.1", "a code with a challenge is never redeemed without its verifier")
def test_v_pk_leaving_the_verifier_out_is_refused() -> None:
    wrong(None, CHALLENGE)


@spec("RFC 9700", "4.8.2", "a verifier without a challenge is refused: no downgrade")
def test_v_pk_a_verifier_without_challenge_is_refused() -> None:
    wrong(VERIFIER, None)
    wrong("", None)


def test_without_challenge_and_verifier_there_is_nothing_to_verify() -> None:
    assert verify_code_verifier(None, None)


@spec("RFC 7636", "4.4.1", "a missing challenge is invalid_request where PKCE is required")
@spec("RFC 7636", "4.2", "plain is refused, also when it is the default")
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S512"),
        (CHALLENGE, " S256"),
        (CHALLENGE, ""),
        (VERIFIER, "plain"),
        (None, "S256"),
        (None, "plain"),
        ("", "S256"),
        (CHALLENGE + "=", "S256"),
        (CHALLENGE + "\n", "S256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE[:-1] + "\x00", "S256"),
        ("x" * 1_000_000, "S256"),
    ],
)
def test_v_pk_anything_but_s256_is_refused(
    challenge: str | None, method: str | None, required: bool
) -> None:
    with pytest.raises(OAuthError) as refused:
        parse_challenge(challenge, method, required=required)
    assert refused.value.code is ErrorCode.INVALID_REQUEST


def test_v_pk_no_challenge_at_all_is_refused_only_where_one_is_required() -> None:
    assert parse_challenge(None, None, required=False) is None
    with pytest.raises(OAuthError):
        parse_challenge(None, None, required=True)


@given(challenge=any_value, method=st.one_of(st.none(), st.just("S256"), any_value))
def test_any_challenge_returns_or_raises_oauth_error(challenge: str, method: str | None) -> None:
    found = returned(parse_challenge, challenge, method, required=True)
    assert found in {None, challenge}


@given(verifier=any_value)
def test_any_verifier_returns_or_raises_oauth_error(verifier: str) -> None:
    assert returned(verify_code_verifier, verifier, CHALLENGE) is None
