"""What a person allowed an application: asked once, widened by new scopes, withdrawn whole.

It owns the ledger of consents; it knows no page, and no token but through ``tokens``.
``authorize``, the account pages and the management API call it.
"""

from __future__ import annotations

from doorward.consents.jobs import remove_expired
from doorward.consents.model import Consent, ConsentStep, FindHerald, Herald, UnknownConsent
from doorward.consents.service import Consents

__all__ = [
    "Consent",
    "ConsentStep",
    "Consents",
    "FindHerald",
    "Herald",
    "UnknownConsent",
    "remove_expired",
]
