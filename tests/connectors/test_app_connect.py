"""Manifests of App Connect load as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import (
    BadManifest,
    Manifest,
    apply_environment,
    load_app_connect,
    match_environment,
    parse_manifest,
    write_manifest,
)
from tests.connectors import app_connect as shapes


def loaded() -> dict[str, Manifest]:
    return {each.slug: each for each in load_app_connect(shapes.whole())}


def faults_of(document: Any) -> dict[str, str]:
    with pytest.raises(BadManifest) as refusal:
        load_app_connect(document)
    return {fault.path: fault.sentence for fault in refusal.value.faults}


def changed(platform: shapes.Document, path: str, value: object) -> shapes.Document:
    document = shapes.only(platform)
    *steps, last = ["platforms", "crm", *path.split(".")]
    node: Any = document
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return document


def test_each_platform_becomes_a_manifest_of_ours() -> None:
    """In the document's order; what is kept passes our own rules."""
    found = load_app_connect(json.dumps(shapes.whole()))
    assert [each.slug for each in found] == [
        "pipedrive",
        "insightly",
        "clio",
        "redtail",
        "bullhorn",
    ]
    for manifest in found:
        assert parse_manifest(write_manifest(manifest)) == manifest
        assert '"settings":' not in write_manifest(manifest)
        assert "contactId" not in write_manifest(manifest)


def test_regions_have_their_own_client_by_host() -> None:
    """What is overridden for a host is what that region's people get."""
    clio = loaded()["clio"]
    option = clio.auth_options[0]
    assert option.client_id == "client-of-us"
    eu = match_environment(clio, "EU.app.clio.com")
    assert eu is not None
    assert (eu.name, eu.title) == ("eu-app-clio-com", "EU")
    there = apply_environment(option, eu)
    assert there.client_id == "client-of-eu"
    assert there.authorize is not None
    assert there.authorize.url == "https://eu.app.clio.com/oauth/authorize"
    us = match_environment(clio, "app.clio.com")
    assert us is not None
    assert apply_environment(option, us) == option
    assert match_environment(clio, "app.clio.com.evil.example") is None
    assert [each.name for each in clio.environments] == [
        "app-clio-com",
        "eu-app-clio-com",
        "clio-sandbox",
    ]


def test_a_redirect_uri_of_the_document_is_that_of_its_clients() -> None:
    """Unless the platform has its own, or an administrator brings the client."""
    found = loaded()
    for slug in ("clio", "pipedrive"):
        authorize = found[slug].auth_options[0].authorize
        assert authorize is not None
        assert authorize.redirect_uri == shapes.REDIRECT
    managed = load_app_connect(changed(shapes.PLAIN, "auth.oauth.clientId", ""))[0].auth_options[0]
    assert managed.admin_managed
    assert managed.authorize is not None
    assert managed.authorize.redirect_uri is None


def test_scope_and_state_are_sent_as_they_were_written() -> None:
    """The fragment keeps its keys; what cannot stand in an address is encoded once."""
    authorize = loaded()["bullhorn"].auth_options[0].authorize
    assert authorize is not None
    assert authorize.scope.raw == "access_type=offline&prompt=consent&scope=a%20b:%7Bc%7D"
    assert authorize.state.custom == "filler,platform=bullhorn"
    assert authorize.response_type == "code"
    assert authorize.pkce == "off"


@pytest.mark.parametrize("name", ["responseType", "response_type"])
def test_the_misspelt_parameter_never_reaches_a_platform(name: str) -> None:
    """We send response_type ourselves, once, wherever the manifest has either."""
    in_url = f"https://x.example/auth?{name}=code&team=1"
    document = changed(shapes.PLAIN, "auth.oauth.authUrl", in_url)
    document["platforms"]["crm"]["auth"]["oauth"]["scope"] = f"{name}=code&scope=a"
    authorize = load_app_connect(document)[0].auth_options[0].authorize
    assert authorize is not None
    assert authorize.url == "https://x.example/auth?team=1"
    assert authorize.scope.raw == "scope=a"


def test_the_client_proves_itself_by_basic_at_an_address_that_staff_supply() -> None:
    """App Connect's server keeps that address with the secret; a manifest may have it, too."""
    option = loaded()["clio"].auth_options[0]
    assert option.token is not None
    assert (option.token.client_auth, option.token.url) == ("basic", "{token_url}")
    assert [(each.name, each.scope) for each in option.variables] == [("token_url", "account")]
    known = changed(shapes.PLAIN, "auth.oauth.accessTokenUri", "https://x.example/token")
    option = load_app_connect(known)[0].auth_options[0]
    assert option.token is not None
    assert option.token.url == "https://x.example/token"
    assert option.variables == ()


def test_the_page_of_a_key_becomes_variables() -> None:
    """Buttons and texts are shown, keys are secret, managed fields are the organization's."""
    manifest = loaded()["insightly"]
    option = manifest.auth_options[0]
    button, key, url = option.variables
    assert (button.type, button.required, button.secret) == ("button", False, False)
    assert button.ui == {"ui:field": "button", "ui:variant": "contained", "ui:fullWidth": True}
    assert (key.type, key.required, key.secret, key.managed) == ("string", True, True, False)
    assert (url.managed, url.scope, url.secret) == (True, "account", False)
    assert url.ui == {"managedFieldType": "input"}
    assert (option.delivery.place, option.delivery.basic_user) == ("basic", "{apiKey}")
    assert option.form.title == "Insightly"
    assert option.form.warning == "Copy both from your settings."
    (hostname,) = manifest.variables
    assert hostname.pattern == r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.insightly\.com$"


def test_hidden_defaults_choices_and_passwords_are_kept() -> None:
    """As the page has them; a dynamic field keeps its kind for whoever lists its choices."""
    hint, username, pin, team = loaded()["redtail"].auth_options[0].variables
    assert (hint.type, hint.description) == ("text", "Sign in as you do there.")
    assert not username.secret
    assert pin.secret
    assert (team.type, team.default, team.hidden) == ("select", "1", True)
    assert [each.const for each in team.options] == ["1", "2"]
    assert (team.managed, team.scope, team.ui["managedFieldType"]) == (True, "user", "dynamic")
    assert loaded()["redtail"].auth_options[0].delivery.place == "none"


@pytest.mark.parametrize(
    ("platform", "path", "value", "at", "says"),
    [
        (shapes.PLAIN, "auth", ..., None, "missing"),
        (shapes.PLAIN, "auth.type", ..., None, "missing"),
        (shapes.PLAIN, "auth.type", "saml", None, "apiKey, oauth"),
        (shapes.PLAIN, "auth.oauth", ..., None, "missing"),
        (shapes.PLAIN, "auth.oauth.authUrl", ..., None, "missing"),
        (shapes.PLAIN, "auth.oauth.authUrl", 7.5, None, "starts with https"),
        (shapes.PLAIN, "auth.oauth.authUrl", "http://x.example", None, "starts with https"),
        (shapes.PLAIN, "auth.oauth.authUrl", "javascript:alert(1)", None, "starts with https"),
        (shapes.PLAIN, "auth.oauth.clientId", ..., None, "missing"),
        (shapes.PLAIN, "auth.oauth.scope", "scope=a&state=b", None, "field of its own"),
        (shapes.PLAIN, "auth.oauth.scope", ["a"], None, "must be text"),
        (shapes.PLAIN, "environment.type", "floating", None, "dynamic, fixed, selectable"),
        (shapes.PLAIN, "environment.type", "selectable", "environment.selections", "choose"),
        (shapes.PLAIN, "environment.type", "fixed", "environment.url", "missing"),
        (shapes.PLAIN, "settings", {}, None, "must be a list"),
        (shapes.PLAIN, "contactTypes", "x", None, "must be a list"),
        (shapes.PLAIN, "override", {}, None, "must be a list"),
        (shapes.PLAIN, "name", 7, None, ""),
        (shapes.REGIONS, "override.0.triggerType", "moon", None, "hostname, meta"),
        (shapes.REGIONS, "override.0.overrideObjects.0.value", "ftp://x", "override", "https"),
        (shapes.REGIONS, "environment.selections.0.const", "app.clio.com", None, "address of a"),
        (shapes.KEY, "auth.apiKey", ..., None, "missing"),
        (shapes.KEY, "auth.apiKey.page", ..., None, "missing"),
        (shapes.KEY, "auth.apiKey.page.content.0.const", ..., None, "missing"),
        (shapes.KEY, "auth.apiKey.page.content.0.const", "apiKey",
         "auth.apiKey.page.content.1.const", "twice"),
        (shapes.KEY, "auth.apiKey.page.content.0.const", "a b", None, "starts with a letter"),
        (shapes.KEY, "auth.apiKey.page.content.1.default", "sk", None, "everybody can read"),
        (shapes.KEY, "auth.apiKey.page.content.1.type", "bytes", None, "not a type"),
        (shapes.KEY, "auth.apiKey.page.content.2.managedScope", "world", None, "account, user"),
        (shapes.KEY, "auth.apiKey.page.content.2.managedFieldType", "dynamic", None, "each user"),
        (shapes.KEY, "auth.apiKey.page.content.1.required", "yes", None, "true or false"),
        (shapes.KEY, "auth.apiKey.page.content", {"a": 1}, None, "must be a list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_path_in_the_document(
    platform: shapes.Document, path: str, value: object, at: str | None, says: str
) -> None:
    """In App Connect's own words for the field."""
    document = changed(platform, path, value)
    if not says:
        assert load_app_connect(document)
        return
    assert says in faults_of(document).get(f"platforms.crm.{at or path}", ""), faults_of(document)


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({}, "platforms"),
        ({"platforms": []}, "platforms"),
        ({"platforms": {}}, "platforms"),
        ({"platforms": {"crm": None}}, "platforms.crm"),
        ({"platforms": {"crm": "x"}}, "platforms.crm"),
        ("{", ""),
        ("[]", ""),
    ],
)
def test_a_document_without_platforms_is_refused(document: Any, at: str) -> None:
    """The validator's first question."""
    assert at in faults_of(document)


def test_every_fault_of_every_platform_is_told_at_once() -> None:
    """One reading, one list."""
    document = shapes.whole()
    del document["platforms"]["clio"]["auth"]["oauth"]["authUrl"]
    document["platforms"]["insightly"]["auth"]["type"] = "x"
    assert set(faults_of(document)) == {
        "platforms.clio.auth.oauth.authUrl",
        "platforms.insightly.auth.type",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
PLACES = st.sampled_from(
    ["environment", "environment.type", "environment.urlIdentifier", "auth", "auth.oauth",
     "auth.oauth.authUrl", "auth.oauth.scope", "auth.oauth.customState", "auth.oauth.redirectUri",
     "override", "override.0.triggerValue", "override.0.overrideObjects", "name", "displayName"]
)  # fmt: skip


@given(path=PLACES, value=JSON | st.text(alphabet="*./:{}%?#& ab", max_size=20))
def test_whatever_stands_in_a_field_the_answer_is_manifests_or_faults(
    path: str, value: object
) -> None:
    """Nothing else ever comes out, and what comes out passes our own rules."""
    try:
        found = load_app_connect(changed(shapes.REGIONS, path, value))
    except BadManifest:
        return
    for manifest in found:
        assert parse_manifest(write_manifest(manifest)) == manifest
