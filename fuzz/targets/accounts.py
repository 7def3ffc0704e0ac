"""What people and staff write about people, and the names of applications."""

from __future__ import annotations

import email
import json
from email.policy import default

import msgspec

from doorward.accounts import BadAccount, is_email, login_key, parse_details
from doorward.accounts.keys import full_name, prefix_end
from doorward.clients.likeness import has_odd_marks, likeness
from doorward.console.account.profile import parse_cents
from doorward.mail.model import Letter, Opened, Recipient, Sender, Template, WaitingLetter
from doorward.mail.rendering import build_message, render_letter
from fuzz.target import Target, holds
from fuzz.texts import pieces, text

__all__ = ["ACCOUNTS"]


def _details(data: bytes) -> None:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    details = parse_details(document)
    again = parse_details(msgspec.to_builtins(details))
    holds(again == details, "what is kept reads back as something else")


def _lenient_details(data: bytes) -> None:
    """A document from a reader that takes more than JSON: NaN, huge numbers, half characters."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    parse_details(document)


def _email(data: bytes) -> None:
    address = text(data)
    if is_email(address):
        holds(address.count("@") == 1 and not set(address) & set("\r\n\x00 <>,"), "no one address")
        holds(login_key(login_key(address)) == login_key(address), "its key has another key")


def _names(data: bytes) -> None:
    one, other = pieces(data, 2)
    key, end = login_key(one), prefix_end(login_key(one))
    if key and end is not None:
        holds(key < end and (key + other) < end, "a name behind the end of its prefix")
    full_name(one or None, other or None)


def _likeness(data: bytes) -> None:
    name = text(data)
    holds(likeness(name) == likeness(name.upper().lower()) or not name.isascii(), "case counts")
    has_odd_marks(name)


def _letter(data: bytes) -> None:
    """A letter keeps its headers and its one address, whatever people are called."""
    org, person, name, address, quote = pieces(data, 5)
    letter = Letter(
        org_id="river",
        template=Template.APPLICATION_DECLINED,
        sender=Sender(org, "https://example.com/help"),
        recipient=Recipient(address, "ja" if quote[:1] == "j" else "en", name),
        values={"person": person, "app": name},
        quote=quote,
    )
    parcel = render_letter(WaitingLetter.drafted(letter, 7), Opened("https://example.com/open"))
    message = build_message(parcel, mail_from="no-reply@example.com", reply_to=None, now=10**15)
    read = email.message_from_bytes(message.as_bytes(), policy=default)
    holds(len(read["To"].addresses) == 1, "a letter to several people")
    holds(read["From"].addresses[0].addr_spec == "no-reply@example.com", "another sender")
    holds(sorted(read.keys()) == sorted(message.keys()), "somebody's name became a header")


def _cents(data: bytes) -> None:
    cents = parse_cents(text(data))
    holds(cents is None or 0 <= cents < 1 << 63, "more money than a column holds")


ACCOUNTS = (
    Target("accounts.details", _details, (BadAccount,),
           ('{"addresses":[{', '"is_primary_address":true', '"dob":{"year":', '"url":"', "NaN")),
    Target("accounts.lenient_details", _lenient_details, (BadAccount,),
           ('{"addresses":[{', '"account_custom_fields":[', '"dob":', "1e999", '"\\ud800"')),
    Target("accounts.email", _email, (), ("@", "example.com", "\u3000", "\ufb01"), 400),
    Target("accounts.names", _names, (), ("\x1f", "\u1e9e", "\uff21"), 400),
    Target("accounts.letter", _letter, (ValueError,),
           ("\x1f", "anna@example.com", "\n", "=?utf-8?q?", "\r\nBcc: ", "\u202e"), 1024),
    Target("accounts.cents", _cents, (), ("10.50", "\uff11", "."), 64),
    Target("accounts.likeness", _likeness, (), ("\u0430", "\u200d", "rn", "\u0301"), 400),
)  # fmt: skip
