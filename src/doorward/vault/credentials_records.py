"""Rows of tenant credentials: how one begins, is held, and is named in the record of events."""

from __future__ import annotations

from doorward.audit import Actor, Event
from doorward.db import Transaction
from doorward.vault.credentials_model import CredentialsState, Slot, TenantCredentials
from doorward.vault.credentials_rules import Checked, Place
from doorward.vault.store import credentials as store

__all__ = ["born", "event_of", "lock_active"]


async def lock_active(tx: Transaction, slot: Slot) -> TenantCredentials | None:
    """The active version of ``slot``, which nobody changes until this unit ends."""
    while True:
        locked = await store.lock_active(tx, slot)
        # Whoever waits for a version that an edit replaces meanwhile is answered nothing, although
        # its successor is there: then there is another one to lock.
        if locked is not None or await store.find_active(tx, slot) is None:
            return locked


def event_of(actor: Actor, verb: str, row: TenantCredentials, **detail: str | int) -> Event:
    """The event ``tenant_credentials.<verb>``: which client, and nothing that is secret."""
    return actor.did(
        f"tenant_credentials.{verb}",
        row.org_id,
        row.target,
        connector=row.connector,
        environment=row.environment,
        client=row.client_id,
        **detail,
    )


def born(place: Place, checked: Checked, number: int, now: int) -> TenantCredentials:
    """A version as it is before anything else is said of it: pending, of nobody."""
    return TenantCredentials(
        org_id=place.org_id,
        credentials_id=number,
        connector=place.connector.slug,
        connector_id=place.connector.connector_id,
        environment=place.environment,
        state=CredentialsState.PENDING,
        label=checked.label,
        client_id=checked.client_id,
        redirect_uri=checked.redirect_uri,
        extra=checked.extra,
        sealed=None,
        submitted_by=0,
        replaces=None,
        created_at=now,
        expires_at=None,
        activated_at=None,
        verified_at=None,
        ended_at=None,
    )
