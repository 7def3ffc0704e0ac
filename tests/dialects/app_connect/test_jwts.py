"""The token that clients keep: what it says, how long it is good, and what is never believed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.dialects.app_connect import Claims, Jwts

NOW = 1_790_000_000
KEY = b"k" * 32
DAY = 86_400


def claims(**more: object) -> Claims:
    """What a token of an ordinary connection says."""
    fields: dict[str, object] = {
        "id": "acct-1-platform",
        "platform": "platform",
        "org": "river",
        "con": 11,
        "gra": 12,
        "iat": NOW,
        "exp": NOW + 14 * DAY,
        **more,
    }
    return Claims(**fields)  # type: ignore[arg-type]


def jwts(key: bytes = KEY) -> Jwts:
    """Whoever signs with ``key``."""
    return Jwts(Secret(key))


def find(text: str, *, at: int = NOW, org_id: str = "river") -> Claims | None:
    """What the token says at ``at`` seconds."""
    return jwts().find(text, org_id, at * SECOND)


def parts_of(token: str) -> list[dict[str, object]]:
    """The header and the claims, by nothing but base64."""
    return [json.loads(urlsafe_b64decode(each + "==")) for each in token.split(".")[:2]]


def signed(header: dict[str, object], said: dict[str, object], key: bytes = KEY) -> str:
    """A token of our own key that says anything."""
    return jwt.encode(header, said, OctKey.import_key(key), algorithms=["HS256", "HS384"])


def said(**more: object) -> dict[str, object]:
    """Claims as they are written."""
    fields = {
        "id": "a",
        "platform": "p",
        "org": "river",
        "con": "11",
        "gra": "12",
        "iat": NOW,
        "exp": NOW + DAY,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def test_a_token_says_who_and_where_under_hs256() -> None:
    """A client that reads it finds the two claims of the contract, and no number it cannot hold."""
    header, body = parts_of(jwts().sign(claims()))
    assert (header["alg"], header["typ"]) == ("HS256", "JWT")
    assert (body["id"], body["platform"]) == ("acct-1-platform", "platform")
    assert body["exp"] == NOW + 14 * DAY
    assert (body["con"], body["gra"], body["cns"]) == ("11", "12", "0")
    assert "nbf" not in body


@pytest.mark.parametrize(
    "name", ["acct-1", "顧客-九", "Ωmega 🚪", "a" * 4096, "客" * 4096, 'quo"te\\', "\x00", " "]
)
def test_whatever_the_id_is_it_comes_back(name: str) -> None:
    """Other scripts, long ones, and characters that JSON must escape."""
    token = jwts().sign(claims(id=name))
    assert find(token) == claims(id=name)


@pytest.mark.parametrize(
    ("after_s", "is_good"),
    [(0, True), (14 * DAY - 1, True), (14 * DAY, False), (14 * DAY + 1, False), (-1, True)],
)
def test_it_is_good_for_two_weeks(after_s: int, is_good: bool) -> None:
    """And not for a second longer."""
    assert (find(jwts().sign(claims()), at=NOW + after_s) is not None) is is_good


@pytest.mark.parametrize(("before_s", "is_good"), [(-1, False), (0, True), (1, True)])
def test_it_is_not_good_before_it_begins(before_s: int, is_good: bool) -> None:
    """RFC 7519 4.1.5."""
    token = jwts().sign(claims(nbf=NOW))
    assert (find(token, at=NOW + before_s) is not None) is is_good


@pytest.mark.parametrize(
    ("left_s", "is_near"), [(14 * DAY, False), (7 * DAY + 1, False), (7 * DAY, True), (1, True)]
)
def test_a_new_one_is_due_when_seven_days_are_left(left_s: int, is_near: bool) -> None:
    """At exactly seven days too."""
    assert claims().is_near_end((NOW + 14 * DAY - left_s) * SECOND) is is_near


def test_another_key_signs_nothing_for_us() -> None:
    """The same claims under another secret are nobody's."""
    assert find(jwts(b"x" * 32).sign(claims())) is None


def test_a_token_of_one_organization_is_none_in_another() -> None:
    """They share a key, so the claim is compared."""
    token = jwts().sign(claims())
    assert find(token, org_id="hills") is None
    assert find(token, org_id="") is None


def test_a_changed_token_is_none() -> None:
    """Claims of one and a signature of another; a signature that is cut; one that is not there."""
    mine, other = jwts().sign(claims()), jwts().sign(claims(id="acct-2-platform"))
    head, body, tail = mine.split(".")
    theirs = other.split(".")[1]
    for text in (f"{head}.{theirs}.{tail}", f"{head}.{body}.{tail[:-2]}", f"{head}.{body}."):
        assert find(text) is None


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS384"},
        {"alg": "RS256"},
        {"alg": ""},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": ["exp"]},
    ],
)
def test_the_header_does_not_choose_how_it_is_verified(header: dict[str, object]) -> None:
    """RFC 8725 3.1: one algorithm, whatever a token says."""
    body = jwts().sign(claims()).split(".")[1]
    head = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    tail = jwts().sign(claims()).split(".")[2]
    assert find(f"{head}.{body}.") is None
    assert find(f"{head}.{body}.{tail}") is None
    if header.get("alg") == "HS384":
        assert find(signed(header, said())) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": NOW + 0.5},
        {"exp": True},
        {"iat": None},
        {"id": None},
        {"id": 7},
        {"platform": None},
        {"org": None},
        {"con": "eleven"},
        {"con": None},
        {"gra": ["12"]},
        {"nbf": "now"},
        {"cli": 7},
        {"cns": "one"},
    ],
)
def test_what_is_not_as_we_write_it_is_none(changed: dict[str, object]) -> None:
    """Under our own key: a token without an end, or with claims of another kind, is no token."""
    assert find(signed({"alg": "HS256"}, said())) is not None
    assert find(signed({"alg": "HS256"}, said(**changed))) is None


JUNK = (
    "", " ", ".", "..", "...", "a.b.c", "null", "undefined", "[object Object]", "Bearer x",
    "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.e30.", "\x00", "é.é.é", "🚪", "a" * 40_000,
    "e30.e30.e30", "{}.{}.{}", "dw_at_" + "a" * 48, "%2e%2e%2f", "' or 1=1 --",
)  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_no_token(text: str) -> None:
    """And nothing is raised."""
    assert find(text) is None


@given(st.text(max_size=300))
def test_nothing_that_is_typed_is_a_token(text: str) -> None:
    """None, whatever arrives."""
    assert find(text) is None
