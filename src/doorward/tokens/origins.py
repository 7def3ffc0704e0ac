"""From an access token to its organization, where the address of a request names none."""

from __future__ import annotations

from doorward.crypto import Malformed, ValueKind, digest, parse_value, same
from doorward.db import Database
from doorward.tokens import store
from doorward.tokens.signing import unverified_token_id

__all__ = ["TokenOrigins"]


class TokenOrigins:
    """Which organization issued a token."""

    def __init__(self, *, db: Database) -> None:
        """Look among the tokens that ``db`` keeps."""
        self._db = db

    async def find(self, text: str) -> str | None:
        """The organization of the access token ``text``, good or not; None for an unknown one.

        It says where to ask, and lets nobody in: the bearer guard does.
        """
        try:
            token_id: int | None = parse_value(text, ValueKind.ACCESS)
        except Malformed:
            token_id = unverified_token_id(text)
        if token_id is None:
            return None
        for org_id, kept in await self._db.all(store.FIND_ACCESS_ANYWHERE, id=token_id):
            if same(kept, digest(text)):
                return str(org_id)
        return None
