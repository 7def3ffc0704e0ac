"""Manifests: everything that is wrong is told at once, each with its path."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.connectors import (
    BadManifest,
    Manifest,
    manifest_schema,
    parse_manifest,
    warnings_of,
    write_manifest,
)
from doorward.connectors.slots import PLACES
from tests.connectors.manifests import Document, plain, with_field

OAUTH = "auth_options.0"


def faults_of(given: Any) -> dict[str, str]:
    try:
        parse_manifest(given)
    except BadManifest as refusal:
        return {fault.path: fault.sentence for fault in refusal.faults}
    return {}


def test_a_manifest_is_read_and_written_without_loss() -> None:
    """What is kept is short, and read again it is the same."""
    manifest = parse_manifest(plain())
    written = write_manifest(manifest)
    assert parse_manifest(written) == manifest
    assert msgspec.json.decode(written, type=Manifest) == manifest
    assert "timeout_s" not in written
    assert manifest.auth_options[0].token is not None
    assert manifest.auth_options[0].token.client_auth == "post"


@pytest.mark.parametrize("form", [str, str.encode, json.loads])
def test_a_manifest_comes_as_text_bytes_or_an_object(form: Any) -> None:
    """An editor's reference to the schema may stand in it."""
    document = plain(**{"$schema": "https://doorward.example/schemas/connector.json"})
    assert parse_manifest(form(json.dumps(document))) == parse_manifest(plain())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """With the path of each field and a sentence about it."""
    document = plain(name=3, summary=[1], nmae="x")
    del document["slug"]
    ways = manifest_schema()["$defs"]["TokenRequest"]["properties"]["client_auth"]["enum"]
    option = document["auth_options"][0]
    option["token"].update(method="PUT", timeout_s=0, client_auth=None)
    option.update(expiry=[], refresh={"url": 7}, tokn={})
    assert faults_of(document) == {
        "slug": "This is missing.",
        "nmae": "There is no such field. Did you mean name?",
        "name": "This must be text.",
        "summary": "This must be text or an object.",
        f"{OAUTH}.token.method": "This is one of: GET, POST.",
        f"{OAUTH}.token.timeout_s": "This must be at least 1.",
        f"{OAUTH}.token.client_auth": f"This is one of: {', '.join(ways)}.",
        f"{OAUTH}.expiry": "This must be an object.",
        f"{OAUTH}.refresh.url": "This must be text.",
        f"{OAUTH}.tokn": "There is no such field. Did you mean token?",
    }


@pytest.mark.parametrize(
    ("path", "value", "at", "says"),
    [
        ("slug", "Acme", None, "A slug is"),
        ("slug", "acme\n", None, "characters that cannot be used"),
        ("slug", "a" * 64, None, "A slug is"),
        ("name", "", None, "must not be empty"),
        ("name", "Acme\u202eMRC", None, "characters that cannot be used"),
        ("name", " ", None, "one line"),
        ("doorward", 2, None, "one of: 1"),
        ("docs_url", "javascript:alert(1)", None, "A link starts"),
        ("summary", {"ja": "商談"}, None, "in English"),
        ("summary", {"en": "x", "???": "x"}, "summary.???", "not a language"),
        ("auth_options", [], None, "at least one"),
        ("auth_options.1.name", "oauth", "auth_options", "stands there twice"),
        ("auth_options.1.token", {"url": "https://x.example"}, None, "asks for no tokens"),
        ("auth_options.1.client_id", "x", None, "asks for no tokens"),
        ("auth_options.1.authorize", {"url": "https://x.example"}, None, "sends nobody"),
        ("auth_options.1.callback", {"code_param": "x"}, None, "nobody comes back"),
        ("auth_options.1.type", "basic", "auth_options.1.delivery.place", "sent as basic"),
        ("auth_options.1.type", "oauth2_client_credentials", "auth_options.1.token", "needs"),
        (f"{OAUTH}.authorize", None, None, "where people are sent"),
        (f"{OAUTH}.token.url", "", None, "missing"),
        (f"{OAUTH}.token.body", "xml", f"{OAUTH}.token.xml_template", "needs its template"),
        (f"{OAUTH}.token.client_auth", "custom", f"{OAUTH}.token.auth_headers", "there are none"),
        (f"{OAUTH}.token.auth_headers", {"X-A": "b"}, None, "Only client_auth custom"),
        (f"{OAUTH}.token.headers", {"X A": "b"}, f"{OAUTH}.token.headers.X A", "not the name"),
        (f"{OAUTH}.token.headers", {"Host": "b"}, f"{OAUTH}.token.headers.Host", "decides"),
        (f"{OAUTH}.token.headers", {"X-A": "é"}, f"{OAUTH}.token.headers.X-A", "header cannot"),
        (f"{OAUTH}.token.params", {"a": "{nope}"}, f"{OAUTH}.token.params.a", "called nope"),
        (f"{OAUTH}.token.params", {"a": "{"}, f"{OAUTH}.token.params.a", "brace stands alone"),
        (f"{OAUTH}.token.params", {"a": "{subdomain|x}"}, f"{OAUTH}.token.params.a", "filters are"),
        (f"{OAUTH}.authorize.params", {"responseType": "code"},
         f"{OAUTH}.authorize.params.responseType", "spells this response_type"),
        (f"{OAUTH}.authorize.params", {"state": "x"}, f"{OAUTH}.authorize.params.state", "field"),
        (f"{OAUTH}.authorize.params", {"redirect_uri": "https://evil.example"},
         f"{OAUTH}.authorize.params.redirect_uri", "field of its own"),
        (f"{OAUTH}.authorize.scope", {"raw": "scope=a&client_id=b"},
         f"{OAUTH}.authorize.scope.raw", "field of its own"),
        (f"{OAUTH}.authorize.scope", {"raw": "scope=a#b"}, f"{OAUTH}.authorize.scope.raw", "#"),
        (f"{OAUTH}.authorize.scope.default", ["a b"], None, "one entry"),
        (f"{OAUTH}.authorize.scope.default", ["a", "a"], None, "twice"),
        (f"{OAUTH}.authorize.scope.param", None, f"{OAUTH}.authorize.scope.default", "never sent"),
        (f"{OAUTH}.authorize.scope.optional", ["a"],
         f"{OAUTH}.authorize.scope.optional_param", "name of its parameter"),
        (f"{OAUTH}.authorize.state", {"custom": "x", "send": False},
         f"{OAUTH}.authorize.state.custom", "never sent"),
        (f"{OAUTH}.authorize.state", {"min_length": 100, "max_length": 50},
         f"{OAUTH}.authorize.state.min_length", "more than"),
        (f"{OAUTH}.refresh_policy", {"idle_expiry_days": 7, "keepalive_days": 7},
         f"{OAUTH}.refresh_policy.keepalive_days", "too late"),
        (f"{OAUTH}.refresh", {"client_auth": "custom"},
         f"{OAUTH}.refresh.auth_headers", "there are none"),
        ("auth_options.1.delivery.value", "{access_token}", None, "called access_token"),
        ("auth_options.1.delivery.name", "Host", None, "decides about"),
        ("variables.0.name", "client_id", None, "a meaning of its own"),
        ("variables.0.pattern", "[a-z]+", None, "starts with ^"),
        ("variables.0.pattern", "^(?=a)$", None, "plain brackets"),
        ("variables.0.default", "A!", None, "own pattern"),
        ("variables.0.visible_when", {"x": "y"}, "variables.0.visible_when.x", "is called x"),
        ("variables.0.type", "select", "variables.0.options", "nothing to choose"),
        ("variables.0.options", [{"const": "a"}], None, "Only a select"),
        ("variables.0.hidden", True, None, "Nobody can fill in"),
        ("variables.0.help_url", "ftp://x", None, "A link starts"),
        ("auth_options.1.variables.0.default", "sk_live", None, "A secret in a manifest"),
        ("auth_options.1.variables.0.name", "subdomain",
         "auth_options.1.variables.0.name", "stands there twice"),
        ("proxy.base_url", "https://{nope}.example", None, "called nope"),
        ("proxy.allow_hosts", ["evil.com/x"], "proxy.allow_hosts.0", "host name"),
        ("environments", [{"name": "eu"}, {"name": "eu"}], None, "twice"),
        ("environments", [{"name": "eu", "values": {"client_secret": "x"}}],
         "environments.0.values.client_secret", "meaning of its own"),
        ("environments", [{"name": "eu", "values": {"a b": "x"}}],
         "environments.0.values.a b", "A name starts"),
        (f"{OAUTH}.response", {"named": {"access_token": "a.b"}},
         f"{OAUTH}.response.named.access_token", "meaning of its own"),
        (f"{OAUTH}.response", {"captures": [{"path": "a", "to": "client_id"}]},
         f"{OAUTH}.response.captures.0.to", "meaning of its own"),
        (f"{OAUTH}.callback", {"capture": [{"path": "a", "to": "redirect_uri"}]},
         f"{OAUTH}.callback.capture.0.to", "meaning of its own"),
        ("environments", [{"name": "eu", "match_hostname": "x"}],
         "environments.0.match_hostname", "starts with ^"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(
    path: str, value: object, at: str | None, says: str
) -> None:
    """One mistake in a good manifest is one fault, at the field that has to change."""
    document = with_field(path, value)
    if at == "auth_options.1.token":
        del document["auth_options"][1]["delivery"]
    found = faults_of(document)
    assert says in found.get(at or path, ""), found


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://acme.example/token", "starts with https://"),
        ("ftp://acme.example/token", "starts with https://"),
        ("acme.example/token", "starts with https://"),
        ("https://user@acme.example/token", "host name"),
        ("https://acme.example/../token", "dot segments"),
        ("https://acme.example/a b", "visible ASCII"),
        ("https:///token", "host name"),
        ("https://", "host name"),
        ("https://acme.example:0/token", "host name"),
        ("//acme.example/token", "starts with https://"),
    ],
)
def test_an_address_is_https_to_a_host(url: str, says: str) -> None:
    """Anything else is refused before it is ever asked."""
    assert says in faults_of(with_field(f"{OAUTH}.token.url", url))[f"{OAUTH}.token.url"]


def test_plain_http_to_this_machine_is_allowed_with_a_warning() -> None:
    """For trying things out; only there."""
    manifest = parse_manifest(with_field(f"{OAUTH}.token.url", "http://127.0.0.1:9000/token"))
    assert [w.path for w in warnings_of(manifest)] == [f"{OAUTH}.token.url", "verified"]
    for sly in ("http://127.0.0.1.evil.example/", "http://localhost@evil.example/"):
        assert faults_of(with_field(f"{OAUTH}.token.url", sly))


@pytest.mark.parametrize(
    ("variable", "url", "is_refused"),
    [
        ({"name": "v"}, "https://{v}.acme.example/t", True),
        ({"name": "v", "pattern": "^[a-z]+$"}, "https://{v}.acme.example/t", False),
        ({"name": "v", "pattern": "^[a-z.]+$"}, "https://{v}/t", True),
        ({"name": "v", "pattern": "^[a-z.]+$", "scope": "account"}, "https://{v}/t", False),
        ({"name": "v", "pattern": r"^[a-z]+\.acme\.example$"}, "https://{v}/t", False),
        ({"name": "v", "type": "hostname", "pattern": "^[a-z.]+$"}, "https://{v}/t", True),
        ({"name": "v", "type": "url", "pattern": "^https://[a-z.]+$"}, "{v}/t", True),
        ({"name": "v", "type": "url", "pattern": r"^https://[a-z]+\.a\.example$"}, "{v}/t", False),
        ({"name": "v", "type": "url"}, "{v}/t", True),
        ({"name": "v", "source": "callback"}, "https://{v}/t", True),
        ({"name": "v", "source": "callback", "pattern": "^[a-z.]+$"}, "https://{v}/t", True),
        ({"name": "v", "source": "token"}, "https://{v}/t", False),
        ({"name": "v"}, "https://acme.example/{v}/t", False),
        ({"name": "v"}, "https://acme.example/?host={v}", False),
    ],
)  # fmt: skip
def test_nobody_has_the_clients_secret_sent_to_a_host_of_their_own(
    variable: Document, url: str, is_refused: bool
) -> None:
    """Whoever decides where a token request goes is held to the platform's own domain."""
    document = with_field(f"{OAUTH}.token.url", url)
    document["variables"].append(variable)
    assert bool(faults_of(document)) is is_refused, faults_of(document)


def test_a_capture_of_the_callback_decides_about_no_host_unless_it_is_declared() -> None:
    """What comes with the browser was written by whoever sits before it."""
    document = with_field(f"{OAUTH}.token.url", "{server}/token")
    document["auth_options"][0]["callback"] = {"capture": [{"path": "srv", "to": "server"}]}
    assert "comes back with the browser" in faults_of(document)[f"{OAUTH}.token.url"]
    pattern = r"^https://accounts\.acme\.(example|test)$"
    document["variables"].append(
        {"name": "server", "type": "url", "source": "callback", "pattern": pattern}
    )
    assert faults_of(document) == {}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"slug": 1e400}',
        '{"slug": NaN}',
        '{"slug": "a", "slug": "b"}',
        '{"slug": ' + "9" * 5_000 + "}",
        '{"name": "\\ud800"}',
        '{"name": "a\\u0000b"}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        "x" * 300_000,
        {"slug": object()},
        {"slug": float("nan")},
        {"a": {"b": {"c": {"d": {"e": {"f": [[[[[[[[[[[[[1]]]]]]]]]]]]]}}}}}},
    ],
)
def test_what_is_no_manifest_at_all_is_refused(given: Any) -> None:
    """However it is broken, the answer is a list of faults."""
    with pytest.raises(BadManifest) as refusal:
        parse_manifest(given)
    assert refusal.value.faults


def test_a_field_that_stands_twice_is_refused() -> None:
    """Readers of the same document would otherwise read two manifests in it."""
    twice = json.dumps(plain())[:-1] + ', "name": "Another"}'
    assert faults_of(twice) == {"": "The field 'name' stands twice in one object."}


def test_a_manifest_has_at_most_256_kilobytes() -> None:
    """Counted in bytes, before it is read."""
    document = plain(notes="é")
    room = 262_144 - len(json.dumps(document, ensure_ascii=False).encode())
    padded = json.dumps(document, ensure_ascii=False) + " " * room
    assert parse_manifest(padded).notes == "é"
    assert faults_of(padded + " ") == {"": "A manifest has at most 256 KB."}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["slug", "variables", "variables.0.pattern", "variables.0.options", "environments", "proxy",
     OAUTH, f"{OAUTH}.token", f"{OAUTH}.token.url", f"{OAUTH}.token.params", f"{OAUTH}.response",
     f"{OAUTH}.authorize.scope", f"{OAUTH}.authorize.scope.raw", f"{OAUTH}.post_connect",
     f"{OAUTH}.expiry.default_lifetime_s", "auth_options", "summary"]
)  # fmt: skip


@settings(max_examples=300)
@given(path=FIELDS, value=JSON | st.text(alphabet="{}|:/.#?@^$()[]ab", max_size=20))
def test_whatever_stands_in_a_field_the_answer_is_a_manifest_or_its_faults(
    path: str, value: object
) -> None:
    """Nothing else ever comes out."""
    document = with_field(path, value)
    try:
        manifest = parse_manifest(document)
    except BadManifest:
        return
    assert parse_manifest(write_manifest(manifest)) == manifest


def test_a_manifest_full_of_faults_is_answered_with_a_bounded_list() -> None:
    """Two hundred are enough to begin with."""
    document = plain()
    document["auth_options"][0]["token"]["params"] = {f"p{i}": "{x}{y}{z}" for i in range(100)}
    assert len(faults_of(document)) <= 200


def test_environments_times_ways_to_connect_are_bounded() -> None:
    """Each pair is looked at, so that a manifest of few kilobytes could mean much work."""
    environments = [{"name": f"e{i}"} for i in range(40)]
    option = plain()["auth_options"][0]
    few = plain(environments=environments, auth_options=[option])
    assert faults_of(few) == {}
    many = [{**option, "name": f"o{i}"} for i in range(4)]
    assert "more than 120" in faults_of({**few, "auth_options": many})["environments"]


def test_every_field_that_holds_templates_is_in_the_table_of_places() -> None:
    """The names in the table are fields of the model."""
    sections = manifest_schema()["$defs"]
    for kind, field in PLACES:
        assert field in sections[kind]["properties"], (kind, field)


def test_what_an_environment_sets_is_held_against_the_rules() -> None:
    """A region with a bad address is found before somebody there connects."""
    region = {"name": "eu", "overrides": [{"path": "token.url", "value": "http://evil.example/t"}]}
    found = faults_of(plain(environments=[region]))
    assert "starts with https://" in found["environments.0.overrides"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("token.nope", "x", "does not fit"),
        ("token.timeout_s", "x", "does not fit"),
        ("name", "x", "can be set"),
        ("variables.0.pattern", "x", "can be set"),
        ("type", "api_key", "can be set"),
        ("identity.url.x", "x", "nothing at"),
        ("revoke.7.url", "x", "nothing at"),
        ("revoke.x.url", "x", "nothing at"),
        ("refresh.url", "x", "nothing at"),
        ("__class__", "x", "can be set"),
    ],
)
def test_an_environment_sets_only_what_is_there(path: str, value: str, says: str) -> None:
    """By its path, and with a value of its kind."""
    region = {"name": "eu", "overrides": [{"path": f"oauth:{path}", "value": value}]}
    assert says in faults_of(plain(environments=[region]))["environments.0.overrides"]
