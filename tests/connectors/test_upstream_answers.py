"""Answers in all forms and spellings: what is granted, and until when."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import Category, Grant, Plan, UpstreamFailure, missing_scopes
from doorward.connectors.requests import Authorize, Capture, Expiry, ResponseMap, ScopeRule, Success
from doorward.connectors.upstream.answers import find_at, is_success, read_answer
from doorward.connectors.upstream.grant_reading import carry_forward, read_claims, read_grant
from doorward.connectors.upstream.markup import BadMarkup, read_xml
from doorward.crypto import Secret
from doorward.http import OutboundReply
from tests.support.upstream import answer, plan_of

NOW = 1_790_000_000 * 1_000_000


def granted(content: Any, plan: Plan | None = None, kept: Grant | None = None) -> Grant:
    read = read_answer(answer({"access_token": "at", **content}))
    return read_grant(plan or plan_of(), read, now=NOW, kept=kept)


def jwt(claims: Any) -> str:
    body = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


@pytest.mark.parametrize(
    ("content", "rule", "expiry", "seconds"),
    [
        ({"expires_in": 3600}, {}, {}, 3600),
        ({"expires_in": "3600"}, {}, {}, 3600),
        ({"expires_in": " 3600 "}, {}, {}, 3600),
        ({"expires_in": 3600.9}, {}, {}, 3600),
        ({"expires_in": "3600.0"}, {}, {}, 3600),
        ({"expires_in": 0}, {}, {}, 0),
        ({"expires_in": -5}, {}, {}, 0),
        ({"expires_in": 0}, {}, {"zero_is_never": True}, "never"),
        ({"expires_in": "0"}, {}, {"zero_is_never": True}, "never"),
        ({"expires_in": 99_999_999_999}, {}, {}, "never"),
        ({"expires_in": 3_600_000}, {"expires_unit": "ms"}, {}, 3600),
        ({"data": {"ttl": 60}}, {"expires_in": "data.ttl"}, {}, 60),
        ({"at": 1_790_000_060}, {"expires_at": "at", "expires_unit": "epoch"}, {}, 60),
        ({"at": "1790000060"}, {"expires_at": "at", "expires_unit": "epoch"}, {}, 60),
        ({"at": 1_790_000_060_000}, {"expires_at": "at", "expires_unit": "epoch_ms"}, {}, 60),
        ({"at": 1_790_000_060_000}, {"expires_at": "at", "expires_unit": "s"}, {}, 60),
        ({"at": "2026-09-21T14:14:20Z"}, {"expires_at": "at", "expires_unit": "iso"}, {}, 60),
        ({"at": "2026-09-21T23:14:20+09:00"}, {"expires_at": "at", "expires_unit": "iso"}, {}, 60),
        ({"at": "2026-09-21T14:14:20"}, {"expires_at": "at", "expires_unit": "iso"}, {}, 60),
        ({"at": "2020-01-01T00:00:00Z"}, {"expires_at": "at", "expires_unit": "iso"}, {}, "past"),
        ({"at": "soon", "expires_in": 9}, {"expires_at": "at", "expires_unit": "iso"}, {}, 9),
        ({}, {}, {}, None),
        ({"expires_in": None}, {}, {}, None),
        ({"expires_in": "soon"}, {}, {}, None),
        ({"expires_in": True}, {}, {}, None),
        ({"expires_in": [3600]}, {}, {}, None),
        ({"expires_in": 1e300}, {}, {}, None),
        ({}, {}, {"default_lifetime_s": 900}, 900),
        ({"expires_in": 60}, {}, {"default_lifetime_s": 900}, 60),
        ({"expires_in": 60}, {}, {"source": "none"}, None),
        ({"expires_in": 60}, {}, {"source": "none", "default_lifetime_s": 900}, 900),
        ({"access_token": jwt({"exp": 1_790_000_060})}, {}, {"source": "jwt"}, 60),
        ({"access_token": jwt({"exp": "1790000060"})}, {}, {"source": "jwt"}, 60),
        ({"access_token": jwt([])}, {}, {"source": "jwt"}, None),
        ({"access_token": "opaque"}, {}, {"source": "jwt", "default_lifetime_s": 9}, 9),
        ({"access_token": "a.!!!.c"}, {}, {"source": "jwt"}, None),
    ],
)
def test_an_end_is_read_in_every_spelling(
    content: Any, rule: Any, expiry: Any, seconds: int | str | None
) -> None:
    """Numbers as text, instants, milliseconds, never; and nothing is made of nonsense."""
    plan = plan_of(response=ResponseMap(**rule), expiry=Expiry(**expiry))
    grant = granted(content, plan)
    if seconds == "never":
        assert (grant.never_expires, grant.expires_at) == (True, None)
    elif seconds == "past":
        assert grant.expires_at is not None
        assert (grant.expires_at < NOW, grant.lifetime_s) == (True, 0)
    elif seconds is None:
        assert (grant.never_expires, grant.expires_at, grant.lifetime_s) == (False, None, None)
    else:
        assert (grant.expires_at, grant.lifetime_s) == (NOW + int(seconds) * 1_000_000, seconds)


def test_a_refresh_carries_forward_what_the_answer_leaves_out() -> None:
    """The refresh token, the lifetime, scopes, further tokens, captures, and whose it is."""
    rule = ResponseMap(
        named={"user": "authed_user.token"}, captures=(Capture(path="url", to="base"),)
    )
    plan = plan_of(response=rule)
    old = granted(
        {"refresh_token": "rt", "expires_in": 60, "scope": "a b", "url": "https://eu.crm.example",
         "authed_user": {"token": "second"}},
        plan,
    )  # fmt: skip
    new = carry_forward(granted({"access_token": "at2"}, plan, kept=old), old)
    assert new.access_token == Secret("at2")
    assert new.refresh_token == Secret("rt")
    assert new.expires_at == NOW + 60 * 1_000_000
    assert new.scopes == ("a", "b")
    assert new.named == {"user": Secret("second")}
    assert new.captures == {"base": "https://eu.crm.example"}
    fewer = carry_forward(granted({"scope": "a"}, plan, kept=old), old)
    assert fewer.scopes == ("a",)


@pytest.mark.parametrize(
    ("scope", "separator", "scopes"),
    [
        ("a b", " ", ("a", "b")),
        (" a  b ", " ", ("a", "b")),
        ("a,b", ",", ("a", "b")),
        ("a, b,,a", ",", ("a", "b")),
        (["a", "b", 3], " ", ("a", "b")),
        ("", " ", ()),
        (None, " ", None),
        (7, " ", None),
    ],
)
def test_granted_scopes_are_read_as_they_are_written(
    scope: Any, separator: str, scopes: Any
) -> None:
    """None where the answer does not say, which is not the same as none granted."""
    plan = plan_of(response=ResponseMap(scope_separator=separator))
    assert granted({"scope": scope}, plan).scopes == scopes


def test_a_capture_that_must_be_there_is_missed() -> None:
    """A base address that is not known would fail every later call."""
    rule = ResponseMap(captures=(Capture(path="base.url", to="base", required=True),))
    with pytest.raises(UpstreamFailure, match="no_base") as failed:
        granted({"base": {}}, plan_of(response=rule))
    assert failed.value.category is Category.MANIFEST


def test_a_capture_may_stand_in_the_claims_of_a_token() -> None:
    """Some platforms say the tenant there alone."""
    rule = ResponseMap(
        captures=(
            Capture(path="id_token.tid", to="tenant"),
            Capture(path="access_token.org", to="org"),
        )
    )
    content = {"access_token": jwt({"org": "o-1"}), "id_token": jwt({"tid": "t-1"})}
    grant = granted(content, plan_of(response=rule))
    assert grant.captures == {"tenant": "t-1", "org": "o-1"}
    assert granted({"id_token": "opaque"}, plan_of(response=rule)).captures == {}


@pytest.mark.parametrize(
    ("granted_scopes", "missing"),
    [(None, ()), (("a", "B"), ()), (("a",), ("b",)), ((), ("a", "b")), (("a", "b", "c"), ())],
)
def test_what_was_not_granted_is_told(
    granted_scopes: tuple[str, ...] | None, missing: tuple[str, ...]
) -> None:
    """No failure: people may allow less. Scopes about the tokens themselves are not counted."""
    scope = ScopeRule(default=("a", "offline_access"), optional=("b",))
    plan = plan_of(authorize=Authorize(url="https://crm.example/go", scope=scope))
    assert missing_scopes(plan, granted_scopes) == missing


@pytest.mark.parametrize(
    ("kind", "body", "content"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("application/vnd.crm+json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("text/javascript", b' {"a": 1}', {"a": 1}),
        ("application/x-www-form-urlencoded", b"a=1&b=%20", {"a": "1", "b": " "}),
        ("text/plain", b"access_token=x&expires=5", {"access_token": "x", "expires": "5"}),
        ("", b"a=1", {"a": "1"}),
        ("text/xml", b"<r><a>1</a></r>", {"r": {"a": "1"}}),
        ("text/html", b"<html>a=1", None),
        ("application/json", b"a=1", None),
        ("text/plain", b"just text", None),
        ("application/xhtml+xml", b"<html/>", None),
    ],
)
def test_an_answer_is_read_in_the_form_that_it_has(kind: str, body: bytes, content: Any) -> None:
    """The header decides, and where it is of no use, the first characters."""
    assert read_answer(OutboundReply(200, (("content-type", kind),), body)).content == content


def test_xml_becomes_values() -> None:
    """Prefixes go, attributes have a sign, what is repeated is a list."""
    xml = b'<s:a xmlns:s="urn:x"><s:b id="7"> 1 </s:b><c>x</c><c>y</c><d/></s:a>'
    assert read_xml(xml) == {"a": {"@s": "urn:x", "b": {"@id": "7"}, "c": ["x", "y"], "d": ""}}


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<!DOCTYPE a><a/>",
        b"<a>&undefined;</a>",
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>",
        b"<a/><b/>",
        b"",
        b"\x00",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_dangerous_xml_is_refused(xml: bytes) -> None:
    """No document type, so no entity; no depth beyond reason."""
    with pytest.raises(BadMarkup):
        read_xml(xml)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("list.1.id", "two"),
        ("list.2.id", None),
        ("list.x", None),
        ("https://claims.example/org", "o"),
        ("a.b.c", None),
        ("none", None),
        ("list.99999999999999999999", None),
        ("list.0000000009", None),
        ("list.²", None),
    ],
)
def test_a_path_finds_what_is_there(path: str, found: Any) -> None:
    """Through objects and lists; a key with dots is found whole."""
    content = {
        "a": {"b": 1},
        "list": [{"id": "one"}, {"id": "two"}],
        "https://claims.example/org": "o",
    }
    assert find_at(content, path) == found


@pytest.mark.parametrize(
    ("success", "status", "content", "is_good"),
    [
        (Success(), 200, {}, True),
        (Success(), 202, {}, False),
        (Success(status=(201,)), 200, {}, False),
        (Success(path="ok", equals=True), 200, {"ok": True}, True),
        (Success(path="ok", equals=True), 200, {"ok": "true"}, True),
        (Success(path="ok", equals=True), 200, {"ok": False}, False),
        (Success(path="ok", equals=True), 200, None, False),
        (Success(path="code", equals=0), 200, {"code": 0}, True),
        (Success(path="code", equals=0), 200, {"code": "0"}, True),
        (Success(path="code", equals=0), 200, {"code": 10013}, False),
        (Success(path="code", equals="0000"), 200, {"code": "0000"}, True),
        (Success(path="token"), 200, {"token": "x"}, True),
        (Success(path="token"), 200, {"token": ""}, False),
        (Success(path="token"), 200, {}, False),
    ],
)
def test_success_is_what_the_manifest_says(
    success: Success, status: int, content: Any, is_good: bool
) -> None:
    """The status first, then the place that tells."""
    assert is_success(read_answer(answer(content, status)), success) is is_good


@given(st.binary(max_size=300), st.sampled_from(["auto", "json", "form", "xml"]))
def test_any_bytes_are_content_or_nothing(body: bytes, form: Any) -> None:
    """Whatever a platform sends, reading it raises nothing."""
    for kind in ("application/json", "text/xml", "text/plain", "text/html"):
        read_answer(OutboundReply(200, (("content-type", kind),), body), form)


@given(st.text(max_size=80))
def test_any_token_has_claims_or_none(token: str) -> None:
    """Whatever looks like a JWT."""
    assert isinstance(read_claims(Secret(token)), dict)
    assert isinstance(read_claims(Secret(f"a.{token}.b")), dict)
