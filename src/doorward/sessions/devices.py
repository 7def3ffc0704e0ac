"""A browser's own description of itself, in two words."""

from __future__ import annotations

from doorward.http import Locale, message, translator

__all__ = ["describe_device", "name_device"]

# The first match wins: many browsers name others as well, for compatibility.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def describe_device(user_agent: str | None) -> dict[str, str | None]:
    """``browser`` and ``os`` of a User-Agent header, None for what it does not say."""
    text = user_agent or ""
    return {
        "browser": next((name for mark, name in _BROWSERS if mark in text), None),
        "os": next((name for mark, name in _SYSTEMS if mark in text), None),
    }


def name_device(user_agent: str | None, locale: Locale, *, otherwise: str) -> str:
    """``Chrome on Linux``, or what is known; ``otherwise`` (a msgid) where nothing is."""
    say, device = translator(locale), describe_device(user_agent)
    browser, system = device["browser"], device["os"]
    if browser and system:
        return say(message("{browser} on {system}"), browser=browser, system=system)
    return browser or system or say(otherwise)
