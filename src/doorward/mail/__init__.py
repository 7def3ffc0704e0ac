"""Mail: letters in two languages, the outbox where they wait, and the ways out.

It owns what letters say and how each is sent once; it knows no account, application or page: who
causes a letter hands it names, an address and a link. Every room above writes with it, ``app``
runs its worker.
"""

from __future__ import annotations

from doorward.mail.about import AboutAccount, AboutApplication, AboutConnection
from doorward.mail.carriers import Carrier, NotCarried
from doorward.mail.inbox import Arrived, Inbox
from doorward.mail.jobs import Postman, remove_expired
from doorward.mail.model import Letter, LetterState, Opened, Recipient, Sender, Template
from doorward.mail.rendering import Parcel, compose_test, looks_like_link, render_letter
from doorward.mail.service import Outbox
from doorward.mail.smtp import SmtpCarrier

__all__ = [
    "AboutAccount",
    "AboutApplication",
    "AboutConnection",
    "Arrived",
    "Carrier",
    "Inbox",
    "Letter",
    "LetterState",
    "NotCarried",
    "Opened",
    "Outbox",
    "Parcel",
    "Postman",
    "Recipient",
    "Sender",
    "SmtpCarrier",
    "Template",
    "compose_test",
    "looks_like_link",
    "remove_expired",
    "render_letter",
]
