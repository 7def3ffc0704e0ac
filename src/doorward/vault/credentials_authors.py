"""Who asks for a change in the vault, and whether they keep connectors for everybody."""

from __future__ import annotations

from typing import Final

from doorward.audit import Actor
from doorward.connectors import By, ConnectorAuthor
from doorward.orgs import Permission

__all__ = ["account_of", "actor_of", "is_installation", "keeps_connectors"]

_INSTALLATION: Final = frozenset({"system", "cli"})


def actor_of(by: By) -> Actor:
    """Who the record names."""
    return by.actor if isinstance(by, ConnectorAuthor) else by


def account_of(by: By) -> int | None:
    """The account that asks, if it is one."""
    return by.account_id if isinstance(by, ConnectorAuthor) else None


def keeps_connectors(by: By) -> bool:
    """Whether it is an administrator of connectors, or whoever runs the installation."""
    if isinstance(by, ConnectorAuthor):
        return by.kind == "system" and Permission.CONNECTORS_WRITE in by.permissions
    return is_installation(by)


def is_installation(by: By) -> bool:
    """Whether it is nobody's account, but whoever runs the installation."""
    return not isinstance(by, ConnectorAuthor) and by.kind in _INSTALLATION
