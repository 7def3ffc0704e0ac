"""What can be done with the chains of a database, put together."""

from __future__ import annotations

from doorward.audit import store
from doorward.audit.keyring import ChainKeys
from doorward.audit.links import Chain
from doorward.audit.retention import Retention
from doorward.audit.sealing import Sealer, late_before
from doorward.audit.verifying import Verifier
from doorward.crypto import KeyRing, Random
from doorward.db import Clock, Database

__all__ = ["AuditChain"]

# Inside the class, the name ``list`` is its own method.
_Chains = list[Chain]


class AuditChain:
    """The chain of every organization's events: sealed, verified, shortened."""

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing, random: Random) -> None:
        """Keep it in ``db``, under keys that ``ring`` seals."""
        keys = ChainKeys(db=db, clock=clock, ring=ring, random=random)
        self._db = db
        self.sealer = Sealer(db=db, keys=keys)
        """Links what was recorded."""
        self.verifier = Verifier(db=db, keys=keys)
        """Says whether anything was changed since."""
        self.retention = Retention(db=db, clock=clock, keys=keys)
        """Lets go what was kept long enough."""

    async def list(self, org_id: str) -> _Chains:
        """Where the chains of ``org_id`` begin and end, the main one first."""
        return list((await store.find_chains(self._db, org_id)).values())

    async def next_organization(self, after: str) -> str | None:
        """The first organization after ``after`` of which anything is recorded."""
        return await store.find_after(self._db, after)

    async def count_waiting(self, org_id: str) -> int:
        """How many events of ``org_id`` are to be sealed yet."""
        since = late_before((await store.find_chains(self._db, org_id)).values())
        return await store.count_unsealed(self._db, org_id, since=since)
