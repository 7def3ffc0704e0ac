"""Values that administrators fill in once, for everybody or for one person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from doorward.audit import record
from doorward.connectors import AuthOption, By, Connector, Variable, verify_value
from doorward.crypto import KeyRing, Secret
from doorward.db import Clock, Database, Transaction
from doorward.vault.credentials_authors import actor_of, keeps_connectors
from doorward.vault.credentials_refusals import MayNotSubmit
from doorward.vault.credentials_rules import is_row_id
from doorward.vault.forms_model import (
    BadManagedValue,
    ManagedField,
    ManagedState,
    NotManaged,
    Stored,
)
from doorward.vault.forms_rules import asked_of, is_managed, managed_state
from doorward.vault.model import ORGANIZATION
from doorward.vault.pasting import clean
from doorward.vault.sealing import about
from doorward.vault.store import forms as store

__all__ = ["ManagedValues", "verified"]

_MOST: Final = 100
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")
_MOST_ACCOUNTS: Final = 500


class ManagedValues:
    """Values of forms that administrators keep, sealed, each bound to whose and what it is."""

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing) -> None:
        """Keep them in ``db``, sealed by ``ring``."""
        self._db = db
        self._clock = clock
        self._ring = ring

    async def find(self, connector: Connector, option: AuthOption, account_id: int) -> Stored:
        """What holds for this account: the organization's values, and the account's own.

        A value counts only while the manifest still says that administrators fill it in, and for
        whom. Raises ``SealBroken``.
        """
        scopes = {
            each.name: each.scope
            for each in asked_of(connector.manifest, option)
            if is_managed(each)
        }
        if not scopes:
            return Stored()
        owner = _owner(connector, account_id)
        values = {}
        for whose, name, sealed in await store.list_managed(self._db, owner):
            if scopes.get(name) in _scopes_of(whose):
                values[name] = self._open((*owner[:3], whose), name, sealed)
        return Stored(values, has_failed=await store.find_failure(self._db, owner))

    async def state(
        self, connector: Connector, option: AuthOption, account_id: int
    ) -> ManagedState:
        """What the form shows this account. Raises ``SealBroken``."""
        stored = await self.find(connector, option, account_id)
        return managed_state(connector.manifest, option, stored)

    async def list_for(
        self, connector: Connector, option: AuthOption, account_id: int = ORGANIZATION
    ) -> tuple[ManagedField, ...]:
        """What administrators may fill in for the organization, or for one account; no secrets.

        Raises ``SealBroken``.
        """
        stored = await self.find(connector, option, account_id)
        return tuple(
            _shown(each, stored)
            for each in asked_of(connector.manifest, option)
            if is_managed(each) and each.scope in _scopes_of(account_id)
        )

    async def list_accounts(self, connector: Connector) -> tuple[int, ...]:
        """The accounts for which administrators filled something in, the first 500."""
        owner = _owner(connector, ORGANIZATION)
        return tuple(await store.list_accounts(self._db, owner, limit=_MOST_ACCOUNTS))

    async def change(
        self,
        whose: tuple[Connector, AuthOption, int],
        values: Mapping[str, str],
        remove: Iterable[str],
        by: By,
    ) -> None:
        """Keep ``values`` and forget ``remove``; what is in neither stays.

        ``whose`` is a connector, a way to connect, and an account (0 for the organization).
        Raises ``MayNotSubmit``, ``NotManaged``, ``BadVariable``, ``BadManagedValue``.
        """
        if not keeps_connectors(by):
            raise MayNotSubmit
        connector, option, account_id = whose
        # A name that no variable can have was never kept.
        gone = [name for name in remove if _NAME.match(name)]
        if len(gone) > _MOST or not is_row_id(account_id):
            raise BadManagedValue
        kept = verified(connector, option, account_id, values)
        owner = _owner(connector, account_id)

        async def work(tx: Transaction) -> None:
            for name in gone:
                await store.remove_managed(tx, owner, name)
            await self.put(tx, whose, kept, by)
            # What was wrong may be right now: the form is not shown because of it any more.
            await store.clear_failure(tx, owner)

        await self._db.unit(work)

    async def put(
        self,
        tx: Transaction,
        whose: tuple[Connector, AuthOption, int],
        kept: Mapping[str, str],
        by: By,
    ) -> None:
        """Keep verified values in the unit ``tx``, and record which, never what."""
        connector, _, account_id = whose
        owner, now = _owner(connector, account_id), self._clock()
        for name, value in kept.items():
            await store.put_managed(tx, owner, name, self._seal(owner, name, value), now=now)
        event = actor_of(by).did(
            "managed_values.changed",
            connector.org_id,
            ("connector", connector.slug),
            account_id=account_id,
            names=" ".join(sorted(kept)),
        )
        await record(tx, event, event_id=self._db.next_id(), now=now)

    async def note_failure(self, connector: Connector, account_id: int) -> None:
        """Show this account the whole form from now on: managed values did not let them in."""

        async def work(tx: Transaction) -> None:
            await store.note_failure(tx, _owner(connector, account_id), now=self._clock())

        await self._db.unit(work)

    async def clear_failure(self, tx: Transaction, connector: Connector, account_id: int) -> None:
        """In the unit in which they connected after all."""
        await store.clear_failure(tx, _owner(connector, account_id))

    def _seal(self, owner: store.Owner, name: str, value: str) -> bytes:
        return self._ring.seal(value.encode("utf-8", "surrogatepass"), about=_about(owner, name))

    def _open(self, owner: store.Owner, name: str, sealed: bytes) -> Secret[str]:
        opened = self._ring.open(sealed, about=_about(owner, name))
        return Secret(opened.decode("utf-8", "surrogatepass"))


def verified(
    connector: Connector, option: AuthOption, account_id: int, values: Mapping[str, str]
) -> dict[str, str]:
    """``values`` that administrators may fill in for this account, each as its field takes it.

    Empty ones are left out. Raises ``NotManaged``, ``BadVariable``, ``BadManagedValue``.
    """
    if len(values) > _MOST:
        raise BadManagedValue
    known = {each.name: each for each in asked_of(connector.manifest, option)}
    kept = {}
    for name, text in values.items():
        variable = known.get(name)
        if variable is None or not is_managed(variable):
            raise NotManaged(field=name[:64])
        if variable.scope not in _scopes_of(account_id):
            raise NotManaged(field=name[:64])
        if text.strip():
            kept[name] = verify_value(variable, clean(variable, text))
    return kept


def _owner(connector: Connector, account_id: int) -> store.Owner:
    return connector.org_id, connector.slug, connector.connector_id, account_id


def _scopes_of(account_id: int) -> frozenset[str]:
    return frozenset({"account", "app"} if account_id == ORGANIZATION else {"user"})


def _about(owner: store.Owner, name: str) -> bytes:
    org_id, connector, connector_id, account_id = owner
    row = f"{connector}:{connector_id}:{account_id}:{name}"
    return about(org_id, "managed_values", row, "sealed")


def _shown(variable: Variable, stored: Stored) -> ManagedField:
    value = stored.values.get(variable.name)
    return ManagedField(
        name=variable.name,
        scope=variable.scope,
        is_secret=variable.secret,
        has_value=value is not None,
        value="" if value is None or variable.secret else value.reveal(),
    )
