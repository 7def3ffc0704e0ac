"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "AccountSuspended",
    "BadConnection",
    "Blocked",
    "CallForbidden",
    "CallUnanswered",
    "CallUnsent",
    "Disconnected",
    "NeedsReconnect",
    "NotRenewable",
    "PlatformUnavailable",
    "RefreshInProgress",
    "TooManyConnections",
    "UnknownConnection",
    "VaultRefusal",
]


class VaultRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownConnection(VaultRefusal):
    """There is none of this number, or it is another account's: one answer to both."""

    code = "unknown_connection"
    status = 404
    sentence = "There is no such connection."


class AccountSuspended(VaultRefusal):
    """The connection is a person's who is not let in."""

    code = "account_suspended"
    status = 403
    sentence = "The account of this connection is suspended."


class TooManyConnections(VaultRefusal):
    """The account holds as many as one account may."""

    code = "too_many_connections"
    sentence = "There are as many connections as one account may have. Remove one first."


class BadConnection(VaultRefusal):
    """Something that is to be kept with a connection cannot be."""

    code = "bad_connection"
    status = 422
    sentence = "This connection cannot be kept."


class Disconnected(VaultRefusal):
    """The connection holds no credentials any more."""

    code = "disconnected"
    sentence = "This connection was disconnected."


class NeedsReconnect(VaultRefusal):
    """Only the person can mend it. ``reason`` says why."""

    code = "needs_reconnect"
    sentence = "This connection must be connected again."

    def __init__(self, reason: str = "") -> None:
        """Keep ``reason``, one of ``Reason``."""
        super().__init__()
        self.reason = reason


class Blocked(VaultRefusal):
    """Only an administrator can mend it. ``reason`` says why."""

    code = "blocked"
    sentence = "The platform refuses this application. An administrator must act."

    def __init__(self, reason: str = "") -> None:
        """Keep ``reason``, one of ``Reason``."""
        super().__init__()
        self.reason = reason


class NotRenewable(VaultRefusal):
    """The credential was refused by the platform, and it is not one that can be renewed."""

    code = "not_renewable"
    sentence = "This credential cannot be renewed."


class RefreshInProgress(VaultRefusal):
    """Somebody else renews the token, and the present one has ended."""

    code = "refresh_in_progress"
    status = 503
    sentence = "The credential is being renewed. Try again in a moment."

    def __init__(self, retry_after_s: int = 2) -> None:
        """Say after how many seconds to ask again."""
        super().__init__()
        self.retry_after_s = retry_after_s


class PlatformUnavailable(VaultRefusal):
    """The token has ended, and the platform does not renew it at the moment."""

    code = "platform_unavailable"
    status = 503
    sentence = "The platform does not answer at the moment. Try again later."

    def __init__(self, retry_after_s: int = 30) -> None:
        """Say after how many seconds to ask again."""
        super().__init__()
        self.retry_after_s = retry_after_s


class CallForbidden(VaultRefusal):
    """A call to an address that is not the platform's API, or that must not be reached."""

    code = "call_forbidden"
    status = 403
    sentence = "Calls for this connection may not go to this address."
    field = "path"


class CallUnsent(VaultRefusal):
    """A call that surely never arrived."""

    code = "call_unsent"
    status = 502
    sentence = "The platform could not be reached. Nothing was sent."


class CallUnanswered(VaultRefusal):
    """A call that may have arrived, and whose answer did not come, or not within the limits."""

    code = "call_unanswered"
    status = 504
    sentence = "The platform gave no whole answer. What was asked may have been done."
