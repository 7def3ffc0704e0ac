"""Statements that name no organization: all of them, each with the reason why it cannot."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

ACROSS: Final = {
    "*.EXPIRE*": "rows of all organizations expire in one order, and leave in batches",
    "apikeys.store.sessions._FIND_SESSION": "the session id is all that a caller of API v1 says",
    "audit.store.links._AFTER": "the worker walks through the organizations",
    "audit.store.links._WAITING": "the worker looks for the organizations with new events",
    "belongings.store.deletions.FIND_DUE": "the worker looks for what is due",
    "brakes.store.FIND_DUE": "the worker looks for what is due",
    "brakes.store.OVERFLOW_AT": "the rows that are kept are counted for the installation",
    "clients.store.applications._ORGANIZATIONS": "at the root the client id is all that is said",
    "clients.store.logos._OLD": "the worker looks for what nobody uses",
    "imports.store.FIND_CLAIMABLE": "the worker looks for what is due",
    "imports.store.FIND_EXPIRED": "the worker looks for what is over",
    "mail.store.COUNT_WAITING": "the length of the queue is told for the installation",
    "mail.store.FIND_DUE": "the worker looks for what is due",
    "orgs.store._FIND_OWNER": "the host is all that a request has said",
    "orgs.store._LIST": "operators list the organizations",
    "projects.store.keys._FIND_ORGS": "at the root the key is all that is said",
    "tokens.store.FIND_ACCESS_ANYWHERE": "at the root the token is all that is said",
    "vault.store.notices._DUE": "the worker looks for what is due",
    "vault.store.outbox._DUE": "the worker looks for what is due",
    "vault.store.outbox._SPILLS": "the worker looks for what is due",
    "vault.store.renewals._DUE": "the worker looks for what is due",
    "vault.store.sealed.PLACES*": "a new master key seals the values of all organizations anew",
}
"""By name, which may be a pattern."""

WITHOUT: Final = {
    "installation": "process numbers and the version of caches",
    "vault_keys": "which master keys have sealed something",
}
"""Tables that belong to the installation and not to an organization."""


def crossing(name: str) -> str | None:
    """The line of ``ACROSS`` that the statement ``name`` falls under."""
    return next((pattern for pattern in ACROSS if fnmatchcase(name, pattern)), None)
