"""Recovery: signing up, a new password, and a new address, each by the link of a letter.

It owns action links, which are typed, good once and ended by what overtakes them, and what their
use changes; accounts and passwords are ``accounts``', letters ``mail``'s. It signs nobody in. The
account pages call it.
"""

from __future__ import annotations

from doorward.recovery.addresses import Addresses
from doorward.recovery.jobs import remove_expired
from doorward.recovery.links import Links
from doorward.recovery.model import (
    LIFETIMES,
    MOST_CODE_TRIES,
    RESEND_AFTER,
    AddressTaken,
    Link,
    LinkGone,
    Purpose,
    RecoveryRefusal,
    SameAddress,
    SignUpClosed,
    TooSoon,
    WrongCode,
    WrongDomain,
    WrongPassword,
)
from doorward.recovery.parts import Asker
from doorward.recovery.passwords import NewPassword, PasswordChanges
from doorward.recovery.service import Recovery
from doorward.recovery.sign_up import SignUpForm, SignUps

__all__ = [
    "LIFETIMES",
    "MOST_CODE_TRIES",
    "RESEND_AFTER",
    "AddressTaken",
    "Addresses",
    "Asker",
    "Link",
    "LinkGone",
    "Links",
    "NewPassword",
    "PasswordChanges",
    "Purpose",
    "Recovery",
    "RecoveryRefusal",
    "SameAddress",
    "SignUpClosed",
    "SignUpForm",
    "SignUps",
    "TooSoon",
    "WrongCode",
    "WrongDomain",
    "WrongPassword",
    "remove_expired",
]
