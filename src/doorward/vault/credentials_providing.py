"""Credentials that whoever runs the installation puts in place, as a seed or a script does."""

from __future__ import annotations

from dataclasses import replace

from doorward.audit import Actor, record
from doorward.connectors import By
from doorward.crypto import KeyRing
from doorward.db import Clock, Database, Transaction
from doorward.vault.credentials_authors import actor_of, is_installation
from doorward.vault.credentials_model import CredentialsState, Submission, TenantCredentials
from doorward.vault.credentials_records import born, event_of, lock_active
from doorward.vault.credentials_refusals import MayNotSubmit
from doorward.vault.credentials_rules import (
    Place,
    Terms,
    find_client_option,
    verify_chosen,
    verify_complete,
    verify_submission,
)
from doorward.vault.credentials_secrets import SecretBox, first_secrets
from doorward.vault.store import credentials as store

__all__ = ["Providing"]


class Providing:
    """Puts credentials in place without anybody's first connection.

    That proof is for people, who mistype; the installation registers a client and hands it on.
    """

    def __init__(
        self, *, db: Database, clock: Clock, ring: KeyRing, allowed: frozenset[str] = frozenset()
    ) -> None:
        """Keep them in ``db``, sealed by ``ring``; ``allowed`` as ``Credentials`` has it."""
        self._db = db
        self._clock = clock
        self._box = SecretBox(ring)
        self._allowed = allowed

    async def provide(self, place: Place, given: Submission, by: By) -> TenantCredentials:
        """Keep ``given`` as the active version; where there is one already, that one stays.

        Raises ``MayNotSubmit`` for accounts of any kind; ``NotForCredentials``,
        ``NoSuchEnvironment``, ``BadCredentials``, ``BadVariable``; ``Conflict`` when somebody
        else does the same at this moment.
        """
        if not is_installation(by):
            raise MayNotSubmit
        verify_chosen(place)
        terms = Terms(place.issuers, may_manage=True, allowed=self._allowed)
        checked = verify_submission(place.manifest, given, terms)
        now, number = self._clock(), self._db.next_id()
        secrets = first_secrets(checked, now)
        verify_complete(place.manifest, find_client_option(place.manifest), secrets)
        new = replace(
            born(place, checked, number, now),
            state=CredentialsState.ACTIVE,
            sealed=self._box.seal(secrets, place.org_id, number),
            activated_at=now,
        )
        mark = self._box.fingerprint(checked.client_secret or checked.private_key)

        async def work(tx: Transaction) -> TenantCredentials:
            active = await lock_active(tx, place.slot)
            if active is not None:
                return active
            await store.insert_credentials(tx, new)
            await self._record(tx, actor_of(by), new, mark)
            return new

        return await self._db.unit(work)

    async def _record(self, tx: Transaction, by: Actor, row: TenantCredentials, mark: str) -> None:
        event = event_of(by, "active", row, secret=mark)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
