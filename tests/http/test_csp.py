"""Security headers of the pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http.csp import content_security_policy, form_source, security_headers


def test_nothing_inline_and_nothing_from_elsewhere_is_allowed() -> None:
    """The policy starts from nothing and names only this host."""
    policy = content_security_policy()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("https://app.example.com/cb?a=1;b", "https://app.example.com"),
        ("https://APP.example.com:8443/cb", "https://app.example.com:8443"),
        ("http://127.0.0.1:8765/callback", "http://127.0.0.1:8765"),
        ("http://[::1]:8765/callback", "http:"),
        ("com.example.app:/callback", "com.example.app:"),
    ],
)
def test_a_redirect_uri_becomes_one_source(target: str, source: str) -> None:
    """The origin, or the scheme where the grammar of CSP has no word for the host."""
    assert form_source(target) == source


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://a.example;script-src *",
        "https://a b.example/",
        "https://a.example:99999/",
        "https://*.example/",
        "https://例え.example/",
    ],
)
def test_an_address_that_cannot_be_named_is_refused(target: str) -> None:
    """Better no page than a policy that somebody else wrote."""
    with pytest.raises(ValueError, match=r".+"):
        form_source(target)


@given(st.text(max_size=60))
def test_no_address_can_write_into_the_policy(target: str) -> None:
    """A source is one word, whatever arrives."""
    for prefix in ("", "https://", "http://", "app:"):
        try:
            source = form_source(prefix + target)
        except ValueError:
            continue
        assert not set(source) & set(" ;,'\"*\n\r\t")
        assert source.isascii()


def test_the_same_target_is_named_once() -> None:
    """The header does not grow with repeated addresses."""
    policy = content_security_policy(["https://a.example/1", "https://a.example/2"])
    assert policy.endswith("form-action 'self' https://a.example")


def test_transport_security_is_promised_over_https_only() -> None:
    """RFC 6797 section 7.2: not over plain http."""
    assert "Strict-Transport-Security" not in security_headers(https=False)
    assert "Strict-Transport-Security" in security_headers(https=True)
    assert security_headers(https=True)["Referrer-Policy"] == "no-referrer"
