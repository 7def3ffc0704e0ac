"""Who asks for a change of a connector, and what they may do to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from doorward.audit import Actor
from doorward.connectors.refusals import MayNotKeepConnector, UnknownConnector
from doorward.orgs import Permission, Registrant

__all__ = [
    "By",
    "ConnectorAuthor",
    "account_of",
    "actor_of",
    "is_keeper",
    "verify_keeper",
    "verify_may_change",
]

_INSTALLATION = frozenset({"system", "cli"})


@dataclass(frozen=True, slots=True)
class ConnectorAuthor:
    """An account that asks, with the permissions that it holds at this moment."""

    actor: Actor
    account_id: int
    kind: Registrant
    permissions: frozenset[str] = frozenset()


By: TypeAlias = ConnectorAuthor | Actor
"""An account, or the installation itself. A bare actor of any other kind may do nothing."""


def actor_of(by: By) -> Actor:
    """Who the record names."""
    return by.actor if isinstance(by, ConnectorAuthor) else by


def account_of(by: By) -> int | None:
    """The account that asks, if it is one."""
    return by.account_id if isinstance(by, ConnectorAuthor) else None


def is_keeper(by: By) -> bool:
    """Whether connectors are theirs to keep: staff with the permission, or the installation."""
    if isinstance(by, ConnectorAuthor):
        return by.kind == "system" and Permission.CONNECTORS_WRITE in by.permissions
    return by.kind in _INSTALLATION


def verify_keeper(by: By) -> bool:
    """True for staff who keep connectors. Raises ``MayNotKeepConnector``."""
    if not is_keeper(by):
        raise MayNotKeepConnector
    return True


def verify_may_change(by: By, owner_account_id: int | None) -> bool:
    """True for staff who keep connectors, and for the owner.

    Raises ``UnknownConnector`` for anybody else: that it is there is not for them to know.
    """
    owns = owner_account_id is not None and account_of(by) == owner_account_id
    if not owns and not is_keeper(by):
        raise UnknownConnector
    return True
