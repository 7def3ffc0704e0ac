"""Languages: the choice, the catalogues against the code, and how a sentence is put together."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from markupsafe import Markup

import doorward
from doorward.http.i18n import LOCALES, Locale, Translator, iso, negotiate_locale, translator
from tests.http import samples

SOURCE = Path(doorward.__file__).parent
NOON = 1_795_348_800_000_000


def catalogues(locale: Locale) -> list[Catalog]:
    """The catalogues of a language, as they lie in the package."""
    found = []
    for path in sorted((SOURCE / "http" / "locale" / locale).glob("*.po")):
        with path.open("rb") as source:
            found.append(read_po(source, locale=locale, abort_invalid=True))
    return found


def sentences(locale: Locale) -> dict[str, str]:
    """Every msgid of a language with its translation."""
    entries = [entry for each in catalogues(locale) for entry in each if entry.id]
    return {str(entry.id): str(entry.string) for entry in entries}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_stands_in_two_catalogues(locale: Locale) -> None:
    """One sentence has one translation, whichever page asks for it."""
    entries = [str(entry.id) for each in catalogues(locale) for entry in each if entry.id]
    assert len(entries) == len(set(entries))


def used_in_templates() -> set[str]:
    """Every msgid that a template asks for; each must be written out as one string."""
    environment = samples.pages().environment
    found: set[str] = set()
    for name in environment.list_templates():
        loader = environment.loader
        assert loader is not None
        tree = environment.parse(loader.get_source(environment, name)[0])
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                assert isinstance(call.args[0], nodes.Const), f"{name}:{call.lineno}"
                found.add(call.args[0].value)
    return found


def used_in_python() -> set[str]:
    """Every msgid that Python marks by `message`; each must be written out as one string."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "doorward.http" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "message":
                argument = node.args[0]
                assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}"
                found.add(str(argument.value))
    return found


def placeholders(text: str) -> set[str]:
    """The names between braces."""
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogue_holds_what_the_code_asks_for_and_nothing_else(locale: Locale) -> None:
    """No sentence is missing, none is dead."""
    assert set(sentences(locale)) == used_in_templates() | used_in_python()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_keeps_the_placeholders(locale: Locale) -> None:
    """Every name that the English sentence shows is shown."""
    for msgid, translation in sentences(locale).items():
        assert placeholders(translation) == placeholders(msgid), msgid


def test_every_sentence_is_translated() -> None:
    """Nothing is left in English by oversight, nothing is marked as doubtful."""
    entries = [entry for each in catalogues("ja") for entry in each]
    assert not [entry.id for entry in entries if entry.id and entry.fuzzy]
    for msgid, translation in sentences("ja").items():
        bare = re.sub(r"\{\w+\}|\W", "", translation)
        assert bare == "" or re.search(r"[ぁ-んァ-ヶ一-龠]", bare), msgid


def test_no_sentence_shouts() -> None:
    """Short sentences, no exclamation marks, in either language."""
    for locale in LOCALES:
        for translation in sentences(locale).values():
            assert not set(translation) & set("!！")


def test_japanese_uses_its_own_terms() -> None:
    """The words that people know, not the ones a dictionary gives."""
    text = "\n".join(sentences("ja").values())
    for wrong in ("サインイン", "サインアウト", "認証する", "承認する", "コネクト"):
        assert wrong not in text


def test_a_catalogue_is_read_quickly() -> None:
    """Under 50 ms of processor time, or start-up would be felt."""
    spent = []
    for _ in range(3):
        translator.cache_clear()
        started = time.process_time()
        translator("ja")
        spent.append(time.process_time() - started)
    assert min(spent) < 0.05


@pytest.mark.parametrize(
    ("explicit", "ui_locales", "accept", "default", "expected"),
    [
        ("ja", "en", "en", "en", "ja"),
        (None, "fr ja en", "en", "en", "ja"),
        (None, None, "fr, ja;q=0.8, en;q=0.9", "ja", "en"),
        (None, None, "ja-JP, en;q=0.5", "en", "ja"),
        (None, None, "en;q=0, ja;q=0.1", "en", "ja"),
        (None, None, "*", "ja", "ja"),
        ("xx", "zz", "fr", "ja", "ja"),
        ("EN-gb", None, "ja", "ja", "en"),
        (None, None, None, "fr", "en"),
        ("../../etc", "\x00", ";;;q=", "", "en"),
    ],
)
def test_the_language_is_chosen_in_order(
    explicit: str | None, ui_locales: str | None, accept: str | None, default: str, expected: str
) -> None:
    """The person's choice, the application's, the browser's, the organization's."""
    assert negotiate_locale(explicit, ui_locales, accept, default) == expected


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_arrives_a_language_is_found(a: str, b: str, c: str, d: str) -> None:
    """The headers of a stranger never break a page."""
    assert negotiate_locale(a, b, c, d) in LOCALES


def test_values_are_escaped_and_markup_is_kept() -> None:
    """A sentence with a name in it is safe to show."""
    text = Translator("en", {"Hi {a} & {b}": "Hi {a} & {b}"})
    assert text.markup("Hi {a} & {b}", a="<i>", b=Markup("<b>x</b>")) == (
        "Hi &lt;i&gt; &amp; <b>x</b>"
    )
    assert text("Hi {a} & {b}", a="<i>", b="x") == "Hi <i> & x"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Gift Reports", "Gift Reports に戻る"), ("寄付レポート", "寄付レポートに戻る")],
)
def test_japanese_names_stand_without_a_gap(name: str, sentence: str) -> None:
    """The space beside a name is for Latin letters."""
    text = translator("ja")
    assert text("Go back to {app}", app=name) == sentence
    assert text.markup("Go back to {app}", app=Markup("<b>{}</b>").format(name)).striptags() == (
        sentence
    )


def test_an_organizations_sentence_fills_two_names_only() -> None:
    """Other braces are its own, and a name that looks like a placeholder stays a name."""
    text = translator("en")
    assert text.fill("{app} at {org} {x} {", app="{org}", org="R") == "{org} at R {x} {"


def test_times_are_told_in_the_language_with_their_zone() -> None:
    """Nobody has to guess the zone."""
    assert translator("en").moment(NOON) == "22 Nov 2026, 12:00 UTC"
    assert translator("ja").moment(NOON) == "2026年11月22日 12:00 UTC"
    assert translator("ja").day(NOON) == "2026年11月22日"
    assert iso(NOON) == "2026-11-22T12:00:00Z"
