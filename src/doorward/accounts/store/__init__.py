"""The tables of accounts, and their statements by what they are about.

Another room's ``store`` takes the tables from here; the rest is for this room's services.
"""

from __future__ import annotations

from doorward.accounts.store.blocks import count_accounts, count_more, leaf_of
from doorward.accounts.store.details import NO_DETAILS, find_details, list_details, set_details
from doorward.accounts.store.listing import Place, Search, list_accounts, search_accounts
from doorward.accounts.store.pages import count_matches, find_start, list_page
from doorward.accounts.store.platforms import find_platform_profile, set_platform_profile
from doorward.accounts.store.rows import (
    REHASH,
    add_account,
    erase_account,
    find_account,
    find_by_key,
    find_credentials,
    find_login,
    insert_account,
    list_permitted,
    lock_account,
    lock_owners,
    pass_account_id,
    set_password_hash,
    take_account_ids,
    update_account,
)
from doorward.accounts.store.searching import count_found, list_found
from doorward.accounts.store.tables import (
    ACCOUNT_COLUMNS,
    ERASED,
    KEY_TEXT,
    NOT_ERASED,
    account_blocks,
    account_counters,
    account_details,
    account_platform_profiles,
    accounts,
)

__all__ = [
    "ACCOUNT_COLUMNS",
    "ERASED",
    "KEY_TEXT",
    "NOT_ERASED",
    "NO_DETAILS",
    "REHASH",
    "Place",
    "Search",
    "account_blocks",
    "account_counters",
    "account_details",
    "account_platform_profiles",
    "accounts",
    "add_account",
    "count_accounts",
    "count_found",
    "count_matches",
    "count_more",
    "erase_account",
    "find_account",
    "find_by_key",
    "find_credentials",
    "find_details",
    "find_login",
    "find_platform_profile",
    "find_start",
    "insert_account",
    "leaf_of",
    "list_accounts",
    "list_details",
    "list_found",
    "list_page",
    "list_permitted",
    "lock_account",
    "lock_owners",
    "pass_account_id",
    "search_accounts",
    "set_details",
    "set_password_hash",
    "set_platform_profile",
    "take_account_ids",
    "update_account",
]
