"""What a letter is, from the change that causes it until it has left."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from doorward.crypto import Secret
from doorward.db import SECOND, Row
from doorward.http import Locale

__all__ = [
    "GIVE_UP_AFTER",
    "KEPT",
    "BadLetter",
    "Letter",
    "LetterState",
    "Opened",
    "Recipient",
    "Sender",
    "Template",
    "WaitingLetter",
    "about_link",
    "back_off",
    "pack_words",
]

GIVE_UP_AFTER = 86_400 * SECOND
"""How long a letter is tried, from the moment it was written."""

KEPT = 30 * 86_400 * SECOND
"""How long it can be seen that a letter was written, and what became of it."""

_FIRST_WAIT = 60 * SECOND
_LONGEST_WAIT = 3600 * SECOND


class Template(StrEnum):
    """What a letter is about; its words are in ``wording.py``."""

    INVITATION = "invitation"
    APPLICATION_SUBMITTED = "application_submitted"
    APPLICATION_WAITING = "application_waiting"
    APPLICATION_IN_REVIEW = "application_in_review"
    APPLICATION_CHANGES_REQUESTED = "application_changes_requested"
    APPLICATION_APPROVED = "application_approved"
    APPLICATION_CHANGE_APPROVED = "application_change_approved"
    APPLICATION_DECLINED = "application_declined"
    APPLICATION_CHANGE_DECLINED = "application_change_declined"
    APPLICATION_CHANGE_RETURNED = "application_change_returned"
    APPLICATION_REINSTATED = "application_reinstated"
    APPLICATION_SUSPENDED = "application_suspended"
    APPLICATION_WITHDRAWN = "application_withdrawn"
    OWNERSHIP_OFFERED = "ownership_offered"
    SECRET_CREATED = "secret_created"  # noqa: S105 - the name of a letter
    APPLICATION_CONNECTED = "application_connected"
    ACCESS_CHANGED = "access_changed"
    ACCESS_REMOVED = "access_removed"
    ACCESS_ENDED = "access_ended"
    CONNECTOR_ASKED_FOR = "connector_asked_for"
    CONNECTION_ENDED = "connection_ended"
    SHARED_CONNECTION_ENDED = "shared_connection_ended"
    CREDENTIALS_REFUSED = "credentials_refused"
    SECOND_STEP_ON = "second_step_on"
    SECOND_STEP_OFF = "second_step_off"
    SECOND_STEP_RESET = "second_step_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_FEW = "recovery_codes_few"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_SUSPECT = "passkey_suspect"
    SIGN_UP_CONFIRM = "sign_up_confirm"
    SIGN_UP_KNOWN = "sign_up_known"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a letter
    PASSWORD_RESET_UNKNOWN = "password_reset_unknown"  # noqa: S105 - the name of a letter
    PASSWORD_RESET_CLOSED = "password_reset_closed"  # noqa: S105 - the name of a letter
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a letter
    EMAIL_VERIFY = "email_verify"
    EMAIL_CONFIRM = "email_confirm"
    EMAIL_IN_USE = "email_in_use"
    EMAIL_CHANGED = "email_changed"
    EMAIL_RESTORED = "email_restored"
    SIGN_IN_SLOWED = "sign_in_slowed"
    DELETION_SCHEDULED = "deletion_scheduled"
    DELETION_CANCELLED = "deletion_cancelled"
    DELETION_DONE = "deletion_done"
    NEW_BROWSER = "new_browser"
    TEST = "test"


class LetterState(StrEnum):
    """What became of a letter."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


class BadLetter(Exception):
    """This version of Doorward does not know such a letter."""


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a letter is written: an organization, and where its people find help."""

    name: str
    support_url: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter is for. Both names are given apart where they are known."""

    address: str
    locale: Locale
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None

    @property
    def full_name(self) -> str | None:
        """The name in the order of its own language: the family name first where that is usual."""
        given, family = self.given_name, self.family_name
        if not given or not family:
            return self.name or given or family
        wide = unicodedata.east_asian_width(family[0]) in {"W", "F"}
        return f"{family} {given}" if wide else f"{given} {family}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as the change that causes it writes it.

    ``link`` is where its one action leads, and ``code`` can be typed instead; both are sealed while
    the letter waits. ``expires_at`` (microseconds) says until when they are good. ``values`` fill
    the words of the template, and ``quote`` is what a person wrote, shown as theirs. Never put a
    password in a letter.
    """

    org_id: str
    template: Template
    sender: Sender
    recipient: Recipient
    values: Mapping[str, str] = field(default_factory=dict)
    link: Secret[str] | None = None
    expires_at: int | None = None
    quote: str | None = None
    code: Secret[str] | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed of a letter while it waited."""

    link: str | None = None
    code: str | None = None

    def sealed_text(self) -> bytes:
        """What ``from_text`` reads back: an address has no line breaks."""
        return "\n".join((self.link or "", self.code or "")).rstrip("\n").encode()

    @classmethod
    def from_text(cls, text: bytes) -> Opened:
        """Read what ``sealed_text`` wrote."""
        link, _, code = text.decode().partition("\n")
        return cls(link or None, code or None)


class Words(msgspec.Struct, frozen=True):
    """What is kept of a letter's content as JSON while it waits: all of it but its link."""

    sender: str
    support_url: str | None
    name: str | None
    values: dict[str, str]
    expires_at: int | None
    quote: str | None


def pack_words(letter: Letter) -> str:
    """What ``WaitingLetter.from_row`` reads back. Bearer values are never among it."""
    return msgspec.json.encode(_words_of(letter)).decode()


def _words_of(letter: Letter) -> Words:
    return Words(
        sender=letter.sender.name,
        support_url=letter.sender.support_url,
        name=letter.recipient.full_name,
        values=dict(letter.values),
        expires_at=letter.expires_at,
        quote=letter.quote,
    )


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter that a worker has claimed. Times are microseconds."""

    org_id: str
    letter_id: int
    template: Template
    address: str
    locale: Locale
    words: Words
    sealed_link: bytes | None
    tries: int
    created_at: int

    @classmethod
    def from_row(cls, row: Row) -> WaitingLetter:
        """Read a row of ``mail_outbox`` in the order of ``CLAIMED_COLUMNS``.

        Raises ``BadLetter``.
        """
        org_id, letter_id, template, address, locale, words, sealed, tries, created_at = row
        try:
            about, said = Template(template), msgspec.json.decode(words, type=Words)
        except (ValueError, msgspec.DecodeError) as error:
            raise BadLetter(f"a letter {template}") from error
        return cls(
            org_id=org_id,
            letter_id=letter_id,
            template=about,
            address=address,
            locale=locale,
            words=said,
            sealed_link=None if sealed is None else bytes(sealed),
            tries=tries,
            created_at=created_at,
        )

    @classmethod
    def drafted(cls, letter: Letter, letter_id: int) -> WaitingLetter:
        """``letter`` as if it had waited under this number, without its link."""
        return cls(
            org_id=letter.org_id,
            letter_id=letter_id,
            template=letter.template,
            address=letter.recipient.address,
            locale=letter.recipient.locale,
            words=_words_of(letter),
            sealed_link=None,
            tries=0,
            created_at=0,
        )


def about_link(org_id: str, letter_id: int) -> bytes:
    """What the seal of a letter's link is bound to: the organization, the row, the field."""
    return b"mail_outbox:" + org_id.encode() + b":" + str(letter_id).encode() + b":link"


def back_off(tries: int) -> int:
    """How long to wait after the try number ``tries`` (from 1): a minute, doubled, to an hour."""
    return min(_FIRST_WAIT << min(tries - 1, 10), _LONGEST_WAIT)
