"""The sign-in link to paste into a page, and its preview."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal, cast
from urllib.parse import quote

from doorward.dialects.neon_crm import AUTHORIZE_PATH
from doorward.http import SIGN_IN_WIDGET, Locale, message, translator

__all__ = ["LOOKS", "PLACEHOLDER", "SIZES", "LinkOrder", "parse_order"]

PLACEHOLDER = "your redirect_uri here"
"""What whoever pastes the snippet replaces, unless an address was chosen."""
Look = Literal["filled", "outline"]
Size = Literal["small", "medium", "large"]
LOOKS: tuple[Look, ...] = ("filled", "outline")
SIZES: tuple[Size, ...] = ("small", "medium", "large")
_TEXT = message("Sign in with {org}")


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """One sign-in link: for whom, where it returns to, and how it looks.

    ``redirect_uri`` None leaves the placeholder in its place.
    """

    client_id: str
    redirect_uri: str | None
    language: Locale
    look: Look
    size: Size

    def text(self, org_name: str) -> str:
        """What the link says."""
        return translator(self.language)(_TEXT, org=org_name)

    def address(self, root: str, stand_in: str | None = None) -> str:
        """Where the link leads, below ``root`` (the issuer, or this host's path to it).

        ``stand_in`` takes the place of the placeholder.
        """
        chosen = self.redirect_uri or stand_in
        target = PLACEHOLDER if chosen is None else quote(chosen, safe="")
        client_id = quote(self.client_id, safe="")
        query = f"response_type=code&client_id={client_id}&redirect_uri={target}"
        return f"{root}{AUTHORIZE_PATH}?{query}"

    def snippet(self, issuer: str, org_name: str) -> str:
        """The code to paste inside ``<body>``, where the link should appear.

        The script stands first: in ``<head>`` it stays there, and can say that it is misplaced.
        """
        script = (
            f'<script async src="{issuer}{SIGN_IN_WIDGET.path}"\n'
            f'  integrity="{SIGN_IN_WIDGET.integrity}"\n'
            f'  crossorigin="anonymous"></script>'
        )
        link = (
            f'<a data-doorward-signin data-look="{self.look}" data-size="{self.size}"'
            f' lang="{self.language}"\n'
            f'  href="{escape(self.address(issuer))}"'
            f">{escape(self.text(org_name))}</a>"
        )
        return f"{script}\n{link}"


def parse_order(
    client_id: str, registered: tuple[str, ...], wanted: dict[str, str], language: Locale
) -> LinkOrder:
    """The link that ``wanted`` describes; what it leaves out or gets wrong is as usual.

    Only an address of ``registered`` is taken. ``language`` is the one of the page.
    """
    redirect_uri = wanted.get("redirect_uri", "")
    words = wanted.get("words", "")
    look, size = wanted.get("look", ""), wanted.get("size", "")
    return LinkOrder(
        client_id=client_id,
        redirect_uri=redirect_uri if redirect_uri in registered else None,
        language=cast("Locale", words) if words in {"en", "ja"} else language,
        look=look if look in LOOKS else "filled",
        size=size if size in SIZES else "medium",
    )
