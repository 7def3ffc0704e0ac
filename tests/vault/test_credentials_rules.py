"""What may be submitted as tenant credentials: each rule passes once and fails once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from doorward.connectors import BadVariable, Manifest, Variable
from doorward.connectors.requests import Authorize, TokenRequest
from doorward.crypto import Secret
from doorward.protocol import Refusal
from doorward.vault.credentials_model import Secrets
from doorward.vault.credentials_refusals import BadCredentials, MayNotSubmit, NotForCredentials
from doorward.vault.credentials_rules import (
    Terms,
    callback_of,
    find_client_option,
    verify_complete,
    verify_secret,
    verify_submission,
)
from tests.vault.crm import CALLBACK, ISSUER, crm, given

TERMS = Terms((ISSUER, "https://river.example.org"), may_manage=True)
FIXED = "https://apps.example.com/redirect.html"
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def fixed() -> Manifest:
    """A platform that knows one redirect URI, which is none of ours."""
    authorize = Authorize(url="https://crm.example.com/authorize", redirect_uri=FIXED)
    return crm(option={"authorize": authorize})


def test_the_callback_is_another_for_each_organization_and_connector() -> None:
    """A code that was meant for one is never taken for another's."""
    addresses = {
        callback_of(f"https://id.example.org/o/{org}", connector)
        for org in ("river", "lake")
        for connector in ("crm", "ledger")
    }
    assert len(addresses) == 4


@pytest.mark.parametrize(
    ("manifest", "typed", "kept"),
    [
        (crm(), "", CALLBACK),
        (crm(), CALLBACK, CALLBACK),
        (crm(), f" {CALLBACK}\n", CALLBACK),
        (
            crm(),
            "https://river.example.org/connect/callback/crm",
            "https://river.example.org/connect/callback/crm",
        ),
        (fixed(), "", FIXED),
        (fixed(), FIXED, FIXED),
        (fixed(), CALLBACK, CALLBACK),
    ],
)
def test_the_redirect_uri_is_ours_or_the_manifests(
    manifest: Manifest, typed: str, kept: str
) -> None:
    """Ours where nothing is typed, unless the manifest fixes one."""
    assert verify_submission(manifest, given(redirect_uri=typed), TERMS).redirect_uri == kept


@pytest.mark.parametrize(
    "typed",
    [
        "https://evil.example.net/connect/callback/crm",
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        CALLBACK.replace("river", "lake"),
        CALLBACK.replace("/crm", "/ledger"),
        CALLBACK.replace("https", "http"),
        CALLBACK.upper(),
        FIXED,
    ],
)
def test_any_other_redirect_uri_is_refused(typed: str) -> None:
    """Whatever is almost ours is not."""
    with pytest.raises(BadCredentials) as refused:
        verify_submission(crm(), given(redirect_uri=typed), TERMS)
    assert refused.value.field == "redirect_uri"


@pytest.mark.parametrize("field", ["token_url", "authorization_url"])
@pytest.mark.parametrize(
    "typed",
    [
        "http://crm.example.com/token",
        "https://169.254.169.254/token",
        "https://10.0.0.1/token",
        "https://[::1]/token",
        "https://[::ffff:10.0.0.1]/token",
        "https://user@crm.example.com/token",
        "https://crm.example.com/token#x",
        "https://crm.example.com:22/token",
        "https://0x7f.1/token",
        "https://crm.example.com/?x={client_secret}",
        "ftp://crm.example.com/",
        "//crm.example.com/",
        "javascript:alert(1)",
        "https://crm.example.com/\x00",
        "x" * 5000,
    ],
)
def test_addresses_that_nothing_may_be_sent_to_are_refused(field: str, typed: str) -> None:
    """Private, unencrypted, and whatever a template would read more into."""
    with pytest.raises(BadCredentials) as refused:
        verify_submission(crm(), given(1, **{field: typed}), TERMS)
    assert refused.value.field == field


def test_a_private_address_that_the_installation_allows_may_be_named() -> None:
    """Where the platform stands in the same house."""
    terms = Terms((ISSUER,), may_manage=True, allowed=frozenset({"10.0.0.1:8443"}))
    typed = given(token_url="https://10.0.0.1:8443/token")
    assert verify_submission(crm(), typed, terms).extra.token_url == typed.token_url


@pytest.mark.parametrize("field", ["token_url", "authorization_url"])
def test_who_is_no_administrator_says_nothing_about_addresses(field: str) -> None:
    """They would be handed everybody's codes and the client's secret."""
    terms = Terms((ISSUER,), may_manage=False)
    with pytest.raises(MayNotSubmit):
        verify_submission(crm(), given(1, **{field: "https://crm.example.com/x"}), terms)
    assert verify_submission(crm(), given(), terms).client_id == "client-1"


@pytest.mark.parametrize(
    ("typed", "good"),
    [
        ("acme.crm.example.com", True),
        ("https://acme.crm.example.com/login?x=1", True),
        ("ACME.crm.example.com.", True),
        ("evil.example.net", False),
        ("evil.com/#.crm.example.com", False),
        ("acme.crm.example.com@evil.example.net", False),
        ("https://acme.crm.example.com@evil.example.net/", False),
        ("acme.crm.example.com:8443", False),
        ("a.b.crm.example.com", False),
        ("аcme.crm.example.com", False),
    ],
)
def test_a_host_variable_matches_its_pattern(typed: str, good: bool) -> None:
    """What is typed there decides who receives the secret."""
    if good:
        checked = verify_submission(crm(), given(values={"host": typed}), TERMS)
        assert checked.extra.values == {"host": "acme.crm.example.com"}
    else:
        with pytest.raises(BadVariable):
            verify_submission(crm(), given(values={"host": typed}), TERMS)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("client_id", ""),
        ("client_id", "   "),
        ("client_id", "two\nlines"),
        ("client_id", "x" * 513),
        ("client_id", "nul\x00"),
        ("client_secret", Secret("two\nlines")),
        ("client_secret", Secret("nul\x00")),
        ("client_secret", Secret("x" * 4097)),
        ("client_secret", Secret("\ud800")),
        ("scopes", ("two words",)),
        ("scopes", ("x" * 513,)),
        ("scopes", ("",)),
        ("scopes", tuple(f"s{n}" for n in range(201))),
        ("label", "x" * 101),
        ("label", "two\nlines"),
        ("private_key", Secret("no key")),
        ("private_key", Secret(CERTIFICATE)),
        ("private_key", Secret(KEY + CERTIFICATE + "and more")),
    ],
)
def test_what_is_no_such_thing_is_refused_by_its_field(field: str, typed: Any) -> None:
    """And never repeated."""
    with pytest.raises(BadCredentials) as refused:
        verify_submission(crm(), given(1, **{field: typed}), TERMS)
    assert refused.value.field == field


def test_a_key_may_have_its_certificates_behind_it() -> None:
    """Where the platform wants to see them in TLS."""
    for pem in (KEY, KEY + CERTIFICATE, KEY + CERTIFICATE * 2):
        checked = verify_submission(crm(), given(1, private_key=Secret(pem)), TERMS)
        assert checked.private_key == Secret(pem)


def with_variables(*variables: Variable) -> Manifest:
    """The platform with these variables."""
    return crm(option={"variables": variables})


def test_a_field_that_the_connector_has_not_is_refused() -> None:
    """Also one that belongs to each person, or comes from the platform."""
    manifest = with_variables(
        Variable(name="own"), Variable(name="brought", scope="account", source="token")
    )
    for name in ("nothing", "own", "brought", "x" * 500, "nul\x00"):
        with pytest.raises(BadCredentials) as refused:
            verify_submission(manifest, given(values={name: "x"}), TERMS)
        assert refused.value.field == name[:64]


def test_variables_of_the_organization_and_of_its_application_come_along() -> None:
    """Secret ones apart from the others; those that are filled in elsewhere too are not missed."""
    manifest = with_variables(
        Variable(name="tenant", scope="account"),
        Variable(name="system", scope="app"),
        Variable(name="system_key", scope="app", secret=True),
        Variable(name="contact", scope="account", managed=True),
        Variable(name="version", scope="app", default="v1"),
    )
    values = {"tenant": "acme", "system": "doorward", "system_key": " Bearer k "}
    checked = verify_submission(manifest, given(values=values), TERMS)
    assert checked.extra.values == {"tenant": "acme", "system": "doorward"}
    assert checked.secret_values == {"system_key": Secret("k")}
    for missing in values:
        rest = {name: value for name, value in values.items() if name != missing}
        with pytest.raises(BadVariable) as refused:
            verify_submission(manifest, given(values=rest), TERMS)
        assert refused.value.field == missing
    rest = {"tenant": "acme", "system": "doorward"}
    kept = frozenset({"system_key"})
    assert verify_submission(manifest, given(values=rest), TERMS, kept).secret_values == {}


@pytest.mark.parametrize(
    ("token", "wants"),
    [
        ({"client_auth": "basic"}, True),
        ({"client_auth": "basic", "basic_password": "{password}"}, False),
        ({"client_auth": "basic", "basic_user": "{client_secret}", "basic_password": ""}, True),
        ({"client_auth": "custom", "auth_headers": {"X-Key": "{client_id}"}}, False),
        ({"client_auth": "custom", "auth_headers": {"X-Key": "{client_secret}"}}, True),
        ({"client_auth": "client_secret_jwt"}, True),
        ({"client_auth": "none"}, False),
    ],
)
def test_a_secret_is_wanted_where_something_that_is_sent_has_it_in_it(
    token: dict[str, Any], wants: bool
) -> None:
    """Some platforms give out a client id alone."""
    manifest = crm(option={"token": TokenRequest(url="https://crm.example.com/token", **token)})
    option = manifest.auth_options[0]
    if wants:
        with pytest.raises(BadCredentials):
            verify_complete(manifest, option, Secrets())
    else:
        assert verify_complete(manifest, option, Secrets())


def test_a_key_that_each_person_types_is_not_wanted_of_the_organization() -> None:
    """As for clients that act for one certificate each."""
    token = TokenRequest(url="https://crm.example.com/token", client_auth="private_key_jwt")
    own_key = (Variable(name="private_key", secret=True),)
    manifest = crm(option={"token": token, "variables": own_key})
    assert verify_complete(manifest, manifest.auth_options[0], Secrets())


def test_a_connector_without_client_takes_no_credentials() -> None:
    """A key form is filled in by the person."""
    manifest = crm(option={"type": "api_key"})
    with pytest.raises(NotForCredentials):
        find_client_option(manifest)


@pytest.mark.parametrize(
    ("client_auth", "wants"),
    [
        ("basic", "client_secret"),
        ("post", "client_secret"),
        ("private_key_jwt", "private_key"),
        ("tls_client_auth", "private_key"),
    ],
)
def test_what_the_client_is_proved_by_must_be_there(client_auth: Any, wants: str) -> None:
    """Each way of proving it wants its own."""
    token = TokenRequest(url="https://crm.example.com/token", client_auth=client_auth)
    manifest = crm(option={"token": token})
    option = manifest.auth_options[0]
    with pytest.raises(BadCredentials) as refused:
        verify_complete(manifest, option, Secrets())
    assert refused.value.field == wants
    bare = msgspec.structs.replace(option, token=TokenRequest(client_auth="none"))
    assert verify_complete(manifest, bare, Secrets())


def test_a_pasted_secret_loses_the_space_around_it() -> None:
    """And nothing else: a space within may belong to it."""
    assert verify_secret(Secret("  a b\n")) == Secret("a b")


texts = st.text(max_size=60)


@drawn(
    client_id=texts,
    secret=texts,
    urls=st.tuples(texts, texts, texts),
    scopes=st.none() | st.lists(texts, max_size=5).map(tuple),
    values=st.dictionaries(st.just("host") | texts, texts, max_size=2),
)
def test_whatever_is_typed_is_taken_or_refused(
    client_id: str,
    secret: str,
    urls: tuple[str, str, str],
    scopes: tuple[str, ...] | None,
    values: dict[str, str],
) -> None:
    """Nothing that anybody types is a failure of ours."""
    typed = given(
        client_id=client_id,
        client_secret=Secret(secret),
        redirect_uri=urls[0],
        authorization_url=urls[1],
        token_url=urls[2],
        scopes=scopes,
        values=values,
    )
    try:
        checked = verify_submission(crm(), typed, TERMS)
    except Refusal:
        return
    assert checked.client_id == client_id.strip()
