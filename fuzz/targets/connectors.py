"""Manifests and what is inside them: written by anybody, read before anything is believed."""

from __future__ import annotations

import re
import warnings
from urllib.parse import urlsplit

from doorward.connectors import (
    BadManifest,
    BadPattern,
    BadTemplate,
    BadValue,
    BadVariable,
    MissingValue,
    Variable,
    load_app_connect,
    names_in,
    parse_manifest,
    parse_pattern,
    read_document,
    render,
    verify_value,
    warnings_of,
    write_manifest,
)
from doorward.connectors.places import is_host
from doorward.connectors.urls import is_base_url
from doorward.vault.pasting import clean
from fuzz.target import Target, holds
from fuzz.texts import pieces, text

__all__ = ["CONNECTORS"]

_HARMLESS = re.compile(r"[^{}]{0,40}\Z")
_VARIABLES = (
    Variable(name="host", type="hostname", pattern=r"^[a-z0-9-]+\.example\.com$"),
    Variable(name="site", type="url", pattern=r"^https://[a-z0-9-]+\.example\.com$"),
    Variable(name="api_key", secret=True, prefix="key_", suffix="=="),
    Variable(name="since", type="date"),
)


def _manifest(data: bytes) -> None:
    manifest = parse_manifest(data)
    again = parse_manifest(write_manifest(manifest))
    holds(again == manifest, "what is kept reads back as something else")
    warnings_of(manifest)


def _document(data: bytes) -> None:
    document = read_document(data, lines=data[:1] == b" ")
    holds(read_document(document, lines=True) == document, "reading it again reads something else")


def _app_connect(data: bytes) -> None:
    for manifest in load_app_connect(data):
        holds(parse_manifest(write_manifest(manifest)) == manifest, "no manifest of ours")


def _pattern(data: bytes) -> None:
    """Our matcher and the language's own agree, where the latter can be trusted with it."""
    source, subject = pieces(data, 2)
    pattern, subject = parse_pattern(source), subject[:12]
    matched = pattern.matches(subject)
    if matched and pattern.is_closed():
        host = subject.removeprefix("https://")
        holds(not set(host) & set("/\\?#@:") and "." in host, "a closed pattern lets a host out")
    if _HARMLESS.match(source):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = re.fullmatch(source[1:-1], subject, re.ASCII) is not None
        holds(matched == theirs, f"we say {matched}, the language says {theirs}")


_BASE = "https://{host}.example.com/v1/{id}?q={word}"


def _template(data: bytes) -> None:
    template, *values = pieces(data, 4)
    names = names_in(template)
    known = dict(zip(names, values, strict=False))
    for place in ("url", "host", "path", "query", "header", "json", "xml", "text"):
        try:
            shown = render(template, known, encode=place)
        except (BadValue, MissingValue):
            continue
        holds(place != "header" or shown.count("\n") <= template.count("\n"), "a second line")
        holds(place != "url" or urlsplit(shown).hostname, "an address without a host")


def _address(data: bytes) -> None:
    """A value never moves the host, the path or the query of an address."""
    host, number, word = pieces(data, 3)
    url = render(_BASE, {"host": host, "id": number, "word": word}, encode="url")
    parts = urlsplit(url)
    name = parts.hostname or ""
    holds(parts.scheme == "https" and name.endswith(".example.com"), f"it leads to {name}")
    holds(parts.path.startswith("/v1/") and parts.path.count("/") == 2, "another path")
    holds(parts.query.startswith("q=") and "&" not in parts.query, "another parameter")
    holds(not parts.fragment and parts.username is None and parts.port is None, "more than that")


def _base_url(data: bytes) -> None:
    value = text(data)
    if is_base_url(value):
        parts = urlsplit(value)
        holds(parts.hostname == "::1" or is_host(parts.hostname or ""), "no host of a site")
        holds(not parts.query and not parts.fragment and "@" not in parts.netloc, "more than that")


def _value(data: bytes) -> None:
    which, value = pieces(data, 2)
    variable = _VARIABLES[len(which) % len(_VARIABLES)]
    kept = verify_value(variable, clean(variable, value))
    holds(verify_value(variable, kept) == kept, "what is kept is not what would be kept")
    if variable.pattern is not None:
        holds(kept.removeprefix("https://").endswith(".example.com"), "another domain")


_JSON = (
    '{"doorward":1,"slug":"', '"auth_options":[{', '"type":"api_key"', '"variables":[{"name":"',
    '"pattern":"^', '"url":"https://', '"token":{', '"authorize":{', '"delivery":{', "\\u0000",
    '"environments":[', "NaN", "1e9999", '"overrides":[{"path":"', '"refresh":{', '"captures":[{',
)  # fmt: skip
_THEIRS = (
    '{"platforms":{"clio":{', '"auth":{"type":"oauth","oauth":{', '"authUrl":"https://',
    '"accessTokenUri":"', '"clientId":"', '"page":{"content":[{', '"environment":{"type":"dynamic"',
    '"override":[', '"customState":"', '"apiKey":{', '"settings":[', '"redirectUri":"',
)  # fmt: skip
_TEMPLATES = (
    "{host}", "{id|lower}", "{a|replace:b:c}", "{{", "}}", "https://", "|b64", "|urlencode",
    "|strip_scheme", "\x1f", "..", "%2e", "@", "/",
)  # fmt: skip
_PATTERNS = (
    "^", "$", "(?:", "[a-z0-9-]+", r"\.", "{1,3}", "|", r"\d", r"\W", "[^", "\x1f", "https://",
)  # fmt: skip

CONNECTORS = (
    Target("connectors.manifest", _manifest, (BadManifest,), _JSON, 16_384),
    Target("connectors.document", _document, (BadManifest,), (*_JSON, *_THEIRS)),
    Target("connectors.app_connect", _app_connect, (BadManifest,), _THEIRS, 16_384),
    Target("connectors.pattern", _pattern, (BadPattern,), _PATTERNS, 500),
    Target("connectors.template", _template, (BadTemplate,), _TEMPLATES),
    Target("connectors.address", _address, (BadValue,), _TEMPLATES),
    Target("connectors.base_url", _base_url, (), ("https://", ":443", "[::1]", "..", "/")),
    Target("connectors.value", _value, (BadVariable,), ("\x1f", "a.example.com", "https://", "@")),
)
