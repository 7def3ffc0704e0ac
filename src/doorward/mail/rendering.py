"""From a letter's values to its subject, its text and its HTML, and to the message that is sent.

Names come from people: whatever is in them, they stay one line of text in each of the three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2 import Template as Sheet

from doorward.audit import is_plain_line
from doorward.db import SECOND
from doorward.http import Locale, Translator, translator
from doorward.mail.model import Letter, Opened, Recipient, Sender, Template, WaitingLetter
from doorward.mail.wording import (
    CODE,
    COPY_LINK,
    GREETING,
    GREETING_NOBODY,
    HELP,
    QUOTE,
    WORDING,
    Wording,
)

__all__ = ["Parcel", "build_message", "compose_test", "looks_like_link", "render_letter"]

_LONGEST_NAME = 200
_LONGEST_QUOTE = 4000
_LINKISH = re.compile(r"[/\\:@]|\.\w{2,}")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}\Z")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter ready to be carried. ``links`` are the addresses in it."""

    org_id: str
    letter_id: int
    template: str
    locale: Locale
    sender: str
    address: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]


def render_letter(letter: WaitingLetter, opened: Opened) -> Parcel:
    """Write ``letter`` in its recipient's language, with what was sealed of it."""
    link = opened.link
    say, wording = translator(letter.locale), WORDING[letter.template]
    org = _line(letter.words.sender)
    names = {name: _line(value) for name, value in letter.words.values.items()} | {"org": org}
    until = None
    if wording.until is not None and letter.words.expires_at is not None:
        until = say(wording.until, **names, moment=say.moment(letter.words.expires_at))
    support = letter.words.support_url
    values: dict[str, str | list[str] | None] = {
        "lang": letter.locale,
        "org": org,
        "subject": _line(say(wording.subject, **names)),
        "greeting": _greeting(say, letter.words.name),
        "says": _says(say, wording, names),
        "quote_intro": say(QUOTE, **names),
        "quote": _quote(letter.words.quote),
        "action": say(wording.action) if wording.action and link else None,
        "link": link if wording.action else None,
        "copy_link": say(COPY_LINK),
        "code_intro": say(CODE),
        "code": _grouped(opened.code),
        "until": until,
        "why": say(wording.why, **names),
        "help": say(HELP, **names),
        "support_url": support,
    }
    return Parcel(
        org_id=letter.org_id,
        letter_id=letter.letter_id,
        template=letter.template,
        locale=letter.locale,
        sender=org,
        address=letter.address,
        subject=str(values["subject"]),
        text=_text(values),
        html=_sheet().render(values),
        links=tuple(each for each in (values["link"], support) if isinstance(each, str)),
    )


def compose_test(org_id: str, sender: Sender, recipient: Recipient, letter_id: int) -> Parcel:
    """A letter that only shows that letters arrive; it never waits in the outbox."""
    letter = Letter(org_id, Template.TEST, sender, recipient)
    return render_letter(WaitingLetter.drafted(letter, letter_id), Opened())


def build_message(
    parcel: Parcel, *, mail_from: str, reply_to: str | None, now: int
) -> EmailMessage:
    """The message as it is sent, at ``now`` (microseconds). Raises ``ValueError``: a bad address.

    Its Message-ID follows from the row: a letter that is sent twice has the same one both times.
    """
    own = _address(mail_from)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(parcel.sender, own.username, own.domain)
    message["To"] = _address(parcel.address)
    if reply_to is not None:
        message["Reply-To"] = _address(reply_to)
    message["Subject"] = parcel.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now // SECOND, UTC))
    message["Message-ID"] = f"<{_number(parcel.letter_id)}.{parcel.org_id}@{own.domain}>"
    # RFC 3834: nobody's absence notice answers a letter that no person wrote.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Both are seven bits wide, whatever the servers on the way can do.
    coding = "base64" if parcel.locale == "ja" else "quoted-printable"
    message.set_content(parcel.text, cte=coding)
    message.add_alternative(parcel.html, subtype="html", cte=coding)
    message["Content-Language"] = parcel.locale
    return message


def _text(values: Mapping[str, object]) -> str:
    quote = values["quote"]
    blocks = [values["greeting"], values["says"]]
    if isinstance(quote, list):
        blocks += [values["quote_intro"], "\n".join(f"> {line}".rstrip() for line in quote)]
    if values["action"]:
        colon = "：" if values["lang"] == "ja" else ":"
        blocks.append(f"{values['action']}{colon}\n{values['link']}")
    if values["code"]:
        blocks.append(f"{values['code_intro']}\n{values['code']}")
    blocks += [values["until"], values["why"]]
    foot = ["-- ", values["org"]]
    if values["support_url"]:
        foot += [values["help"], values["support_url"]]
    blocks.append("\n".join(str(line) for line in foot))
    return "\n\n".join(str(block) for block in blocks if block) + "\n"


@cache
def _sheet() -> Sheet:
    folder = Path(__file__).with_name("templates")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")


def _greeting(say: Translator, name: str | None) -> str:
    shown = _line(name or "")
    if not shown or looks_like_link(shown):
        return say(GREETING_NOBODY)
    return say(GREETING, name=shown)


def _says(say: Translator, wording: Wording, names: Mapping[str, str]) -> str:
    person = names.get("person", "")
    is_named = bool(person) and not looks_like_link(person)
    return say(wording.says if is_named else wording.unnamed or wording.says, **names)


def looks_like_link(name: str) -> bool:
    """Whether mail programs would make a link of ``name``.

    As what somebody calls themselves, or something that nobody has reviewed, that is an
    advertisement and not a name.
    """
    return _LINKISH.search(name) is not None


def _line(text: str) -> str:
    """``text`` as one line: whatever would break it or turn it around becomes a space."""
    safe = "".join(char if is_plain_line(f"x{char}", 2) else " " for char in text)
    return " ".join(safe.split())[:_LONGEST_NAME]


def _quote(text: str | None) -> list[str] | None:
    lines = [_line(line) for line in (text or "")[:_LONGEST_QUOTE].splitlines()]
    return lines if any(lines) else None


def _grouped(code: str | None) -> str | None:
    """A code in two halves, as it is read aloud and typed."""
    return None if code is None else f"{code[: len(code) // 2]} {code[len(code) // 2 :]}"


def _address(text: str) -> Address:
    if not _ADDRESS.match(text) or not is_plain_line(text, 320):
        raise ValueError("not an address")
    name, _, domain = text.rpartition("@")
    return Address("", name, domain.encode("idna").decode("ascii"))


def _number(value: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits or "0"
