"""The discovery document says what this server does, and nothing that it does not."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod, Prompt, ResponseMode, server_metadata
from tests.support.spec import spec

ISSUER = "https://id.example.com/o/riverbend"
DOCUMENT = server_metadata(
    ISSUER,
    scopes=["openid"],
    algorithms=["RS256", "ES256"],
    claims=["sub", "name"],
    sign_up=True,
)


@spec("RFC 8414", "2", "the required members are there")
@spec("OpenID Connect Discovery 1.0", "3", "the required members are there")
@pytest.mark.parametrize(
    "name",
    [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ],
)
def test_a_required_member_is_there(name: str) -> None:
    assert DOCUMENT[name]


@spec("RFC 8414", "3.3", "the issuer is exactly the one that was asked for")
def test_every_address_is_under_the_issuer() -> None:
    assert DOCUMENT["issuer"] == ISSUER
    for name, value in DOCUMENT.items():
        if name.endswith(("_endpoint", "_uri")):
            assert str(value).startswith(f"{ISSUER}/")


@spec("OpenID Connect Discovery 1.0", "3", "RS256 is among the algorithms of ID tokens")
def test_the_algorithms_are_those_of_the_keys() -> None:
    assert DOCUMENT["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]


@spec("RFC 9700", "2.1.1", "code_challenge_methods_supported is published, without plain")
def test_only_s256_is_offered() -> None:
    assert DOCUMENT["code_challenge_methods_supported"] == ["S256"]


@spec("RFC 9700", "2.1.2", "neither the implicit grant nor passwords are offered")
def test_neither_implicit_nor_password() -> None:
    assert DOCUMENT["response_types_supported"] == ["code"]
    assert set(DOCUMENT["grant_types_supported"]) == {  # type: ignore[call-overload]
        "authorization_code",
        "refresh_token",
        "client_credentials",
    }


@spec("RFC 9207", "3", "authorization_response_iss_parameter_supported is true")
def test_the_issuer_in_answers_is_announced() -> None:
    assert DOCUMENT["authorization_response_iss_parameter_supported"] is True


def test_the_document_names_what_the_parsers_know() -> None:
    assert DOCUMENT["response_modes_supported"] == [mode.value for mode in ResponseMode]
    assert DOCUMENT["prompt_values_supported"] == [prompt.value for prompt in Prompt]
    assert DOCUMENT["token_endpoint_auth_methods_supported"] == [
        method.value for method in AuthMethod
    ]
    assert (
        AuthMethod.NONE.value
        not in DOCUMENT[  # type: ignore[operator]
            "introspection_endpoint_auth_methods_supported"
        ]
    )


@spec("Initiating User Registration 1.0", "4", "prompt=create is named only where it works")
def test_signing_up_is_named_where_people_may() -> None:
    closed = server_metadata(ISSUER, scopes=[], algorithms=[], claims=[])
    assert closed["prompt_values_supported"] == ["none", "login", "consent", "select_account"]


def test_what_is_not_done_is_denied() -> None:
    """OpenID Connect's default for request_uri is true, so silence would promise it."""
    for name in ("claims", "request", "request_uri"):
        assert DOCUMENT[f"{name}_parameter_supported"] is False


def test_documents_do_not_share_lists() -> None:
    other = server_metadata(ISSUER, scopes=[], algorithms=[], claims=[])
    for name, value in DOCUMENT.items():
        assert not isinstance(value, list) or value is not other[name], name
