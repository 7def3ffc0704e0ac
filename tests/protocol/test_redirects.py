"""V-RU: redirect URIs. A variant of a registered URI is not the registered URI.

The rows come from attacks on other servers; each name says what was tried.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.protocol import (
    OAuthError,
    RedirectUri,
    is_web_url,
    matches_registered,
    parse_redirect_uri,
)
from tests.protocol.redirect_tables import (
    GOOD,
    LOOPBACK_PORT,
    NEVER_REGISTERED,
    PRIVATE,
    QUERY,
    REGISTERED,
    VARIANTS,
)
from tests.protocol.whatever import any_text, returned
from tests.support.spec import spec

ALLOWED = {
    GOOD: RedirectUri(GOOD, "https", "app.example.com", None, "/cb"),
    LOOPBACK_PORT: RedirectUri(LOOPBACK_PORT, "http", "127.0.0.1", 8765, "/callback"),
    "http://[::1]:80/cb": RedirectUri("http://[::1]:80/cb", "http", "[::1]", 80, "/cb"),
    "https://APP.example.com": RedirectUri(
        "https://APP.example.com", "https", "app.example.com", None, ""
    ),
    QUERY: RedirectUri(QUERY, "https", "app.example.com", None, "/cb?tenant=1"),
    "https://a.example?x=/../": RedirectUri(
        "https://a.example?x=/../", "https", "a.example", None, "?x=/../"
    ),
    PRIVATE: RedirectUri(PRIVATE, "com.example.app", "", None, "/oauth/cb"),
    "com.example.app://cb": RedirectUri(
        "com.example.app://cb", "com.example.app", "", None, "//cb"
    ),
    "https://xn--r8jz45g.jp/..cb/a..b": RedirectUri(
        "https://xn--r8jz45g.jp/..cb/a..b", "https", "xn--r8jz45g.jp", None, "/..cb/a..b"
    ),
    "https://a.example:65535/": RedirectUri(
        "https://a.example:65535/", "https", "a.example", 65535, "/"
    ),
}


@spec("RFC 9700", "2.1", "redirect URIs are compared by exact string matching")
@pytest.mark.parametrize("name", VARIANTS)
def test_v_ru_a_variant_of_a_registered_uri_is_refused(name: str) -> None:
    assert not matches_registered(VARIANTS[name], REGISTERED)


@spec("RFC 6749", "3.1.2.3", "a registered redirect URI matches itself")
@pytest.mark.parametrize("uri", REGISTERED)
def test_a_registered_uri_matches(uri: str) -> None:
    assert matches_registered(uri, REGISTERED)


@spec("RFC 8252", "7.3", "any port is allowed at the loopback address")
@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:65535/cb",
        "http://[::1]:49152/cb",
        "http://127.0.0.1:51004/callback",
        "http://127.0.0.1/callback",
    ],
)
def test_the_port_of_a_loopback_address_is_free(uri: str) -> None:
    assert matches_registered(uri, REGISTERED)


def test_v_ru_a_bad_uri_does_not_match_even_when_it_was_stored() -> None:
    """Checked at registration and at use: an import may have stored anything."""
    for uri in (*VARIANTS.values(), *NEVER_REGISTERED.values()):
        if matches_registered(uri, (uri,)):
            assert parse_redirect_uri(uri).text == uri
    for uri in NEVER_REGISTERED.values():
        assert not matches_registered(uri, (uri,))


def test_a_loopback_uri_is_not_compared_with_broken_registrations() -> None:
    assert not matches_registered("http://127.0.0.1:80/cb", ("http://[::1/cb", "", "x\x00"))


@spec("RFC 6749", "3.1.2", "a redirect URI is absolute and has no fragment")
@spec("RFC 8252", "8.4", "private schemes hold a dot; everything else is http or https")
@pytest.mark.parametrize("name", NEVER_REGISTERED)
def test_v_ru_what_may_never_be_registered(name: str) -> None:
    with pytest.raises(OAuthError):
        parse_redirect_uri(NEVER_REGISTERED[name])


@pytest.mark.parametrize("uri", ALLOWED)
def test_what_may_be_registered_is_read_in_its_parts(uri: str) -> None:
    assert parse_redirect_uri(uri) == ALLOWED[uri]


HOSTILE_HOSTS = {
    "one long label": "a" * 2000 + "_",
    "many labels": "a." * 1000 + "_",
    "labels of hyphens": "a-" * 1000 + "_",
    "hyphens": "a" + "-" * 2000,
    "dots in brackets": "[" + ":" * 2000 + "]",
    "one label and a space": "a" * 2000 + "%",
}


@pytest.mark.parametrize("name", HOSTILE_HOSTS)
def test_no_host_makes_the_parser_search_for_ever(name: str) -> None:
    """Matching once took time that doubled with each letter; now the test ends, or hangs."""
    for prefix in ("https://", "http://127.0.0.1", "com.example."):
        with pytest.raises(OAuthError):
            parse_redirect_uri((prefix + HOSTILE_HOSTS[name])[:2048] + "_\\")
        uri = (prefix + HOSTILE_HOSTS[name])[:2040] + "/cb"
        assert not matches_registered(uri, REGISTERED)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("https://app.example.com/privacy#section", True),
        ("http://app.example.com", True),
        ("", False),
        ("#section", False),
        ("com.example.app:/cb", False),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)//https://a.example", False),
        ("data:text/html,x", False),
        ("//evil.test", False),
        ("https://user@app.example.com/", False),
        ("https://app.example.com/#\n", False),
        ("https://app.example.com/#\x00", False),
        ('https://app.example.com/#"onclick="alert(1)', False),
        ("https://app.example.com/#<script>", False),
        ("https://app.example.com/#" + "x" * 1_000_000, False),
    ],
)
def test_v_ru_a_link_on_a_page_is_a_web_url(text: str, allowed: bool) -> None:
    assert is_web_url(text) is allowed


# --- Whatever arrives ----------------------------------------------------------------------------

uri_letters = st.text(alphabet="abcxyz019.:/?#[]@!$&'()*+,;=%-_~\\ \t\r\n\x00é", max_size=60)
pieces = st.lists(
    st.sampled_from(
        [
            *(
                "https://",
                "http://",
                "HTTP://",
                "//",
                "/",
                "\\",
                ":",
                "@",
                "?",
                "#",
                ".",
                "..",
                ";",
            ),
            *("app.example.com", "evil.test", "127.0.0.1", "[::1]", "localhost", "::1", "[", "]"),
            *("/cb", "/callback", ":80", ":0", ":8765", "%2e", "%40", "%00", "\t", "\n", "user"),
            *("com.example.app:", "javascript:", "tenant=1", "=", "&", "\x00", "。", "\ud800"),
        ]
    ),
    max_size=12,
).map("".join)
near_misses = st.one_of(
    any_text,
    uri_letters,
    pieces,
    st.tuples(st.sampled_from(REGISTERED), pieces).map("".join),
    st.tuples(st.sampled_from(["https://", "http://127.0.0.1", "http://"]), uri_letters).map(
        "".join
    ),
)


@given(text=near_misses)
@example(text="http://127.0.0.1:99999999999999999999/cb")
@example(text="https://[::1")
@example(text="https://a.example:" + "9" * 2000)
def test_parsing_returns_or_raises_oauth_error(text: str) -> None:
    parsed = returned(parse_redirect_uri, text)
    if parsed is None:
        return
    assert parsed.text == text
    assert text.isascii()
    assert not set(text) & set(' \t\r\n\x00\\#<>"')


@given(text=near_misses)
def test_what_matches_has_the_host_and_rest_of_a_registered_uri(text: str) -> None:
    """A second parser looks at everything that matches: it must see no other destination."""
    if not matches_registered(text, REGISTERED):
        return
    seen = urlsplit(text)
    known = [urlsplit(uri) for uri in REGISTERED]
    assert (seen.scheme, seen.hostname, seen.path, seen.query) in {
        (each.scheme, each.hostname, each.path, each.query) for each in known
    }
    assert seen.username is None
    assert seen.password is None
    assert seen.fragment == ""
    if seen.hostname not in {"127.0.0.1", "::1"}:
        assert text in REGISTERED


@given(host=st.sampled_from(["127.0.0.1", "[::1]"]), port=st.integers(-5, 70_000), rest=pieces)
def test_the_loopback_rule_frees_the_port_and_nothing_else(host: str, port: int, rest: str) -> None:
    uri = f"http://{host}:{port}{rest}"
    paths = {"127.0.0.1": {"/cb", "/callback"}, "[::1]": {"/cb"}}[host]
    assert matches_registered(uri, REGISTERED) == (0 < port <= 65_535 and rest in paths)


@given(text=near_misses)
def test_parsing_twice_says_the_same(text: str) -> None:
    """What may be registered matches itself, so nobody registers a URI that can never be used."""
    try:
        parse_redirect_uri(text)
    except OAuthError:
        assert not matches_registered(text, (text,))
    else:
        assert matches_registered(text, (text,))


@given(text=near_misses)
def test_a_web_url_is_seen_as_http_by_another_parser(text: str) -> None:
    if is_web_url(text):
        seen = urlsplit(text)
        assert seen.scheme in {"http", "https"}
        assert seen.hostname
        assert seen.username is None
