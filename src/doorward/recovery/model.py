"""What an action link is, what it is bound to, and what is refused about one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from doorward.accounts import Account
from doorward.db import SECOND, Row
from doorward.protocol import Refusal

__all__ = [
    "CODE_DIGITS",
    "LIFETIMES",
    "MOST_CODE_TRIES",
    "RESEND_AFTER",
    "AddressTaken",
    "Bound",
    "Link",
    "LinkGone",
    "Purpose",
    "RecoveryRefusal",
    "SameAddress",
    "SignUpClosed",
    "TooSoon",
    "WrongCode",
    "WrongDomain",
    "WrongPassword",
    "is_alive",
    "plain_code",
]

_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

CODE_DIGITS: Final = 8
MOST_CODE_TRIES: Final = 5
"""So often a code can be wrong before its link has to be used, or another letter asked for."""

RESEND_AFTER: Final = _MINUTE
"""How long a letter is given to arrive before another can be asked for, in microseconds."""


class Purpose(StrEnum):
    """What a link does. A link of one purpose is unknown to every other."""

    SIGN_UP = "sign_up"
    RESET = "reset"
    VERIFY = "verify"
    CHANGE = "change"
    UNDO = "undo"


LIFETIMES: Mapping[Purpose, int] = MappingProxyType(
    {
        Purpose.SIGN_UP: _DAY,
        Purpose.RESET: _HOUR,
        Purpose.VERIFY: _DAY,
        Purpose.CHANGE: _DAY,
        Purpose.UNDO: 7 * _DAY,
    }
)
"""How long each is good, in microseconds."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What a link carries along, kept here and not in its address.

    ``address`` is the mailbox that it went to, or that an undoing restores. Of a sign-up it holds
    what the account will be; ``idle`` says that it does nothing, and is kept so that whoever asked
    sees no difference: the address has an account, or a reset has none.
    """

    account_kind: str
    address: str
    name: str | None = None
    locale: str | None = None
    password_hash: str | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is kept. Times are microseconds."""

    org_id: str
    link_id: int
    purpose: Purpose
    account_id: int | None
    browser_id: int | None
    bound: Bound
    code_tries: int
    created_at: int
    expires_at: int

    @classmethod
    def from_row(cls, row: Row) -> Link:
        """Read the columns ``store.LINK_COLUMNS`` in their order."""
        org_id, link_id, purpose, account_id, browser_id, bound, tries, created, expires = row
        return cls(
            org_id=org_id,
            link_id=link_id,
            purpose=Purpose(purpose),
            account_id=account_id,
            browser_id=browser_id,
            bound=msgspec.json.decode(bound, type=Bound),
            code_tries=tries,
            created_at=created,
            expires_at=expires,
        )

    def resend_at(self) -> int:
        """From when on another letter can be asked for."""
        return self.created_at + RESEND_AFTER


def is_alive(link: Link, account: Account) -> bool:
    """Whether ``link`` may still act for ``account``.

    A new password, and an end of all sign-ins, end what was sent before. The way to undo a change
    of address outlives both: whoever took an account over would begin with them.
    """
    if link.bound.idle or not account.is_active:
        return False
    if link.purpose is Purpose.UNDO:
        return True
    return link.created_at >= max(account.password_changed_at or 0, account.signed_out_at or 0)


def plain_code(text: str) -> str:
    """The digits of a code as it was typed: in whichever width, with whatever between them."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isascii() and c.isdigit())


class RecoveryRefusal(Refusal):
    """Base of what this room refuses."""


class LinkGone(RecoveryRefusal):
    """Unknown, damaged, used, ended, expired, or for something else: one answer to all of them."""

    code = "link_gone"
    status = 410
    sentence = "This link cannot be used any more."


class WrongCode(RecoveryRefusal):
    """The code is not the one of the letter, or too many were wrong."""

    code = "wrong_code"
    status = 422
    sentence = "The code is not right."
    field = "code"


class WrongPassword(RecoveryRefusal):
    """The password is not the account's, or not the one that the sign-up chose."""

    code = "wrong_password"
    status = 422
    sentence = "The password is not right."
    field = "password"


class SignUpClosed(RecoveryRefusal):
    """The organization makes the accounts itself."""

    code = "sign_up_closed"
    status = 403
    sentence = "Accounts are made by the organization."


class WrongDomain(RecoveryRefusal):
    """The organization lets people with other addresses sign up."""

    code = "wrong_domain"
    status = 422
    sentence = "An account cannot be made with an address of this domain."
    field = "email"


class SameAddress(RecoveryRefusal):
    """The account has this address already."""

    code = "same_address"
    status = 422
    sentence = "This is the address that the account has."
    field = "email"


class AddressTaken(RecoveryRefusal):
    """Another account has taken the address since."""

    code = "address_taken"
    status = 409
    sentence = "Another account has this address now."


class TooSoon(RecoveryRefusal):
    """A letter was sent a moment ago."""

    code = "too_soon"
    status = 429
    sentence = "Another letter can be sent in a minute."
