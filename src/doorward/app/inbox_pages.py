"""The demo's inbox: letters as pages, as they were written, and as JSON for scripts.

``doorward serve`` has no such pages: there letters go to a mail server.
"""

from __future__ import annotations

import re

from doorward.app.dispatch import Route
from doorward.app.outside import outside_view
from doorward.http import NO_STORE, ASGIApp, Call, Mishap, Pages, Reply, iso, json_reply
from doorward.mail import Arrived, Inbox
from doorward.orgs import Site

__all__ = ["INBOX_PATH", "InboxPages"]

INBOX_PATH = "/dev/mail"

_NUMBER = re.compile(rb"id=(\d{1,9})\Z")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_LETTER_POLICY = (
    # The letter has inline style, as letters must, and gets nothing else: no script, no form.
    b"sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
_LETTER_HEADERS = (
    *NO_STORE,
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _LETTER_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class InboxPages:
    """``/dev/mail`` and what lies beside it, for whoever calls this machine by its own name."""

    def __init__(self, *, inbox: Inbox, pages: Pages, site: Site) -> None:
        """Show ``inbox`` in Doorward's own name."""
        self._inbox = inbox
        self._pages = pages
        self._site = site
        self._host = f"{site.host}{site.port}"

    def routes(self) -> tuple[Route, ...]:
        """What is served; nothing of it changes anything."""
        return (
            Route(INBOX_PATH, {"GET": self.show}),
            Route(f"{INBOX_PATH}.json", {"GET": self.tell}),
            Route(f"{INBOX_PATH}/html", {"GET": self.show_written}),
        )

    async def show(self, call: Call) -> ASGIApp:
        """Every letter, the newest first; or the one whose number is ``id``."""
        letter = self._find(call)
        if not self._is_ours(call) or (letter is None and call.scope["query_string"]):
            return self._missing(call)
        values: dict[str, object] = {
            "letters": [_line(each) for each in self._inbox.newest()],
            "letter": None if letter is None else _line(letter),
        }
        query = () if letter is None else (("id", str(letter.number)),)
        view = outside_view(call.scope, self._site, query)
        return self._pages.page(view, "dev_mail.html", values)

    async def show_written(self, call: Call) -> Reply | ASGIApp:
        """The HTML of the letter ``id``, alone and without any power."""
        letter = self._find(call)
        if not self._is_ours(call) or letter is None:
            return self._missing(call)
        return Reply(200, letter.parcel.html.encode(), _LETTER_HEADERS)

    async def tell(self, call: Call) -> Reply | ASGIApp:
        """``{"items": […]}``, the newest first."""
        if not self._is_ours(call):
            return self._missing(call)
        return json_reply({"items": [_document(each) for each in self._inbox.newest()]})

    def _is_ours(self, call: Call) -> bool:
        # A name that somebody else made lead here would let their page read the letters.
        return call.header(b"host") == self._host

    def _find(self, call: Call) -> Arrived | None:
        found = _NUMBER.match(bytes(call.scope["query_string"]))
        return None if found is None else self._inbox.find(int(found[1]))

    def _missing(self, call: Call) -> ASGIApp:
        return self._pages.mishap(outside_view(call.scope, self._site), Mishap.NOT_FOUND)


def _line(letter: Arrived) -> dict[str, object]:
    parcel = letter.parcel
    return {
        "number": letter.number,
        "at": letter.at,
        "language": parcel.locale,
        "sender": parcel.sender,
        "address": parcel.address,
        "subject": parcel.subject,
        "pieces": _pieces(parcel.text),
    }


def _pieces(text: str) -> list[dict[str, object]]:
    """``text`` cut at its addresses, which become links."""
    pieces: list[dict[str, object]] = []
    end = 0
    for found in _LINK.finditer(text):
        pieces.append({"text": text[end : found.start()], "link": False})
        pieces.append({"text": found[0], "link": True})
        end = found.end()
    return [*pieces, {"text": text[end:], "link": False}]


def _document(letter: Arrived) -> dict[str, object]:
    parcel = letter.parcel
    return {
        "id": str(letter.number),
        "arrived_at": iso(letter.at),
        "organization": parcel.org_id,
        "template": parcel.template,
        "language": parcel.locale,
        "from": parcel.sender,
        "to": parcel.address,
        "subject": parcel.subject,
        "text": parcel.text,
        "html": parcel.html,
        "links": list(parcel.links),
    }
