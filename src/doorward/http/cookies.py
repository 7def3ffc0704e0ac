"""Cookies: read strictly, written with every protection that the address allows."""

from __future__ import annotations

import re

__all__ = [
    "known_cookie_name",
    "parse_cookies",
    "preference_cookie_name",
    "render_cookie",
    "session_cookie_name",
]

_VALUE = re.compile(r"[A-Za-z0-9_.~-]*\Z")


def session_cookie_name(org_id: str, *, https: bool) -> str:
    """The name of an organization's session cookie.

    ``__Host-`` binds it to this very host over https (RFC 6265bis 4.1.3.2). Loopback over http
    cannot have it. The organization is part of the name, since hosts may be shared.
    """
    return f"__Host-dw-{org_id}" if https else f"dw-{org_id}"


def known_cookie_name(org_id: str, *, https: bool) -> str:
    """The name of the cookie by which an organization's people are known again in a browser."""
    return f"__Host-dwk-{org_id}" if https else f"dwk-{org_id}"


def preference_cookie_name(name: str, *, https: bool) -> str:
    """The name of the cookie that keeps ``lang`` or ``theme``, for every organization of a host."""
    return f"__Host-dw_{name}" if https else f"dw_{name}"


def parse_cookies(header: str | None) -> dict[str, str]:
    """The cookies of a Cookie header; the first of a name wins, odd ones are left out."""
    cookies: dict[str, str] = {}
    for part in (header or "").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and _VALUE.match(value):
            cookies.setdefault(name, value)
    return cookies


def render_cookie(
    name: str, value: str, *, https: bool, max_age_s: int | None, http_only: bool = True
) -> str:
    """A Set-Cookie value. ``max_age_s`` 0 removes the cookie, None ends it with the browser.

    Raises ``ValueError`` for a value that would need quoting.
    """
    if not _VALUE.match(value):
        raise ValueError("a cookie value may not need quoting")
    parts = [f"{name}={value}", "Path=/", "SameSite=Lax"]
    if max_age_s is not None:
        parts.append(f"Max-Age={max_age_s}")
    if http_only:
        parts.append("HttpOnly")
    if https:
        parts.append("Secure")
    return "; ".join(parts)
