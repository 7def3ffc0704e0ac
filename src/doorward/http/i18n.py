"""Languages of the pages: which one to show, the message catalogues, dates.

A msgid is a whole English sentence with named placeholders. Templates call `_("…", name=value)`;
Python marks a sentence for later with `message("…")`. A test finds both and holds the catalogues
to them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

Locale = Literal["en", "ja"]
LOCALES: tuple[Locale, ...] = ("en", "ja")
_FOLDER = Path(__file__).parent / "locale"
_TAG = re.compile(r"([a-zA-Z]{1,8}|\*)(-[a-zA-Z0-9]{1,8})*\Z")
_QUALITY = re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)\Z")
_NAMES = re.compile(r"\{(app|org)\}")
_SENTENCES = 4096
_LONGEST = 1024  # characters of a language header that are read at all


def message(msgid: str) -> str:
    """Return `msgid` unchanged; marks a sentence in a table so that catalogues must hold it."""
    return msgid


class Translator:
    """The sentences of one language."""

    def __init__(self, locale: Locale, messages: dict[str, str]) -> None:
        """Keep `messages` (msgid to translation); a msgid without one is shown in English."""
        self.locale = locale
        self._messages = messages
        # Sentences are ours, a few thousand: what was found out about one is kept.
        self._parts = lru_cache(maxsize=_SENTENCES)(self._split)
        self._whole = lru_cache(maxsize=_SENTENCES)(self._escape)

    def __call__(self, msgid: str, /, **values: object) -> str:
        """Return the sentence as plain text with its placeholders filled."""
        shown = {name: str(value) for name, value in values.items()}
        return "".join(self._pieces(self._parts(msgid), shown))

    def markup(self, msgid: str, /, **values: object) -> Markup:
        """Return the sentence as HTML: text and plain values escaped, Markup values kept."""
        if not values:
            return self._whole(msgid)
        shown = {name: escape(value) for name, value in values.items()}
        return Markup("").join(self._pieces(self._parts(msgid), shown))

    def fill(self, sentence: str, *, app: str, org: str) -> str:
        """Fill `{app}` and `{org}` in an organization's own sentence; other braces stay."""
        found = _NAMES.split(sentence)
        parts = zip(found[::2], [*found[1::2], ""], strict=True)
        return "".join(self._pieces(parts, {"app": app, "org": org}))

    def _split(self, msgid: str) -> tuple[tuple[str, str], ...]:
        text = self._messages.get(msgid, msgid)
        return tuple((literal, field or "") for literal, field, _, _ in Formatter().parse(text))

    def _escape(self, msgid: str) -> Markup:
        return Markup("").join(self._pieces(self._split(msgid), {}))

    def _pieces(self, parts: Iterable[tuple[str, str]], values: Mapping[str, str]) -> list[str]:
        # Japanese sets a gap beside Latin names only: the space around a placeholder goes where
        # the name is Japanese itself.
        pieces = [""]
        for literal, field in parts:
            value, text = (values[field] if field else ""), literal
            if self.locale == "ja" and text[:1] == " " and _is_wide(pieces[-1], -1):
                text = text[1:]
            if self.locale == "ja" and text[-1:] == " " and _is_wide(value, 0):
                text = text[:-1]
            pieces += [text, value]
        return pieces

    def moment(self, at: int) -> str:
        """Return a time (microseconds since the epoch) in words of the language, in UTC."""
        return f"{format_datetime(_utc(at), _long_form(self.locale), locale=self.locale)} UTC"

    def day(self, at: int) -> str:
        """Return the UTC date of a time (microseconds since the epoch)."""
        return format_date(_utc(at), "long", locale=self.locale)


@lru_cache(maxsize=len(LOCALES))
def translator(locale: Locale) -> Translator:
    """Return the translator of a language; its catalogues are read once per process."""
    messages: dict[str, str] = {}
    for path in sorted((_FOLDER / locale).glob("*.po")):
        with path.open("rb") as source:
            catalogue = read_po(source, locale=locale, abort_invalid=True)
        messages |= {str(entry.id): str(entry.string) for entry in catalogue if entry.id}
    return Translator(locale, messages)


def find_locale(tag: str | None) -> Locale | None:
    """Return the language that a BCP 47 tag asks for, when the pages speak it."""
    if not tag or not _TAG.match(tag):
        return None
    primary = tag.partition("-")[0].lower()
    return next((locale for locale in LOCALES if locale == primary), None)


def negotiate_locale(
    explicit: str | None, ui_locales: str | None, accept_language: str | None, default: str
) -> Locale:
    """Choose the language of a page; whatever arrives, the answer is one of LOCALES.

    Order: the person's own choice (cookie or `lang`), the application's `ui_locales` (OpenID
    Connect Core 3.1.2.1, space-separated), `Accept-Language` (RFC 9110 section 12.5.4), the
    organization's default.
    """
    wanted = [explicit, *(ui_locales or "")[:_LONGEST].split(), *_ranked(accept_language or "")]
    for tag in wanted:
        found = find_locale(tag)
        if found is not None:
            return found
    return find_locale(default) or "en"


def iso(at: int) -> str:
    """Return a time (microseconds since the epoch) as RFC 3339 text in UTC, to the second."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_wide(value: str, index: int) -> bool:
    shown = value.striptags() if isinstance(value, Markup) else value
    return bool(shown) and unicodedata.east_asian_width(shown[index]) in ("W", "F")


def _ranked(header: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for item in header[:_LONGEST].split(","):
        tag, _, parameter = item.replace(" ", "").partition(";")
        quality = _QUALITY.match(parameter) if parameter else None
        weight = float(quality[1]) if quality else (0.0 if parameter else 1.0)
        if weight > 0:
            weighted.append((weight, tag))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1_000_000, UTC)


def _long_form(locale: Locale) -> str:
    return "y年M月d日 H:mm" if locale == "ja" else "d MMM y, HH:mm"
