"""What a passkey is, what its ceremonies are bound to, and what is refused about one.

Times are microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from doorward.accounts import Account
from doorward.audit import is_plain_line
from doorward.db import SECOND, Row
from doorward.protocol import Refusal

__all__ = [
    "CHALLENGE_LIFETIME",
    "MOST_PASSKEYS",
    "AnswerRefused",
    "BadPasskeyName",
    "Ceremony",
    "LastWayIn",
    "NoPasskeysHere",
    "Passkey",
    "PasskeyProof",
    "PasskeyRefused",
    "PasskeyTaken",
    "PasskeysRefusal",
    "Purpose",
    "TooManyPasskeys",
    "UnknownPasskey",
    "verify_name",
]

CHALLENGE_LIFETIME: Final = 300 * SECOND
MOST_PASSKEYS: Final = 20
_LONGEST_NAME: Final = 60


class PasskeysRefusal(Refusal):
    """Base of what this room refuses."""


class NoPasskeysHere(PasskeysRefusal):
    """The organization's address is one for which browsers keep no passkeys."""

    code = "no_passkeys_here"
    status = 409
    sentence = "Passkeys do not work at this address: it has no TLS, or no name."


class AnswerRefused(PasskeysRefusal):
    """What the browser answered is not a passkey made for this challenge, here and now."""

    code = "passkey_answer_refused"
    status = 422
    sentence = "The passkey could not be added. Try again."
    field = "credential"


class TooManyPasskeys(PasskeysRefusal):
    """The account holds as many as it may."""

    code = "too_many_passkeys"
    status = 409
    sentence = "An account has at most 20 passkeys. Remove one first."


class PasskeyTaken(PasskeysRefusal):
    """This very passkey is known already."""

    code = "passkey_taken"
    status = 409
    sentence = "This passkey has been added before."


class UnknownPasskey(PasskeysRefusal):
    """The account has no such passkey."""

    code = "unknown_passkey"
    status = 404
    sentence = "There is no such passkey."


class LastWayIn(PasskeysRefusal):
    """Without it, the person could not come in any more."""

    code = "last_way_in"
    status = 409
    sentence = "This is the only way into the account. Add another passkey or a password first."


class BadPasskeyName(PasskeysRefusal):
    """Not a name that can be shown in a list."""

    code = "bad_passkey_name"
    status = 422
    sentence = "A name is one line of up to 60 characters."
    field = "name"


class Purpose(StrEnum):
    """What a challenge was given out for; it is good for nothing else."""

    ENROL = "enrol"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a challenge is bound to: the browser, and there a flow, an account or both.

    0 stands for no flow, and for no account that is known yet.
    """

    purpose: Purpose
    browser_id: int
    flow_id: int = 0
    account_id: int = 0

    @property
    def is_alone(self) -> bool:
        """Whether the passkey is all that proves who it is: then it must have asked the person."""
        return self.purpose is Purpose.SIGN_IN


@dataclass(frozen=True, slots=True)
class Passkey:
    """A credential of one account, for one host.

    ``user_verified`` tells of its latest use: whether it asked for a finger, a face or a PIN.
    """

    passkey_id: int
    account_id: int
    credential_id: bytes
    rp_id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    name: str
    user_verified: bool
    created_at: int
    used_at: int | None

    @property
    def methods(self) -> tuple[str, ...]:
        """What its latest use proved, in the words of RFC 8176.

        That is a key in software that is synced, or one in hardware, and maybe its user.
        """
        kind = "swk" if self.backup_eligible else "hwk"
        return (kind, "user") if self.user_verified else (kind,)

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Read the columns ``store.COLUMNS`` in their order."""
        return cls(
            passkey_id=row[0],
            account_id=row[1],
            credential_id=bytes(row[2]),
            rp_id=row[3],
            public_key=bytes(row[4]),
            sign_count=row[5],
            transports=tuple(row[6].split()),
            backup_eligible=bool(row[7]),
            backed_up=bool(row[8]),
            aaguid=row[9],
            name=row[10],
            user_verified=bool(row[11]),
            created_at=row[12],
            used_at=row[13],
        )


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """That ``account`` is here: its passkey answered a challenge of ours, and it may come in."""

    account: Account
    passkey: Passkey

    @property
    def methods(self) -> tuple[str, ...]:
        """What was proved, in the words of RFC 8176."""
        return self.passkey.methods


@dataclass(frozen=True, slots=True)
class PasskeyRefused:
    """The one answer to an unknown passkey, a wrong answer and a disabled account.

    Two are always equal and look the same; the rest is for counters and the log only.
    """

    account_id: int | None = field(default=None, compare=False, repr=False)
    detail: str = field(default="", compare=False, repr=False)


def verify_name(name: str) -> str:
    """``name`` without the space around it. Raises ``BadPasskeyName``."""
    name = name.strip()
    if not is_plain_line(name, _LONGEST_NAME):
        raise BadPasskeyName
    return name
