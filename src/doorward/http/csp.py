"""Security headers of every page: content security policy, referrer, framing, transport."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_FIXED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; form-action "
)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*\Z")
_SCRIPTED = frozenset({"javascript", "data", "vbscript", "blob", "filesystem", "about"})


def content_security_policy(form_targets: Iterable[str] = ()) -> str:
    """Return the policy value (CSP Level 3). No inline style or script is ever allowed.

    `form_targets` are checked redirect URIs or origins that a form's answer may lead to: browsers
    apply `form-action` to the redirect after a form, too. ValueError when one cannot be named.
    """
    sources = dict.fromkeys(["'self'", *(form_source(target) for target in form_targets)])
    return _FIXED + " ".join(sources)


def form_source(target: str) -> str:
    """Return the CSP source for a URL: its origin, or its scheme when CSP cannot name the host.

    A custom scheme (RFC 8252 section 7.1) and an IPv6 literal have no host that the CSP grammar
    can write. ValueError for a scheme that runs script, or a URL that is not one.
    """
    parts = urlsplit(target)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    if not _SCHEME.match(scheme) or scheme in _SCRIPTED:
        raise ValueError("not an address that a form may lead to")
    if scheme not in ("http", "https") or ":" in host:
        return f"{scheme}:"
    if not _HOST.match(host):
        raise ValueError("not a host that a content security policy can name")
    return f"{scheme}://{host}" + (f":{parts.port}" if parts.port is not None else "")


def security_headers(
    *, https: bool, form_targets: Iterable[str] = (), keeps_opener: bool = False
) -> dict[str, str]:
    """Return the headers of a page that is about a person: never stored, framed or sent onward.

    `https` says whether the visitor came by TLS; only then HSTS is sent (RFC 6797 section 7.2).
    A page that `keeps_opener` stays tied to the page of another site that opened its window.
    """
    headers = {
        "Content-Security-Policy": content_security_policy(form_targets),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "unsafe-none" if keeps_opener else "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "publickey-credentials-get=(self), publickey-credentials-create=(self), "
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        ),
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000"
    return headers
