"""The authorization request: first where it may be answered, then everything else."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from doorward.protocol import (
    AuthorizationRequest,
    ClientRules,
    ErrorCode,
    OAuthError,
    Parameters,
    Prompt,
    ResponseMode,
    ReturnAddress,
    code_fields,
    error_fields,
    parse_authorization_request,
    parse_form,
    parse_parameters,
    redirect_location,
    verify_return_address,
)
from tests.protocol.redirect_tables import GOOD, NEVER_REGISTERED, QUERY, VARIANTS
from tests.protocol.whatever import NAMES, any_form, any_value, printable, returned
from tests.support.attacks import asvs
from tests.support.spec import spec

ISSUER = "https://id.example.com/o/riverbend"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PLAIN = {
    "client_id": "app",
    "redirect_uri": GOOD,
    "response_type": "code",
    "scope": "openid profile",
    "state": "af0ifjsldkj",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
RULES = ClientRules(
    client_id="app",
    redirect_uris=(GOOD, QUERY, "http://127.0.0.1/cb"),
    scopes=frozenset({"openid", "profile", "offline_access"}),
    pkce_required=True,
    code_allowed=True,
    refresh_allowed=True,
)


def params(**changes: str | None) -> Parameters:
    """The plain request with ``changes``; None leaves a parameter out."""
    values = {**PLAIN, **changes}
    return parse_parameters((name, value) for name, value in values.items() if value is not None)


def address(**changes: str | None) -> ReturnAddress:
    return verify_return_address(params(**changes), RULES, issuer=ISSUER)


def parse(*, rules: ClientRules = RULES, **changes: str | None) -> AuthorizationRequest:
    return parse_authorization_request(params(**changes), rules, address(**changes))


def refusal(*, rules: ClientRules = RULES, **changes: str | None) -> ErrorCode:
    with pytest.raises(OAuthError) as refused:
        parse(rules=rules, **changes)
    return refused.value.code


# --- Where the answer may go ---------------------------------------------------------------------


@spec("RFC 6749", "4.1.1", "an authorization request is read")
def test_a_plain_request_is_read() -> None:
    request = parse()
    assert request.scopes == ("openid", "profile")
    assert request.code_challenge == CHALLENGE
    assert request.address == address()
    assert request.address.state == "af0ifjsldkj"
    assert request.address.response_mode is ResponseMode.QUERY


@spec("RFC 6749", "3.1.2.4", "an invalid redirect URI is never redirected to")
@pytest.mark.parametrize("name", VARIANTS)
def test_v_ru_no_return_address_for_a_variant(name: str) -> None:
    wanted = Parameters({**PLAIN, "redirect_uri": VARIANTS[name]})
    with pytest.raises(OAuthError) as refused:
        verify_return_address(wanted, RULES, issuer=ISSUER)
    assert refused.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("name", NEVER_REGISTERED)
def test_v_ru_no_return_address_for_a_bad_uri_that_was_stored(name: str) -> None:
    uri = NEVER_REGISTERED[name]
    rules = structs.replace(RULES, redirect_uris=(uri,))
    with pytest.raises(OAuthError):
        verify_return_address(Parameters({**PLAIN, "redirect_uri": uri}), rules, issuer=ISSUER)


def test_v_ru_no_return_address_without_a_redirect_uri() -> None:
    """Also when only one is registered: nothing is guessed."""
    rules = structs.replace(RULES, redirect_uris=(GOOD,))
    with pytest.raises(OAuthError, match="redirect_uri is missing"):
        verify_return_address(params(redirect_uri=None), rules, issuer=ISSUER)


def test_a_return_address_cannot_be_made_up() -> None:
    for proof in (None, object(), True):
        with pytest.raises(TypeError):
            ReturnAddress("app", GOOD, ResponseMode.QUERY, None, ISSUER, proof=proof)
    with pytest.raises(TypeError):
        ReturnAddress("app", GOOD, ResponseMode.QUERY, None, ISSUER)  # type: ignore[call-arg]


def test_the_proof_is_not_printed() -> None:
    assert "proof" not in repr(address())


@spec("OAuth 2.0 Form Post Response Mode", "2", "response_mode=form_post is known")
def test_the_response_mode_is_kept_for_errors_too() -> None:
    assert address(response_mode="form_post").response_mode is ResponseMode.FORM_POST
    assert parse(response_mode="query").address.response_mode is ResponseMode.QUERY


@asvs("10.4.12")
@pytest.mark.parametrize("mode", ["fragment", "FORM_POST", "form_post.jwt", "web_message", "x"])
def test_v_ru_another_response_mode_is_an_error_sent_by_query(mode: str) -> None:
    assert address(response_mode=mode).response_mode is ResponseMode.QUERY
    assert refusal(response_mode=mode) is ErrorCode.INVALID_REQUEST


# --- Everything else -----------------------------------------------------------------------------


@asvs("10.6.1")
@spec("RFC 6749", "4.1.2.1", "unsupported_response_type")
@pytest.mark.parametrize(
    "kind", ["token", "id_token", "code id_token", "code token", "none", "CODE", " code", "code "]
)
def test_another_response_type_is_refused(kind: str) -> None:
    assert refusal(response_type=kind) is ErrorCode.UNSUPPORTED_RESPONSE_TYPE


def test_a_missing_response_type_is_refused() -> None:
    assert refusal(response_type=None) is ErrorCode.INVALID_REQUEST


@spec("RFC 6749", "4.1.2.1", "unauthorized_client")
def test_a_client_without_the_grant_is_refused() -> None:
    rules = structs.replace(RULES, code_allowed=False)
    assert refusal(rules=rules) is ErrorCode.UNAUTHORIZED_CLIENT


@spec("OpenID Connect Core 1.0", "3.1.2.6", "request, request_uri and registration are refused")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("request", ErrorCode.REQUEST_NOT_SUPPORTED),
        ("request_uri", ErrorCode.REQUEST_URI_NOT_SUPPORTED),
        ("registration", ErrorCode.REGISTRATION_NOT_SUPPORTED),
    ],
)
def test_what_is_not_supported_is_refused_by_its_own_code(name: str, code: ErrorCode) -> None:
    wanted = parse_parameters([*PLAIN.items(), (name, "x")])
    with pytest.raises(OAuthError) as refused:
        parse_authorization_request(wanted, RULES, address())
    assert refused.value.code is code
    empty = parse_parameters([*PLAIN.items(), (name, "")])
    assert parse_authorization_request(empty, RULES, address()) == parse()


@spec("RFC 6749", "4.1.2.1", "invalid_scope")
@pytest.mark.parametrize(
    "scope", ["openid admin", "admin", "openid\tprofile", 'openid "', "öpenid"]
)
def test_a_scope_beyond_the_ceiling_is_refused(scope: str) -> None:
    assert refusal(scope=scope) is ErrorCode.INVALID_SCOPE


@spec("OpenID Connect Core 1.0", "11", "offline access that cannot be granted is ignored")
def test_offline_access_is_dropped_where_it_cannot_be_granted() -> None:
    rules = structs.replace(RULES, refresh_allowed=False)
    assert parse(scope="openid offline_access").scopes == ("openid", "offline_access")
    assert parse(rules=rules, scope="openid offline_access").scopes == ("openid",)


@spec("RFC 7636", "4.4.1", "a client that must use PKCE cannot leave it out")
def test_v_pk_a_public_client_without_challenge_is_refused() -> None:
    assert refusal(code_challenge=None, code_challenge_method=None) is ErrorCode.INVALID_REQUEST
    rules = structs.replace(RULES, pkce_required=False)
    request = parse(rules=rules, code_challenge=None, code_challenge_method=None)
    assert request.code_challenge is None


@spec("RFC 7636", "4.4.1", "plain is refused at the authorization endpoint")
@pytest.mark.parametrize("method", ["plain", None])
def test_v_pk_plain_is_refused(method: str | None) -> None:
    for required in (True, False):
        rules = structs.replace(RULES, pkce_required=required)
        assert refusal(rules=rules, code_challenge_method=method) is ErrorCode.INVALID_REQUEST


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt is a list of known words")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", {Prompt.NONE}),
        ("login", {Prompt.LOGIN}),
        ("login consent", {Prompt.LOGIN, Prompt.CONSENT}),
        ("consent  select_account login", {Prompt.LOGIN, Prompt.CONSENT, Prompt.SELECT_ACCOUNT}),
        ("login login", {Prompt.LOGIN}),
        ("create", {Prompt.CREATE}),
        (" ", set()),
        (None, set()),
    ],
)
def test_prompts_are_read(text: str | None, expected: set[Prompt]) -> None:
    assert parse(prompt=text).prompts == expected


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt=none excludes every other value")
@pytest.mark.parametrize(
    "text", ["none login", "create none", "sign_up", "None", "login,consent", "login\tconsent"]
)
def test_other_prompts_are_refused(text: str) -> None:
    assert refusal(prompt=text) is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("60", 60), ("007", 7), (None, None)])
def test_max_age_is_read(text: str | None, seconds: int | None) -> None:
    assert parse(max_age=text).max_age_s == seconds


@pytest.mark.parametrize("text", ["-1", "+1", "1.5", "1e3", "²", "٣", "1 ", "ten", "9" * 5000])
def test_another_max_age_is_refused(text: str) -> None:
    assert refusal(max_age=text) is ErrorCode.INVALID_REQUEST


def test_the_hints_are_kept() -> None:
    request = parse(nonce="n", login_hint="sofia", id_token_hint="ey", ui_locales="ja en")
    assert (request.nonce, request.login_hint, request.ui_locales) == ("n", "sofia", "ja en")
    assert request.id_token_hint == "ey"
    assert parse(id_token_hint="ey", scope="profile").id_token_hint is None


@spec("RFC 8707", "2", "resource is an absolute URI without a fragment")
@pytest.mark.parametrize("text", ["api", "/api", "//api.example", "https://a.example#x", "[", "#"])
def test_another_resource_is_invalid_target(text: str) -> None:
    wanted = parse_parameters([*PLAIN.items(), ("resource", text)])
    with pytest.raises(OAuthError) as refused:
        parse_authorization_request(wanted, RULES, address())
    assert refused.value.code is ErrorCode.INVALID_TARGET


def test_several_resources_are_read() -> None:
    wanted = parse_parameters(
        [*PLAIN.items(), ("resource", "https://a.example"), ("resource", "urn:b")]
    )
    request = parse_authorization_request(wanted, RULES, address())
    assert request.resources == ("https://a.example", "urn:b")


# --- Answers -------------------------------------------------------------------------------------


@spec("RFC 9207", "2", "iss is in every answer, success and refusal")
@spec("RFC 6749", "4.1.2", "state comes back exactly as it was sent")
@given(state=st.one_of(st.none(), printable.filter(bool)), uri=st.sampled_from([GOOD, QUERY]))
def test_an_answer_carries_state_and_issuer(state: str | None, uri: str) -> None:
    here = address(state=state, redirect_uri=uri)
    refused = OAuthError(ErrorCode.ACCESS_DENIED, "The person said no.", detail="private")
    for fields, own in (
        (code_fields(here, "dw_ac_1"), {"code": "dw_ac_1"}),
        (
            error_fields(here, refused),
            {"error": "access_denied", "error_description": "The person said no."},
        ),
    ):
        location = redirect_location(here, fields)
        sent = parse_qsl(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
        kept = {"tenant": "1"} if uri == QUERY else {}
        expected = {**kept, **own, "iss": ISSUER} | ({} if state is None else {"state": state})
        assert dict(sent) == expected
        assert len(sent) == len(expected)
        assert location.startswith(uri)
        assert location.isascii()
        assert not set(location) & set(' \r\n"<>\\#')


def test_a_private_scheme_is_answered_too() -> None:
    uri = "com.example.app:/cb"
    rules = structs.replace(RULES, redirect_uris=(uri,))
    here = verify_return_address(params(redirect_uri=uri), rules, issuer=ISSUER)
    assert redirect_location(here, (("code", "1"),)) == "com.example.app:/cb?code=1"


# --- Whatever arrives ----------------------------------------------------------------------------


@given(
    changes=st.dictionaries(st.sampled_from(NAMES), any_value, max_size=8),
    rules=st.builds(
        structs.replace,
        st.just(RULES),
        pkce_required=st.booleans(),
        code_allowed=st.booleans(),
        refresh_allowed=st.booleans(),
    ),
)
def test_any_request_returns_or_raises_oauth_error(
    changes: dict[str, str], rules: ClientRules
) -> None:
    wanted = returned(parse_parameters, [*{**PLAIN, **changes}.items()])
    if wanted is None:
        return
    here = returned(verify_return_address, wanted, rules, issuer=ISSUER)
    if here is None:
        return
    assert here.redirect_uri in {GOOD, QUERY, "http://127.0.0.1:80/cb"}
    request = returned(parse_authorization_request, wanted, rules, here)
    if request is not None:
        assert rules.code_allowed
        assert set(request.scopes) <= rules.scopes
        assert request.code_challenge is not None or not rules.pkce_required
        assert len(request.prompts) == 1 or Prompt.NONE not in request.prompts


@given(body=any_form)
def test_any_query_returns_or_raises_oauth_error(body: bytes) -> None:
    wanted = returned(parse_form, body)
    if wanted is None:
        return
    here = returned(verify_return_address, wanted, RULES, issuer=ISSUER)
    if here is not None:
        returned(parse_authorization_request, wanted, RULES, here)
