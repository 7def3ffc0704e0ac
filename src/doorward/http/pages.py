"""Pages: one view of who is asking, one call that renders a template with all its headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from doorward.http.assets import Assets
from doorward.http.csp import form_source, security_headers
from doorward.http.i18n import LOCALES, Locale, iso, translator
from doorward.http.markdown import render_markdown
from doorward.http.mishaps import Mishap, Wording
from doorward.http.patience import patience

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
_OWN_PARAMETERS = ("lang", "theme")
_VARY = "Accept-Language, Cookie"
_UNAVAILABLE = 503
_SOON_S = 2
"""When to come again after a failure that passes by itself, in seconds (RFC 9110 10.2.3)."""


@dataclass(frozen=True)
class Brand:
    """How an organization presents itself: name, `#rrggbb` accent, logo on this host, links."""

    name: str
    accent: str | None = None
    logo_url: str | None = None
    support_url: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None


@dataclass(frozen=True)
class View:
    """Who looks at which page: everything about a page that its template does not decide.

    `keeps_opener` leaves its window tied to the page of another site that opened it.
    `path` and `query` are the page's own, without the organization's prefix `base` ("" or
    "/o/riverbend"); language and appearance links lead to the same page with one more parameter.
    """

    brand: Brand
    path: str
    locale: Locale = "en"
    theme: Theme = "system"
    query: tuple[tuple[str, str], ...] = ()
    base: str = ""
    csrf: str | None = None
    https: bool = False
    keeps_opener: bool = False

    @property
    def action(self) -> str:
        """The address that this page's form posts to."""
        return self.base + self.path

    def with_parameter(self, name: str, value: str) -> str:
        """Return this page's address with `lang` or `theme` set to `value`."""
        kept = [pair for pair in self.query if pair[0] not in _OWN_PARAMETERS]
        return f"{self.action}?{urlencode([*kept, (name, value)])}"


class _Compiled(BytecodeCache):
    """Templates as Python's own code, compiled once in a process however many `Pages` there are."""

    def __init__(self) -> None:
        """Nothing is compiled yet."""
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put what was compiled of this very source into `bucket`."""
        code = self._code.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Pages:
    """Renders the templates in either language, with the headers that belong to each page."""

    def __init__(self, assets: Assets) -> None:
        """Prepare the templates; `assets` gives the addresses of style sheets and scripts."""
        self._assets = assets
        self._env = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self._env.globals |= {
            "_": _translate,
            "say": _translate,  # a sentence that Python marked by `message`
            "fill": _fill,
            "in_language": _in_language,
            "moment": _moment,
            "patience": _patience,
            "day": _day,
            "asset": assets.address,
            "accent_asset": assets.accent_address,
            "locales": LOCALES,
            "themes": THEMES,
        }
        self._env.filters |= {
            "initial": initial,
            "web_url": find_web_url,
            "own_image": find_own_image,
            "link_target": verify_link_target,
            "breakable": render_breakable,
            "prose": render_prose,
            "markdown": render_markdown,
        }

    @property
    def environment(self) -> Environment:
        """The Jinja environment, for tests that read the templates."""
        return self._env

    def page(
        self,
        view: View,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        form_targets: Sequence[str] = (),
        headers: Iterable[tuple[str, str]] = (),
    ) -> Response:
        """Render `template` for `view` as a complete response.

        `form_targets` are checked redirect URIs that an answer to this page's form may lead to.
        `headers` are added last (cookies, for instance). UndefinedError when a value is missing.
        """
        text = self._env.get_template(template).render(
            {**values, "view": view, "brand": view.brand}
        )
        response = HTMLResponse(text, status)
        response.headers.update(
            security_headers(
                https=view.https, form_targets=form_targets, keeps_opener=view.keeps_opener
            )
        )
        response.headers["Content-Language"] = view.locale
        response.headers["Vary"] = _VARY
        for name, value in headers:
            response.headers.append(name, value)
        return response

    def mishap(
        self,
        view: View,
        mishap: Mishap | Wording,
        *,
        request_id: str | None = None,
        detail: Sequence[tuple[str, str]] = (),
        retry_url: str | None = None,
        wait_s: int | None = None,
    ) -> Response:
        """Render the error page of a known situation, with its status.

        `detail` holds terms and texts for developers; nothing secret belongs there. Who is to
        wait for `wait_s` seconds is told so.
        """
        words = mishap.value if isinstance(mishap, Mishap) else mishap
        text = translator(view.locale)
        values = {
            "title": text(words.title, org=view.brand.name),
            "original": words.original,
            "what_happened": text(words.what_happened, org=view.brand.name),
            "what_to_do": text(words.what_to_do, org=view.brand.name)
            if wait_s is None
            else patience(text, wait_s),
            "detail": detail,
            "request_id": request_id,
            "retry_url": retry_url,
        }
        if wait_s is None and words.status == _UNAVAILABLE:
            wait_s = _SOON_S
        headers = [] if wait_s is None else [("Retry-After", str(wait_s))]
        return self.page(view, "error.html", values, status=words.status, headers=headers)


def initial(name: str) -> str:
    """Return the first letter or digit of a name in upper case, for the small arch beside it."""
    letters = (char for char in unicodedata.normalize("NFKC", name) if char.isalnum())
    return next(letters, "·").upper()[:1]


def find_web_url(address: str | None) -> str | None:
    """Return an http or https address as it is, None for anything else (shown without a link)."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname else None


def find_own_image(address: str | None) -> str | None:
    """Return an image's address when it lies on this host; others are never loaded."""
    own = bool(address) and str(address).startswith("/") and str(address)[1:2] not in ("/", "\\")
    return address if own else None


def verify_link_target(address: str) -> str:
    """Return a redirect URI as it is; ValueError when its scheme could run script."""
    form_source(address)
    return address


def render_breakable(address: str) -> Markup:
    """Return an e-mail address that may wrap after `@` and before the dots of its host."""
    local, at, host = address.rpartition("@")
    tail = escape(host).replace(".", Markup("<wbr>."))
    return Markup('<bdi class="breakable">{}{}<wbr>{}</bdi>').format(local, at, tail)


def render_prose(text: str) -> Markup:
    """Return plain text as paragraphs; what stands between backticks is shown as code."""
    paragraphs = [each for each in re.split(r"\n\s*\n", text.strip()) if each]
    return Markup("").join(Markup('<p class="prose">{}</p>').format(_code(p)) for p in paragraphs)


def _code(text: str) -> Markup:
    parts = text.split("`")
    quoted = [
        Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts)
    ]
    return Markup("").join(quoted)


def _view(context: Context) -> View:
    view = context["view"]
    if not isinstance(view, View):
        raise TypeError("a page is rendered for a View")
    return view


def _in_language(view: View, locale: Locale) -> View:
    """The same page for a reader of ``locale``: for a part that shows what others will see."""
    return replace(view, locale=locale)


@pass_context
def _translate(context: Context, msgid: str, /, **values: object) -> Markup:
    return translator(_view(context).locale).markup(msgid, **values)


@pass_context
def _fill(context: Context, sentence: str, *, app: str, org: str) -> str:
    return translator(_view(context).locale).fill(sentence, app=app, org=org)


@pass_context
def _patience(context: Context, wait_s: int) -> str:
    return patience(translator(_view(context).locale), wait_s)


@pass_context
def _moment(context: Context, at: int) -> Markup:
    words = translator(_view(context).locale).moment(at)
    return Markup('<time datetime="{}">{}</time>').format(iso(at), words)


@pass_context
def _day(context: Context, at: int) -> Markup:
    words = translator(_view(context).locale).day(at)
    return Markup('<time datetime="{}">{}</time>').format(iso(at), words)
