"""Passkeys: keys that people's devices keep, which prove who they are without a secret of ours.

It owns public keys, the challenges that they answer once, and for which host each is good; it
knows no session and no page. Sign-in and the account pages call it; staff remove passkeys through
the management API and the command line.
"""

from __future__ import annotations

from doorward.passkeys.jobs import remove_expired
from doorward.passkeys.model import (
    MOST_PASSKEYS,
    AnswerRefused,
    BadPasskeyName,
    Ceremony,
    LastWayIn,
    NoPasskeysHere,
    Passkey,
    PasskeyProof,
    PasskeyRefused,
    PasskeysRefusal,
    PasskeyTaken,
    Purpose,
    TooManyPasskeys,
    UnknownPasskey,
)
from doorward.passkeys.parties import RelyingParty, find_relying_party
from doorward.passkeys.service import OFFER_AGAIN_AFTER, Passkeys

__all__ = [
    "MOST_PASSKEYS",
    "OFFER_AGAIN_AFTER",
    "AnswerRefused",
    "BadPasskeyName",
    "Ceremony",
    "LastWayIn",
    "NoPasskeysHere",
    "Passkey",
    "PasskeyProof",
    "PasskeyRefused",
    "PasskeyTaken",
    "Passkeys",
    "PasskeysRefusal",
    "Purpose",
    "RelyingParty",
    "TooManyPasskeys",
    "UnknownPasskey",
    "find_relying_party",
    "remove_expired",
]
