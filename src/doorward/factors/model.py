"""An account's authenticator app and its recovery codes. Times are integer microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.protocol import Refusal

__all__ = ["FEW_CODES", "PENDING_FOR", "App", "NothingPending", "Pending", "Standing"]

PENDING_FOR: Final = 1800 * SECOND
"""How long an app can be set up once its key was shown."""

FEW_CODES: Final = 3
"""So few recovery codes are worth a warning."""


class NothingPending(Refusal):
    """No app is being set up here, or for too long already."""

    code = "nothing_pending"
    status = 410
    sentence = "The setup has expired. Start again."


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app that has proved its key."""

    factor_id: int
    confirmed_at: int
    last_used_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has: an app or none, and how many recovery codes are good."""

    app: App | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class Pending:
    """An app that is being set up in one browser; its key counts once a code proves it."""

    factor_id: int
    key: Secret[str]
    expires_at: int
