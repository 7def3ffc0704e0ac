"""How long somebody is asked to wait, in words."""

from __future__ import annotations

from math import ceil

from doorward.http.i18n import Translator, message

__all__ = ["patience"]

_SECONDS = message("Wait {count} seconds, then try again.")
_MINUTE = message("Wait a minute, then try again.")
_MINUTES = message("Wait {count} minutes, then try again.")
_HOURS = message("Wait {count} hours, then try again.")

_STEP_S = 10


def patience(translate: Translator, wait_s: int) -> str:
    """What to do about a wait of ``wait_s`` seconds: never less, and to ten seconds at best."""
    seconds = max(1, ceil(wait_s / _STEP_S)) * _STEP_S
    minutes = ceil(wait_s / 60)
    if seconds < 60:
        return translate(_SECONDS, count=seconds)
    if minutes == 1:
        return translate(_MINUTE)
    if minutes <= 90:
        return translate(_MINUTES, count=minutes)
    return translate(_HOURS, count=ceil(minutes / 60))
