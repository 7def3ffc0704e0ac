"""A person's own API keys: what one is, and who calls with it. Times are microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.audit import is_plain_line
from doorward.db import Row
from doorward.projects.refusals import BadKeyName

__all__ = ["MAX_PERSONAL_KEYS", "KeyOrigin", "NewPersonalKey", "PersonalKey", "verify_key_name"]

MAX_PERSONAL_KEYS: Final = 25
"""How many live keys one person has at most."""

_MAX_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class KeyOrigin:
    """The authorization of an application under which a key was made: the key ends with it."""

    client_id: str
    family_id: int


@dataclass(frozen=True, slots=True)
class PersonalKey:
    """One key, without its value. It does what ``scopes`` say, as the account."""

    org_id: str
    key_id: int
    account_id: int
    name: str
    scopes: tuple[str, ...]
    origin: KeyOrigin | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    last_used_from: str | None

    @classmethod
    def from_row(cls, row: Row) -> PersonalKey:
        """Read the columns ``store.KEY_COLUMNS`` in their order."""
        org_id, key_id, account_id, name, scope, client_id, family_id, *rest = row
        origin = None if family_id is None else KeyOrigin(str(client_id), int(family_id))
        return cls(org_id, key_id, account_id, name, tuple(scope.split()), origin, *rest)


@dataclass(frozen=True, slots=True)
class NewPersonalKey:
    """What is said to make a key. Without an ``origin`` the person made it."""

    org_id: str
    account_id: int
    name: str
    scopes: tuple[str, ...]
    origin: KeyOrigin | None = None


def verify_key_name(name: str) -> str:
    """``name``, when it can be shown. Raises ``BadKeyName``."""
    if not is_plain_line(name, _MAX_NAME):
        raise BadKeyName
    return name
