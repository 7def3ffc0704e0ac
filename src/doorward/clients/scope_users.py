"""Who asks for a scope: the catalogue keeps it for them."""

from __future__ import annotations

from doorward.clients.store import list_scope_users
from doorward.db import Reads, Transaction

__all__ = ["count_scope_users", "find_scope_users"]


async def find_scope_users(reads: Reads, org_id: str, scope: str) -> list[str]:
    """The client ids of applications that have ``scope``, or ask for it in a change that waits."""
    found = await list_scope_users(reads, org_id, scope)
    return sorted({client_id for client_id, scopes in found if scope in scopes})


async def count_scope_users(tx: Transaction, org_id: str, scope: str) -> int:
    """How many those are, in the unit of whoever wants to take the scope away."""
    return len(await find_scope_users(tx, org_id, scope))
