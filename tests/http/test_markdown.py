"""Instructions in Markdown: read as written, and nothing in them acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.http import render_markdown

ALLOWED = frozenset(
    {"h3", "p", "ol", "ul", "li", "pre", "code", "blockquote", "hr", "em", "strong", "a", "br"}
)
PIECES = st.sampled_from(
    ["<script>", "<img src=x onerror=alert(1)>", "[a](", ")", "javascript:alert(1)", "![", "]",
     "https://a.example", "\n\n", "# ", "1. ", "> ", "`", "```\n", "<", ">", "&lt;", '"', "'",
     "\x00", "\\", "[r]: data:text/html,x\n", "**", "    ", "\u202e", "|", "---\n", "&#106;"]
)  # fmt: skip


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.found.append((tag, dict(attrs)))


def test_steps_are_shown_as_steps() -> None:
    """Headings are of one level, below that of the page's sections."""
    html = render_markdown("# First\n\n1. Open **Settings**\n2. Copy `id`\n\n##### Then\n\n- x")
    assert html == (
        "<h3>First</h3>\n<ol>\n<li>Open <strong>Settings</strong></li>\n"
        "<li>Copy <code>id</code></li>\n</ol>\n<h3>Then</h3>\n<ul>\n<li>x</li>\n</ul>\n"
    )


def test_a_link_tells_nobody_where_it_was_followed() -> None:
    """And gives the page that it opens no hold on ours."""
    html = render_markdown("[portal](https://a.example/x?a=1&b=2)")
    assert html == (
        '<p><a href="https://a.example/x?a=1&amp;b=2" rel="noopener noreferrer">portal</a></p>\n'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "http://a.example",
        "//a.example",
        "/admin",
        "https://",
        "https:a.example",
        "https://a@b.example/",
        "https://good.example\\@evil.example/",
        "mailto:a@b.example",
        "#x",
    ],
)
def test_only_https_is_linked(url: str) -> None:
    """Everything else stays the text that it is."""
    for text in (f"[x]({url})", f"<{url}>", f"[x]: {url}\n\n[x]", f"![x]({url})"):
        assert not [tag for tag, _ in Tags(render_markdown(text)).found if tag == "a"], text


@example("[a]()")
@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_whatever_is_written_nothing_acts(text: str) -> None:
    """Only known tags, no attribute but a link's, and links lead to https alone."""
    for tag, attrs in Tags(render_markdown(text)).found:
        assert tag in ALLOWED
        if tag == "a" and "href" in attrs:
            assert set(attrs) <= {"href", "rel", "title"}
            assert (attrs["href"] or "").lower().startswith("https://")
            assert attrs["rel"] == "noopener noreferrer"
        else:
            assert not set(attrs) - {"start", "class"}, (tag, attrs)


def test_a_long_text_is_cut_and_a_deep_one_is_flat() -> None:
    """Neither takes long."""
    assert len(render_markdown("x" * 100_000)) < 20_000
    assert "<blockquote>" in render_markdown(">" * 5_000 + "x")


def test_a_link_without_an_address_is_none() -> None:
    """It would lead to the page that shows it."""
    assert render_markdown("[here]()") == "<p><a>here</a></p>\n"
