"""The parts of the vault that renew and end connections, put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from doorward.crypto import KeyRing, Random
from doorward.db import Database
from doorward.vault.asking import Asking
from doorward.vault.connections import Connections
from doorward.vault.deauthorize import Deauthorizer
from doorward.vault.leases import LEASE_S, Leases
from doorward.vault.notices import FindHerald, Notices
from doorward.vault.patience import Patience
from doorward.vault.platform import Outside
from doorward.vault.refresh import Refresher
from doorward.vault.renewal import Renewal
from doorward.vault.scheduler import VaultWorker
from doorward.vault.sealing import Sealer
from doorward.vault.spills import Spills
from doorward.vault.uses import Uses
from doorward.vault.writing import Writing

__all__ = ["Tuning", "Vault", "build_vault"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """What an installation may decide. ``spill_folder`` is made when it is needed."""

    spill_folder: Path
    lease_s: float = LEASE_S
    patience: Patience = field(default_factory=Patience)
    at_once: int = 24


@dataclass(frozen=True, slots=True)
class Vault:
    """The services over connections."""

    connections: Connections
    refresher: Refresher
    deauthorizer: Deauthorizer
    worker: VaultWorker


def build_vault(
    *,
    db: Database,
    ring: KeyRing,
    random: Random,
    outside: Outside,
    tuning: Tuning,
    heralds: FindHerald | None = None,
) -> Vault:
    """The vault over ``db``: asks as ``outside`` says, and tells who must mend by ``heralds``."""
    clock, sealer = db.clock, Sealer(ring)
    spills = Spills(db=db, clock=clock, sealer=sealer, folder=tuning.spill_folder)
    writing = Writing(db=db, clock=clock, sealer=sealer, spills=spills, sleep=tuning.patience.sleep)
    renewal = Renewal(
        leases=Leases(db=db, clock=clock, lease_s=tuning.lease_s),
        asking=Asking(platform=outside.platform, watch=outside.watch, clock=clock),
        planner=outside.planner,
        writing=writing,
        clock=clock,
        random=random,
    )
    uses = Uses(db=db, clock=clock)
    refresher = Refresher(
        db=db,
        clock=clock,
        renewal=renewal,
        writing=writing,
        uses=uses,
        patience=tuning.patience,
    )
    deauthorizer = Deauthorizer(
        db=db, clock=clock, sealer=sealer, platform=outside.platform, planner=outside.planner
    )
    notices = Notices(db=db, clock=clock, heralds=heralds)
    return Vault(
        connections=Connections(db=db, clock=clock, ring=ring),
        refresher=refresher,
        deauthorizer=deauthorizer,
        worker=VaultWorker(
            renewal=renewal,
            chores=(deauthorizer.retry_due, notices.tell_due),
            spills=spills,
            uses=uses,
            closing=refresher.close,
            at_once=tuning.at_once,
        ),
    )
