"""What developers wrote in Markdown, as HTML that can do nothing but be read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

__all__ = ["render_markdown"]

# No raw HTML and no pictures: neither has a rule. HTML stays text, and a picture is its link.
_RULES: Final = (
    "heading",
    "list",
    "fence",
    "code",
    "blockquote",
    "hr",
    "emphasis",
    "backticks",
    "link",
    "autolink",
    "newline",
    "escape",
    "entity",
)
_LONGEST: Final = 16_384
_HEADING: Final = "h3"


def render_markdown(text: str) -> Markup:
    """``text`` as headings of the third level, paragraphs, lists, code and links to ``https``.

    Everything else in it is shown as it was typed. What comes after 16 KB is left out.
    """
    # The renderer escapes every text; what it writes beside it is its own.
    return Markup(_reader().render(text[:_LONGEST]))  # noqa: S704


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False})
    reader.enable(list(_RULES))
    reader.validateLink = _is_safe  # type: ignore[method-assign]
    reader.add_render_rule("heading_open", _open_heading)
    reader.add_render_rule("heading_close", _close_heading)
    reader.add_render_rule("link_open", _open_link)
    return reader


def _is_safe(url: str) -> bool:
    """Only to a named host, over TLS; nothing that a browser would read otherwise than we do."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return False
    return not any(c <= " " or c in '\\"<>`' or c == "\x7f" for c in url)


def _open_heading(
    _self: RendererHTML, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"<{_HEADING}>"


def _close_heading(
    _self: RendererHTML, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"</{_HEADING}>\n"


def _open_link(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    if not tokens[at].attrGet("href"):
        # ``[text]()`` leads to the page itself: without an address it is no link.
        return "<a>"
    tokens[at].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, at, options, env)
