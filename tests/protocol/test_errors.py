"""The one error of the protocols."""

from __future__ import annotations

import pytest

from doorward.protocol import ErrorCode, OAuthError, Refusal
from tests.support.spec import spec


@spec("RFC 6749", "5.2", "refusals are 400; a client that failed to authenticate gets 401")
@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_status(code: ErrorCode) -> None:
    expected = {
        ErrorCode.INVALID_CLIENT: 401,
        ErrorCode.INVALID_TOKEN: 401,
        ErrorCode.INSUFFICIENT_SCOPE: 403,
        ErrorCode.SERVER_ERROR: 500,
        ErrorCode.TEMPORARILY_UNAVAILABLE: 503,
    }
    assert OAuthError(code, "No.").status == expected.get(code, 400)
    assert code.value == code.value.lower()


def test_the_detail_is_not_part_of_the_text() -> None:
    error = OAuthError(ErrorCode.INVALID_GRANT, "The code is not valid.", detail="it was used")
    assert str(error) == "invalid_grant: The code is not valid."
    assert error.detail == "it was used"


def test_a_refusal_has_a_sentence_and_maybe_a_field() -> None:
    class Taken(Refusal):
        code = "taken"
        sentence = "This is taken."
        field = "name"

    assert (str(Taken()), Taken().field) == ("This is taken.", "name")
    exact = Taken("The name a is taken.", field="other")
    assert (exact.sentence, exact.field, exact.code) == ("The name a is taken.", "other", "taken")
    assert (Taken.sentence, Taken.field) == ("This is taken.", "name")
