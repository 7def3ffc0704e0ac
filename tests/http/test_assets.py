"""Static files, the accent of an organization, and the colours of the style sheet."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import doorward.http
from doorward.http import theme
from doorward.http.assets import Assets

FOLDER = Path(doorward.http.__file__).parent / "assets"
CSS = (FOLDER / "app.css").read_text(encoding="utf-8")
ASSETS = Assets()
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
Answer = tuple[int, dict[str, str], bytes]


def get(path: str, method: str = "GET", **headers: str) -> Answer:
    """One request to the assets, straight through ASGI."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    given_headers = [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": given_headers}
    asyncio.run(ASSETS(scope, receive, send))
    fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], fields, sent[1]["body"]


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_file_is_kept_forever_under_its_hash(path: Path) -> None:
    """A changed file has another address, so this one never changes."""
    status, headers, body = get(ASSETS.address(path.name))
    assert (status, body) == (200, path.read_bytes())
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-length"] == str(len(body))
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_of_the_last_release_still_finds_its_style() -> None:
    """Today's file answers under an old hash, but is not kept."""
    status, headers, _ = get("/assets/0000000000000000/app.css")
    assert (status, headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/app.css",
        "/assets/x/../../pages.py",
        "/assets/x/%2e%2e/pages.py",
        "/assets/x//etc/passwd",
        "/assets/accent/red.css",
        "/assets/accent/FF00AA.css",
        "/assets/accent/ff00a.css",
        "/assets/accent/ff00aa.css/x",
        "/assets/accent/ff00aa}.css",
        "/assets/accent/ff00aa",
        "/assets/accent/٠٠٠٠٠٠.css",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    """Only names that were read at the start exist."""
    assert get(path)[0] == 404


def test_only_reading_is_allowed() -> None:
    """HEAD answers like GET without a body; anything else is refused."""
    address = ASSETS.address("app.css")
    status, headers, body = get(address, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) == (FOLDER / "app.css").stat().st_size
    assert get(address, "POST")[0] == 405


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, br", True), ("br;q=1, GZIP;q=0.5", True), ("gzip;q=0", False), ("", False)],
)
def test_a_file_is_compressed_where_the_browser_takes_it(accepted: str, packed: bool) -> None:
    """Caches are told that the answer depends on it."""
    _, headers, body = get(ASSETS.address("app.css"), accept_encoding=accepted)
    assert (headers.get("content-encoding") == "gzip") == packed
    assert (gzip.decompress(body) if packed else body) == (FOLDER / "app.css").read_bytes()
    assert headers["vary"] == "Accept-Encoding"


def test_a_known_file_is_not_sent_again() -> None:
    """RFC 9110 section 13.1.2."""
    address = ASSETS.address("app.css")
    tag = get(address)[1]["etag"]
    status, _, body = get(address, if_none_match=f'"x", {tag}')
    assert (status, body) == (304, b"")


def test_an_accent_is_a_style_sheet_of_its_own() -> None:
    """No page needs inline style for an organization's colour."""
    address = ASSETS.accent_address("#FF4FA3")
    status, headers, body = get(address)
    assert (status, address) == (200, "/assets/accent/ff4fa3.css")
    assert headers["content-type"] == "text/css; charset=utf-8"
    assert b"--leaf:#ff4fa3" in body


@given(COLOURS)
def test_every_accent_can_be_read_in_both_themes(colour: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5:1 on every ground, whatever the brand chose."""
    accent = theme.adjust_accent(colour)
    for shown, grounds in ((accent.light, theme.LIGHT_GROUNDS), (accent.dark, theme.DARK_GROUNDS)):
        assert min(theme.contrast(shown, ground) for ground in grounds) >= 4.5
    assert theme.contrast(theme.letter_on(colour), colour) >= 4.5


def test_a_readable_colour_is_left_alone() -> None:
    """Only what fails is moved, and the page can say so."""
    assert theme.adjust_accent("#1d4ed8").light == "#1d4ed8"
    assert theme.adjust_accent("#1d4ed8").adjusted
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "1234५6", "#ffffff\n"])
def test_only_six_digits_are_a_colour(text: str) -> None:
    """Nothing else can reach a style sheet."""
    with pytest.raises(ValueError, match="six hexadecimal"):
        theme.parse_colour(text)


def palette(start: str) -> dict[str, str]:
    """The custom properties of the block that begins with `start`."""
    block = CSS[CSS.index(start) :].partition("{")[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


LIGHT = palette(':root, [data-theme="light"] {')
DARK = palette('\n[data-theme="dark"]')


def test_the_dark_palette_is_the_same_by_choice_and_by_system() -> None:
    """It is written twice in the style sheet, and must not drift."""
    assert palette(':root:not([data-theme="light"])') == DARK


@pytest.mark.parametrize("colours", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
def test_the_palette_can_be_read(colours: dict[str, str]) -> None:
    """Text at 4.5:1 on every ground it stands on, edges of fields at 3:1 (WCAG 1.4.11)."""
    grounds = [colours[name] for name in ("ground", "arch", "card", "inset")]
    for name in ("ink", "ink-soft", "accent"):
        assert min(theme.contrast(colours[name], ground) for ground in grounds) >= 4.5, name
    for name in ("red", "amber", "green"):
        assert theme.contrast(colours[name], colours["card"]) >= 4.5
        assert theme.contrast(colours[name], colours[f"{name}-ground"]) >= 4.5
    assert theme.contrast(colours["on-main"], colours["main"]) >= 4.5
    assert theme.contrast(colours["on-leaf"], colours["leaf"]) >= 4.5
    assert min(theme.contrast(colours["line-firm"], ground) for ground in grounds) >= 3


def test_an_accent_is_measured_on_the_grounds_of_the_style_sheet() -> None:
    """The computation and the style sheet agree."""
    names = ("ground", "arch", "card", "inset")
    assert set(theme.LIGHT_GROUNDS) == {LIGHT[name] for name in names}
    assert set(theme.DARK_GROUNDS) == {DARK[name] for name in names}


def test_the_files_ask_nobody_else() -> None:
    """No address of another host, no font to load, no way to run a string."""
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(|innerHTML|eval\(|Function\(", text)
