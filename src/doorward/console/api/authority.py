"""Who may do what: one permission for each operation, and no way to more than one has.

A permission to change accounts or applications must not become every permission: nobody gives
what they do not hold, takes over somebody who holds more, or prepares an application that acts
for such people without asking them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from doorward.accounts import Account, AccountKind
from doorward.clients import Application
from doorward.console.api.model import MANAGEMENT, StaffCall
from doorward.console.api.refusals import MorePowerful, PermissionMissing
from doorward.orgs import Permission

__all__ = [
    "verify_may_change_application",
    "verify_may_give",
    "verify_may_govern",
    "verify_permission",
]

_EVERY: Final = frozenset(str(permission) for permission in Permission)


def verify_permission(call: StaffCall, permission: Permission) -> bool:
    """True when the caller holds ``permission``. Raises ``PermissionMissing``."""
    if not call.may(permission):
        raise PermissionMissing(f"Your account lacks the permission {permission}.")
    return True


def verify_may_give(call: StaffCall, permissions: Collection[str]) -> bool:
    """True when the caller holds every known one of ``permissions``. Raises ``MorePowerful``.

    Unknown names are left to the room of accounts, which refuses them by name.
    """
    if not _EVERY & frozenset(permissions) <= call.account.permissions:
        raise MorePowerful(field="permissions")
    return True


def verify_may_govern(call: StaffCall, account: Account) -> bool:
    """True unless ``account`` is staff with permissions that the caller lacks.

    Raises ``MorePowerful``: who sets a password or creates a key can act as that account.
    """
    if account.kind is AccountKind.SYSTEM and account.account_id != call.account.account_id:
        return verify_may_give(call, account.permissions)
    return True


def verify_may_change_application(
    call: StaffCall,
    before: Application | None,
    *,
    trusted: bool | None = None,
    scopes: Collection[str] | None = None,
) -> bool:
    """True when the caller may change an application from ``before`` (None for a new one).

    One that staff may have let act for them is left to those who hold every permission anyway: a
    new address or secret would get their tokens, and nobody is asked twice. So is a trusted one,
    which would ask nobody at all. ``trusted`` and ``scopes`` are what they become; None where they
    stay. Raises ``MorePowerful``.
    """
    was_trusted, was_scopes = (before.trusted, before.scopes) if before else (False, ())
    will_be_trusted = was_trusted if trusted is None else trusted
    will_be_scopes = was_scopes if scopes is None else scopes
    if MANAGEMENT in was_scopes or (will_be_trusted and MANAGEMENT in will_be_scopes):
        return verify_may_give(call, _EVERY)
    return True
