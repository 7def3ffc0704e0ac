"""What is shown of the last run: the tables and the pictures say what the results say."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.picture import LOOKS, PANELS, SUBJECT_NAMES, draw
from bench.publish import FIGURES, PICTURES, publish, published
from tests.bench.results import document, row

_ROOT = Path(__file__).resolve().parents[2]
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_documents_say_what_the_results_say() -> None:
    """Nobody writes a figure by hand: both are made of bench/results.json by the run itself."""
    results = json.loads((_ROOT / "bench" / "results.json").read_text())
    for path, text in published(results).items():
        assert (_ROOT / path).read_text() == text, path


def test_only_the_marked_part_is_written(tmp_path: Path) -> None:
    """What people wrote around it stays, and what a server said breaks no table."""
    (tmp_path / "docs" / "images").mkdir(parents=True)
    before, after = "before\n<!-- bench: results -->\n", "<!-- bench: end -->\nafter\n"
    (tmp_path / FIGURES).write_text(f"{before}old{after}")
    missing = [{"work": "", "subject": "peer", "reason": "it said:\n| <b>"}]
    profiles = {"jwks": [" 9.0% 10.0%  send (web.py)"]}
    rows = [row("jwks", "doorward", 12345.6)]
    publish(document(rows, missing=missing, profiles=profiles), tmp_path)
    text = (tmp_path / FIGURES).read_text()
    assert text.startswith(before)
    assert text.endswith(after)
    assert "old" not in text
    assert "| jwks | `doorward` | 12 346 | 1.00 | 2.00 | 0 | - |" in text
    assert "- `peer` is missing at every work: it said: / ‹b>\n" in text
    assert "`jwks` goes, alone and with what is called:\n\n```text\n 9.0% 10.0%  send" in text
    assert all((tmp_path / path).is_file() for path in PICTURES)


def test_a_document_without_a_place_is_told(tmp_path: Path) -> None:
    """Figures that nobody sees would be a silent loss."""
    (tmp_path / "docs").mkdir()
    (tmp_path / FIGURES).write_text("nothing")
    with pytest.raises(LookupError, match="no place"):
        published(document([]), tmp_path)


def test_the_picture_stands_alone_and_says_what_it_shows() -> None:
    """One well-formed file without anything from elsewhere, titled, and described for readers."""
    rows = [row(work, name) for work in PANELS for name in SUBJECT_NAMES]
    rows.append(row("jwks", "unknown"))
    text = draw(document(rows), LOOKS["light"])
    picture = ET.fromstring(text)
    for outside in ("href", "url(", "@import", "<style", "<script"):
        assert outside not in text
    title, said = picture.find(f"{_SVG}title"), picture.find(f"{_SVG}desc")
    assert title is not None
    assert said is not None
    assert title.text == "Requests per second of one server process on one core"
    assert "5 rounds of 3 s, 32 connections, on Any & All <processor>" in (said.text or "")
    words = [each.text for each in picture.iter(f"{_SVG}text")]
    assert words.count("Doorward, SQLite") == len(PANELS)
    assert words.count("100") == len(PANELS) * len(SUBJECT_NAMES)
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    for bar in picture.iter(f"{_SVG}rect"):
        assert float(bar.get("x", "0")) + float(bar.get("width", "0")) <= width
        assert float(bar.get("y", "0")) + float(bar.get("height", "0")) <= height


def test_who_answered_wrongly_is_not_drawn() -> None:
    """A bar would be read as a figure."""
    rows = [row("jwks", "doorward", 7.0), row("jwks", "authlib", 9000.0, failures=1)]
    assert "Authlib" not in draw(document(rows), LOOKS["dark"])


@pytest.mark.parametrize("name", LOOKS)
def test_colours_can_be_told_from_their_ground(name: str) -> None:
    """Text at 4.5 to 1, bars at 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    look = LOOKS[name]
    for text in (look.text, look.quiet):
        assert _contrast(text, look.ground) >= 4.5
    for bar in (look.ours, look.theirs, look.limit):
        assert _contrast(bar, look.ground) >= 3


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
