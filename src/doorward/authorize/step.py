"""One look at an authorization that is under way."""

from __future__ import annotations

import msgspec

from doorward.authorize.service import Asked, Caller
from doorward.protocol import ErrorCode, OAuthError
from doorward.sessions import Browser, Flow, Session

__all__ = ["Step", "staff_refusal"]


class Step(msgspec.Struct, frozen=True):
    """One look at an authorization: who asks for what, in which browser, in which flow."""

    asked: Asked
    browser: Browser | None
    flow: Flow | None

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.asked.caller

    @property
    def staff(self) -> tuple[Session, ...]:
        """The sign-ins of staff that the terms of the request do not suffer in this browser."""
        if self.caller.terms.staff_refusal is None or self.browser is None:
            return ()
        return self.browser.of_kind("system")


def staff_refusal(step: Step) -> OAuthError:
    """The error for a browser in which staff are signed in."""
    return OAuthError(ErrorCode.INVALID_REQUEST, step.caller.terms.staff_refusal or "")
