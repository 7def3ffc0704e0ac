"""Connectors and connections in words: ways to connect, states, what became of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from doorward.connectors import ClientProbe, Localized
from doorward.console.admin.application_words import StatusWords
from doorward.http import Locale, message
from doorward.vault import CredentialsState, Status, Submitters

__all__ = ["AUTH_TYPES", "OUTCOMES", "PROBES", "STATES", "STATUSES", "SUBMITTERS", "in_words"]

AUTH_TYPES: Final = {
    "oauth2_code": message("OAuth"),
    "identity_only": message("OAuth, only to learn whose account it is"),
    "oauth2_client_credentials": message("OAuth, for the organization itself"),
    "oauth2_password": message("OAuth, by user name and password"),
    "two_step": message("Sign-in by a request of its own"),
    "jwt_bearer": message("OAuth, by a signed statement"),
    "api_key": message("API key"),
    "basic": message("API key, as a user name or password"),
}
"""Ways to connect, as msgids."""

STATUSES: Final[Mapping[Status, StatusWords]] = {
    Status.ACTIVE: StatusWords("active", message("Works"), "green", "verified"),
    Status.EXPIRING: StatusWords("expiring", message("Ends soon"), "amber", "clock"),
    Status.DEGRADED: StatusWords("degraded", message("Platform in trouble"), "amber", "warning"),
    Status.NEEDS_RECONNECT: StatusWords(
        "needs_reconnect", message("Must be connected again"), "red", "warning"
    ),
    Status.BLOCKED: StatusWords("blocked", message("Blocked"), "red", "warning"),
    Status.DISCONNECTED: StatusWords("disconnected", message("Disconnected"), "", "circle"),
}
"""How a connection is, from good to gone."""

STATES: Final[Mapping[CredentialsState, StatusWords]] = {
    CredentialsState.PENDING: StatusWords("pending", message("Not proved yet"), "amber", "clock"),
    CredentialsState.ACTIVE: StatusWords("active", message("In use"), "green", "verified"),
    CredentialsState.SUPERSEDED: StatusWords("superseded", message("Replaced"), "", "circle"),
    CredentialsState.REVOKED: StatusWords("revoked", message("Deleted"), "", "trash"),
}
"""What a version of credentials is."""

SUBMITTERS: Final[Mapping[Submitters, str]] = {
    Submitters.ADMINS_ONLY: message("Only administrators; others are told to ask one"),
    Submitters.FIRST_USER: message("Whoever connects first, where nobody has set it up"),
}
"""Who may give credentials, as msgids."""

PROBES: Final[Mapping[ClientProbe, tuple[str, str]]] = {
    ClientProbe.ACCEPTED: (
        "green",
        message(
            "The platform knows this client. Whether all of it is right shows when you connect."
        ),
    ),
    ClientProbe.REFUSED: (
        "red",
        message("The platform refuses this client. Check the client ID and the secret."),
    ),
    ClientProbe.UNKNOWN: (
        "amber",
        message("The platform does not tell without a visit. You will see when you connect."),
    ),
}
"""What a dry run said: a tone, and a msgid."""

OUTCOMES: Final[Mapping[str, str]] = {
    "revoked": message("taken back"),
    "already_invalid": message("was void already"),
    "unsupported": message("this platform takes nothing back: it ends by itself"),
    "failed": message("not taken back; it is tried again for a day"),
}
"""What became of a token at the platform, as msgids."""


def in_words(text: Localized, locale: Locale) -> str:
    """The sentence in the reader's language, or in English."""
    return text if isinstance(text, str) else text.get(locale) or text.get("en") or ""
