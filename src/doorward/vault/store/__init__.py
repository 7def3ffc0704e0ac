"""The tables of the vault, and their statements by what they are about."""

from __future__ import annotations

from doorward.vault.store.connect_sessions import EXPIRE_CONNECT_SESSIONS, connect_sessions
from doorward.vault.store.credentials import (
    EXPIRE_CREDENTIALS,
    connect_policies,
    tenant_credentials,
)
from doorward.vault.store.flows import EXPIRE_FLOWS, connect_flows
from doorward.vault.store.forms import managed_failures, managed_values

__all__ = [
    "EXPIRE_CONNECT_SESSIONS",
    "EXPIRE_CREDENTIALS",
    "EXPIRE_FLOWS",
    "connect_flows",
    "connect_policies",
    "connect_sessions",
    "managed_failures",
    "managed_values",
    "tenant_credentials",
]
