"""The parts of the vault by which people connect, put together."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.brakes import Brakes
from doorward.connectors import Connectors, Upstream
from doorward.consents import Consents
from doorward.crypto import KeyRing, Random
from doorward.db import Database
from doorward.vault.connect_sessions import ConnectSessions
from doorward.vault.connections import Connections
from doorward.vault.credentials import Credentials
from doorward.vault.credentials_plans import Plans, PlatformAccess
from doorward.vault.credentials_providing import Providing
from doorward.vault.credentials_trials import CredentialTrials
from doorward.vault.credentials_use import CredentialsInUse
from doorward.vault.flows import ConnectFlows
from doorward.vault.flows_keeping import Keeper
from doorward.vault.forms import KeyForms
from doorward.vault.forms_managed import ManagedValues
from doorward.vault.missing import MissingScopes

__all__ = ["Connecting", "Surroundings", "build_connecting"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The services of other rooms that connecting needs."""

    connectors: Connectors
    upstream: Upstream
    consents: Consents
    brakes: Brakes


@dataclass(frozen=True, slots=True)
class Connecting:
    """The services by which people connect.

    ``plans`` plans renewals too, and ``in_use`` learns from them: the vault is built with both.
    """

    credentials: Credentials
    trials: CredentialTrials
    providing: Providing
    in_use: CredentialsInUse
    managed: ManagedValues
    plans: Plans
    missing: MissingScopes
    keeper: Keeper
    flows: ConnectFlows
    forms: KeyForms
    sessions: ConnectSessions


def build_connecting(
    *,
    db: Database,
    ring: KeyRing,
    random: Random,
    around: Surroundings,
    allowed: tuple[str, ...] = (),
) -> Connecting:
    """Connecting over ``db``; ``allowed`` are the private targets of the installation."""
    clock = db.clock
    connections = Connections(db=db, clock=clock, ring=ring)
    credentials = Credentials(
        db=db, clock=clock, ring=ring, connections=connections, allowed=frozenset(allowed)
    )
    in_use = CredentialsInUse(db=db, clock=clock, ring=ring, connections=connections)
    managed = ManagedValues(db=db, clock=clock, ring=ring)
    plans = Plans(
        connectors=around.connectors,
        credentials=credentials,
        managed=managed,
        upstream=around.upstream,
    )
    access = PlatformAccess(plans, managed, around.upstream)
    keeper = Keeper(db=db, connections=connections, in_use=in_use)
    return Connecting(
        credentials=credentials,
        trials=CredentialTrials(credentials=credentials, upstream=around.upstream, clock=clock),
        providing=Providing(db=db, clock=clock, ring=ring, allowed=frozenset(allowed)),
        in_use=in_use,
        managed=managed,
        plans=plans,
        missing=MissingScopes(connectors=around.connectors, credentials=credentials),
        keeper=keeper,
        flows=ConnectFlows(
            db=db, clock=clock, random=random, ring=ring, access=access, keeper=keeper
        ),
        forms=KeyForms(access=access, keeper=keeper, brakes=around.brakes),
        sessions=ConnectSessions(
            db=db,
            clock=clock,
            random=random,
            connectors=around.connectors,
            consents=around.consents,
        ),
    )
