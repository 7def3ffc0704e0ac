"""The tables of the vault, and their statements by what they are about."""

from __future__ import annotations

from doorward.vault.store.connect_sessions import EXPIRE_CONNECT_SESSIONS, connect_sessions
from doorward.vault.store.connections import (
    ListWanted,
    block_of_credentials,
    count_of_account,
    count_of_credentials,
    erase,
    find,
    find_by_party,
    insert_connection,
    list_connections,
    list_of_account,
    list_of_connector,
    lock,
    note_used,
    rename,
    replace_connection,
    resume_of_credentials,
    set_settings,
)
from doorward.vault.store.credentials import (
    EXPIRE_CREDENTIALS,
    connect_policies,
    tenant_credentials,
)
from doorward.vault.store.flows import EXPIRE_FLOWS, connect_flows
from doorward.vault.store.forms import managed_failures, managed_values
from doorward.vault.store.tables import (
    CONNECTION_COLUMNS,
    connections,
    vault_keys,
    vault_outbox,
)

__all__ = [
    "CONNECTION_COLUMNS",
    "EXPIRE_CONNECT_SESSIONS",
    "EXPIRE_CREDENTIALS",
    "EXPIRE_FLOWS",
    "ListWanted",
    "block_of_credentials",
    "connect_flows",
    "connect_policies",
    "connect_sessions",
    "connections",
    "count_of_account",
    "count_of_credentials",
    "erase",
    "find",
    "find_by_party",
    "insert_connection",
    "list_connections",
    "list_of_account",
    "list_of_connector",
    "lock",
    "managed_failures",
    "managed_values",
    "note_used",
    "rename",
    "replace_connection",
    "resume_of_credentials",
    "set_settings",
    "tenant_credentials",
    "vault_keys",
    "vault_outbox",
]
