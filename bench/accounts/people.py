"""The people of an organization of any size, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from doorward.accounts import login_key
from doorward.accounts.store import accounts

__all__ = ["COLUMNS", "Crowd"]

_GIVEN = (
    *("Amara", "Ben", "Chloe", "Diego", "Emi", "Farah", "Grace", "Hiro", "Ines", "Jonas"),
    *("Kofi", "Lena", "Mina", "Noor", "Omar", "Priya", "Quinn", "Rosa", "Sana", "Tomas"),
)
_FAMILY = (
    *("Abe", "Baker", "Castro", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jones"),
    *("Khan", "Lopez", "Mori", "Nguyen", "Okafor", "Patel", "Quist", "Rossi", "Sato", "Tanaka"),
)
_COMPANIES_EVERY = 10
_AT = 1_700_000_000_000_000
COLUMNS = tuple(column.name for column in accounts.c)
"""The columns of a row, in the order of ``Crowd.rows``."""


@dataclass(frozen=True)
class Crowd:
    """An organization with accounts from 1 to ``size``, a tenth of them companies."""

    org_id: str
    size: int
    password_hash: str = "unused"  # noqa: S105 - of nothing

    def rows(self) -> Iterator[tuple[str | int | None, ...]]:
        """Every account as the values of its columns."""
        for number in range(1, self.size + 1):
            row = self._row(number)
            yield tuple(row[name] for name in COLUMNS)

    def block_rows(self, shifts: Sequence[int]) -> Iterator[tuple[str | int, ...]]:
        """How many of them lie in each block of numbers, of the ``shifts`` that blocks have."""
        for shift in shifts:
            for block in range((self.size >> shift) + 1):
                first, end = max(block << shift, 1), min((block + 1) << shift, self.size + 1)
                companies = sum(number % _COMPANIES_EVERY == 0 for number in range(first, end))
                people = end - first - companies
                yield self.org_id, "constituent", shift, block, people, companies

    def email(self, number: int) -> str:
        """The e-mail address of one account."""
        return f"m{number:07}@example.org"

    def username(self, number: int) -> str:
        """The user name of one account."""
        return f"user{number:07}"

    def name(self, number: int) -> str:
        """The full name of one account; about 1 in 400 has it."""
        return f"{self._given(number)} {self._family(number)}"

    def _given(self, number: int) -> str:
        return _GIVEN[number % len(_GIVEN)]

    def _family(self, number: int) -> str:
        return _FAMILY[number // len(_GIVEN) % len(_FAMILY)]

    def _row(self, number: int) -> dict[str, str | int | None]:
        company = number % _COMPANIES_EVERY == 0
        return {
            "org_id": self.org_id,
            "account_id": number,
            "kind": "constituent",
            "username": self.username(number),
            "email": self.email(number),
            "email_verified": 1,
            "name": self.name(number),
            "given_name": self._given(number),
            "family_name": self._family(number),
            "locale": "en",
            "picture_url": None,
            "status": "active",
            "permissions": "[]",
            "created_at": _AT + number,
            "updated_at": _AT + number,
            "password_changed_at": _AT + number,
            "username_key": login_key(self.username(number)),
            "email_key": login_key(self.email(number)),
            "name_key": login_key(self.name(number)),
            "password_hash": self.password_hash,
            "user_type": "company" if company else "individual",
            "given_key": login_key(self._given(number)),
            "family_key": login_key(self._family(number)),
            "created_by": "system doorward",
            "updated_by": "system doorward",
            "signed_out_at": None,
        }
