"""What stands in headers, what pages are made of, and where our own requests may go."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urlsplit

from doorward.http import (
    Forbidden,
    negotiate_locale,
    parse_cookies,
    parse_target,
    render_cookie,
    render_markdown,
)
from doorward.http.csp import content_security_policy
from doorward.http.targets import is_public
from doorward.protocol import OAuthError, parse_redirect_uri
from fuzz.browser_urls import BrowserUrls
from fuzz.target import Target, holds
from fuzz.texts import header, pieces, text

__all__ = ["HTTP"]

_TAGS = frozenset(
    {"h3", "p", "ul", "ol", "li", "pre", "code", "blockquote", "hr", "em", "strong", "a", "br"}
)
_ATTRIBUTES = frozenset({"href", "title", "rel", "start", "class"})


def _cookies(data: bytes) -> None:
    for name, value in parse_cookies(header(data)).items():
        holds(render_cookie("n", value, https=True, max_age_s=1), "it cannot be written again")
        holds(";" not in name + value, "two cookies in one")


def _language(data: bytes) -> None:
    chosen, wanted, accepted = pieces(data, 3)
    found = negotiate_locale(chosen or None, wanted or None, accepted or None, chosen)
    holds(found in {"en", "ja"}, "a language that nobody speaks here")


def _target(data: bytes) -> None:
    target = parse_target(text(data))
    holds(target.scheme == "https", "a request without TLS")
    holds(target.host != "localhost" and not target.host.endswith(".localhost"), "this machine")
    if ":" in target.host or target.host.replace(".", "").isdigit():
        holds(is_public(target.host), "an address that is not public")
    holds(target.path.startswith("/") and "\r" not in target.path, "no path of a request")


def _policy(data: bytes) -> None:
    policy = content_security_policy([text(data)])
    sources = policy.partition("form-action ")[2].split(" ")
    holds(len(sources) <= 2 and policy.count(";") == 9, "a target writes a policy of its own")


class _Strict(HTMLParser):
    """Holds that everything on a page is what our Markdown may become."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        holds(tag in _TAGS, f"an element that is not ours: {tag}")
        for name, value in attrs:
            holds(name in _ATTRIBUTES, f"an attribute that is not ours: {name}")
            if name == "href":
                holds(urlsplit(value or "").scheme == "https", "a link to elsewhere")

    def handle_comment(self, data: str) -> None:
        holds(promise=False, otherwise=f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        holds(promise=False, otherwise=f"a declaration: {decl}")


def _markdown(data: bytes) -> None:
    reader = _Strict(convert_charrefs=True)
    reader.feed(str(render_markdown(text(data))))
    reader.close()


def _targets_in_browsers() -> Callable[[bytes], None]:
    """What is connected to is what every other reader of the address would connect to."""
    browser = BrowserUrls()

    def run(data: bytes) -> None:
        url = text(data)
        target, seen = parse_target(url), browser.read(url)
        if seen is not None:  # a name that no browser looks up leads nowhere else
            host = f"[{target.host}]" if ":" in target.host else target.host
            holds(seen.host == host, f"a browser goes to {seen.host!r}, we to {host!r}")
            holds(seen.port in {"", str(target.port)}, "another port")

    return run


def _redirects_in_browsers() -> Callable[[bytes], None]:
    """A browser goes where the registered address says, and nowhere else."""
    browser = BrowserUrls()

    def run(data: bytes) -> None:
        uri = parse_redirect_uri(text(data))
        seen = browser.read(uri.text)
        if uri.is_private_scheme or seen is None:
            return
        host = uri.host.strip("[]")
        theirs = seen.host.strip("[]")
        holds(seen.scheme == uri.scheme, "another scheme")
        holds(theirs == host or ":" in theirs or _is_number(host), f"{theirs!r}, not {host!r}")

    return run


def _is_number(host: str) -> bool:
    """A host whose last label is a number is an IPv4 address for browsers, however it is spelt."""
    last = host.rstrip(".").rpartition(".")[2]
    return re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last) is not None


_URLS = (
    "https://", "http://", "example.com", "127.0.0.1", "0x7f.1", "2130706433", "[::1]",
    "[::ffff:10.0.0.1]", "localhost", "@", ":443", ":25", "\\", "#", "?", "%2f", "..", "xn--",
    "169.254.169.254", ".",
)  # fmt: skip

HTTP = (
    Target("http.cookies", _cookies, (), ("dw-river=", "; ", "__Host-")),
    Target("http.language", _language, (), ("ja", "en;q=0.5", ",", "*", "\x1f")),
    Target("http.target", _target, (Forbidden,), _URLS, 2048),
    Target("http.target_in_browsers", prepare=_targets_in_browsers, answers=(Forbidden,),
           words=_URLS, longest=256),
    Target("http.redirect_in_browsers", prepare=_redirects_in_browsers, answers=(OAuthError,),
           words=_URLS, longest=256),
    Target("http.form_action", _policy, (ValueError,), (*_URLS, "javascript:", "com.app:", "; ")),
    Target("http.markdown", _markdown, (),
           ("[a](https://b.c)", "<script>", "```", "# ", "> ", "![", "]: ", "&#", "javascript:")),
)  # fmt: skip
