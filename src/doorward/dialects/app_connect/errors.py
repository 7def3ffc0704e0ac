"""What is answered when something cannot be done, in the platform's words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from doorward.brakes import Braked
from doorward.connectors import Category, UpstreamFailure
from doorward.crypto import SealBroken
from doorward.db import Overloaded, Unavailable, Unrepresentable
from doorward.protocol import OAuthError, Refusal
from doorward.vault import (
    Disconnected,
    MayNotSubmit,
    NeedsReconnect,
    NotRenewable,
    UnknownConnection,
    Unplannable,
)

__all__ = [
    "EXPIRED",
    "OVER",
    "BadJwt",
    "NoAccountToken",
    "NoJwt",
    "NoPlatform",
    "NotAdmin",
    "Said",
    "SessionRevoked",
    "UserNotFound",
    "find_said",
    "sentence_of",
]

OVER: Final = (Disconnected, NeedsReconnect, NotRenewable, UnknownConnection)
"""Refusals of the vault that only connecting again mends."""

EXPIRED: Final = "User session expired. Please connect again."


class Said(Exception):
    """An answer other than the one that was hoped for: plain text, or an object."""

    def __init__(
        self,
        status: int,
        body: str | Mapping[str, object],
        *,
        retry_after_s: int | None = None,
    ) -> None:
        """Answer ``body`` with ``status``, and when to come again."""
        super().__init__(str(status))
        self.retry_after_s = retry_after_s
        self.status = status
        self.body = body


class NoJwt(Said):
    """Nothing was presented that says whose connection is meant."""

    def __init__(self) -> None:
        """Ask for it."""
        super().__init__(400, "Please go to Settings and authorize CRM platform")


class BadJwt(Said):
    """What stands in the query is none of our tokens, or has ended."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(400, "Invalid JWT token")


class UserNotFound(Said):
    """The token was ours, and what it stands for is not there any more."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(400, "User not found")


class NoPlatform(Said):
    """The request does not say which platform it is about."""

    def __init__(self) -> None:
        """Ask for it."""
        super().__init__(400, "Missing platform name")


class NoAccountToken(Said):
    """The request does not prove whose account here it is about."""

    def __init__(self) -> None:
        """Ask for it, by the name of the header that clients of the platform know."""
        super().__init__(400, "Missing RingCentral access token")


class NotAdmin(Said):
    """The account is not one that keeps connectors for everybody."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(403, "Admin validation failed")


class SessionRevoked(Said):
    """A data route whose connection is over for good: only the person can mend it."""

    def __init__(self) -> None:
        """Answer as clients expect it."""
        message = {"messageType": "warning", "message": EXPIRED, "ttl": 5000}
        body = {
            "successful": False,
            "returnMessage": message,
            "errorCode": "CRM_SESSION_REVOKED",
        }
        super().__init__(401, body)


_OF_CATEGORY: Final[Mapping[Category, str]] = MappingProxyType(
    {
        Category.DEAD_GRANT: EXPIRED,
        Category.USER_ACTION: "The platform asks the user to do something there first.",
        Category.CONFIGURATION: "The platform refuses this application.",
        Category.MANIFEST: "The platform and this connector do not understand each other.",
        Category.TRANSIENT: "The platform does not answer at the moment. Please try again later.",
        Category.DEAD_TENANT: "The platform does not know this address.",
        Category.DECLINED: "The user declined on the platform's page.",
        Category.FORBIDDEN_ADDRESS: "This address cannot be used.",
    }
)


_TEMPORARY: Final = (Overloaded, Unavailable)
_SENTENCES: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((Unplannable, SealBroken), "This connection cannot be used. An administrator must act."),
    ((Unrepresentable,), "A parameter cannot be read."),
    (_TEMPORARY, "Please try again in a moment."),
)


def sentence_of(failure: UpstreamFailure) -> str:
    """Why the platform did not do it; nothing of its own answer is repeated."""
    if failure.status == 429:
        return "Rate limit exceeded"
    return _OF_CATEGORY[failure.category]


def find_said(error: Exception) -> Said | None:
    """The answer to ``error``; None for a bug."""
    if isinstance(error, Said):
        return error
    if isinstance(error, MayNotSubmit):
        return NotAdmin()
    sentence = _find_sentence(error)
    if sentence is None:
        return None
    if isinstance(error, Braked):
        return Said(error.status, {"error": sentence}, retry_after_s=error.retry_after_s)
    status = 503 if isinstance(error, _TEMPORARY) else 400
    return Said(status, {"error": sentence})


def _find_sentence(error: Exception) -> str | None:
    if isinstance(error, Refusal):
        return error.sentence
    if isinstance(error, UpstreamFailure):
        return sentence_of(error)
    if isinstance(error, OAuthError):
        return error.description
    return next((text for kinds, text in _SENTENCES if isinstance(error, kinds)), None)
