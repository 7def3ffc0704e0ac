"""What properties share: any text, any bytes, any form, and "returns or raises OAuthError"."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from doorward.protocol import OAuthError

__all__ = ["any_form", "any_text", "any_value", "printable", "returned"]

P = ParamSpec("P")
T = TypeVar("T")

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
"""Every code point: NUL, controls, lone surrogates."""

NAMES = [
    *("client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope"),
    *("state", "nonce", "prompt", "max_age", "code_challenge", "code_challenge_method", "request"),
    *("request_uri", "registration", "resource", "login_hint", "id_token_hint", "ui_locales", ""),
]
VALUES = [
    *("", " ", "code", "token", "none", "login", "consent", "none login", "select_account"),
    *("openid", "openid profile", "offline_access", "S256", "plain", "query", "form_post"),
    *("0", "-1", "60", "1e9", "9999999999", "²", "٣", "true", "null", "https://api.example.com"),
    *("https://app.example.com/cb", "http://127.0.0.1:80/cb", "a" * 43, "a" * 128, "x" * 9000),
    *("\x00", "\ud800", "a\r\nb", "é", "%00", "a+b", "a&b=c", "[", "//[", "://", "#", "x:#"),
]
any_value = st.one_of(st.sampled_from(VALUES), any_text)

_parts = st.one_of(
    st.sampled_from([*NAMES, *VALUES]).map(
        lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass"))
    ),
    st.text(alphabet="ab%+=&;#\x00é01F", max_size=20),
)
any_form = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(_parts, _parts).map("=".join), max_size=12).map(
        lambda pairs: "&".join(pairs).encode("utf-8", "surrogatepass")
    ),
)
"""Bytes of a form body or a query: well formed, nearly, and not at all."""

printable = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x7f"), max_size=40
)
"""Text that a parameter may hold."""


def returned(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What ``call`` answered, or None when it refused. Anything else it raises is a bug."""
    try:
        return call(*args, **kwargs)
    except OAuthError as error:
        verify_sayable(error)
        return None


def verify_sayable(error: OAuthError) -> None:
    """The description is what RFC 6749 5.2 allows: printable ASCII without quote and backslash."""
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in error.description)
    assert error.description
    assert error.status in {400, 401, 403, 500, 503}
