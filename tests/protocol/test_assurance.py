"""Methods, the classes made of them, and what a request for a class leads to."""

from __future__ import annotations

import pytest
from msgspec import structs

from doorward.protocol import (
    ONE_FACTOR,
    TWO_FACTORS,
    ErrorCode,
    Issue,
    OAuthError,
    Prompt,
    SignedIn,
    SignIn,
    Situation,
    acr_of,
    amr_of,
    decide,
    parse_authorization_request,
)
from tests.protocol.test_authorization import RULES, address, params
from tests.support.spec import spec

BASE = parse_authorization_request(params(), RULES, address())
BY_PASSWORD = SignedIn(session_id=1, account_id=1001, auth_at=10, methods=("pwd",))
BY_TWO = structs.replace(BY_PASSWORD, methods=("otp", "pwd"))


@pytest.mark.parametrize(
    ("methods", "acr", "amr"),
    [
        (("pwd",), ONE_FACTOR, ["pwd"]),
        ((), ONE_FACTOR, []),
        (("otp",), ONE_FACTOR, ["otp"]),
        (("hwk",), ONE_FACTOR, ["hwk"]),
        (("user", "pwd"), ONE_FACTOR, ["pwd", "user"]),
        (("pwd", "otp"), TWO_FACTORS, ["mfa", "otp", "pwd"]),
        (("pwd", "swk"), TWO_FACTORS, ["mfa", "pwd", "swk"]),
        (("hwk", "user"), TWO_FACTORS, ["hwk", "mfa", "user"]),
    ],
)
@spec("RFC 8176", "2", "mfa stands beside the factors that were used, and only where two were")
def test_a_class_follows_from_the_methods(
    methods: tuple[str, ...], acr: str, amr: list[str]
) -> None:
    """Two factors, or a passkey that verified its user, and nothing less."""
    assert (acr_of(methods), amr_of(methods)) == (acr, amr)


def situation(session: SignedIn | None, *, second_steps: bool = True) -> Situation:
    return Situation(
        now=20,
        started_at=15,
        sessions=() if session is None else (session,),
        chosen=None,
        hinted_account=None,
        granted=frozenset(BASE.scopes),
        known=True,
        consented=False,
        trusted=True,
        remember=True,
        second_steps=second_steps,
    )


@pytest.mark.parametrize(
    ("acr_values", "by_two"),
    [
        ((), False),
        ((ONE_FACTOR,), False),
        ((TWO_FACTORS,), True),
        ((TWO_FACTORS, ONE_FACTOR), False),
        (("urn:mace:incommon:iap:silver",), False),
        (("urn:mace:incommon:iap:silver", TWO_FACTORS), True),
    ],
)
@spec("RFC 9470", "4", "a sign-in below what acr_values asks for is stepped up")
def test_a_sign_in_below_what_is_asked_is_proved_again(
    acr_values: tuple[str, ...], by_two: bool
) -> None:
    """Any class that is listed will do; classes of others are passed over."""
    request = structs.replace(BASE, acr_values=acr_values)
    found = decide(request, situation(BY_PASSWORD))
    if by_two:
        assert found == SignIn(again=BY_PASSWORD, by_two=True)
    else:
        assert isinstance(found, Issue)
    assert isinstance(decide(request, situation(BY_TWO)), Issue)
    assert decide(request, situation(None)) == SignIn(again=None, by_two=by_two)


def test_a_new_password_alone_never_meets_a_request_for_two() -> None:
    """However fresh it is."""
    request = structs.replace(BASE, acr_values=(TWO_FACTORS,))
    fresh = structs.replace(BY_PASSWORD, auth_at=19)
    assert decide(request, situation(fresh)) == SignIn(again=fresh, by_two=True)


@pytest.mark.parametrize(
    ("second_steps", "code"),
    [
        (True, ErrorCode.LOGIN_REQUIRED),
        (False, ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS),
    ],
)
@spec("OpenID Connect Core 1.0", "3.1.2.6", "what needs a page is refused under prompt=none")
def test_without_a_page_it_is_refused(second_steps: bool, code: ErrorCode) -> None:
    """``login_required`` where a page could do it, the other where nothing can."""
    request = structs.replace(BASE, acr_values=(TWO_FACTORS,), prompts=frozenset({Prompt.NONE}))
    with pytest.raises(OAuthError) as refused:
        decide(request, situation(BY_PASSWORD, second_steps=second_steps))
    assert refused.value.code is code


@spec("RFC 9470", "5", "what nobody can meet is refused by unmet_authentication_requirements")
def test_where_there_are_no_second_steps_it_is_refused() -> None:
    """With pages allowed as well; who has proved two factors already passes."""
    request = structs.replace(BASE, acr_values=(TWO_FACTORS,))
    with pytest.raises(OAuthError) as refused:
        decide(request, situation(BY_PASSWORD, second_steps=False))
    assert refused.value.code is ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS
    assert isinstance(decide(request, situation(BY_TWO, second_steps=False)), Issue)


def test_acr_values_are_words() -> None:
    """Read from the request, in the order in which they were sent."""
    request = parse_authorization_request(
        params(acr_values=f"{TWO_FACTORS}  {ONE_FACTOR}"), RULES, address()
    )
    assert request.acr_values == (TWO_FACTORS, ONE_FACTOR)
