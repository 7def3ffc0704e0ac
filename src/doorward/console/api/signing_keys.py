"""``/signing-keys``: what the organization's tokens are signed with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Moment,
    NextCursor,
    PageQuery,
    moment,
    moment_or_none,
)
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.keys import KeyStatus, SigningAlg
from doorward.keys import SigningKey as StoredKey
from doorward.orgs import Permission

__all__ = ["SigningKeyRoutes"]


class SigningKey(Document):
    """A signing key; only its public half is ever told."""

    kid: str
    alg: SigningAlg
    status: KeyStatus
    public_jwk: dict[str, Any]
    created_at: Moment
    activated_at: Moment | None
    retired_at: Moment | None
    expires_at: Annotated[
        Moment | None, Field(description="When a retired key leaves the published set.")
    ]

    @classmethod
    def of(cls, key: StoredKey) -> SigningKey:
        """Show ``key`` without what is sealed."""
        return cls(
            kid=key.kid,
            alg=key.alg,
            status=key.status,
            public_jwk=dict(key.public_jwk),
            created_at=moment(key.created_at),
            activated_at=moment_or_none(key.activated_at),
            retired_at=moment_or_none(key.retired_at),
            expires_at=moment_or_none(key.expires_at),
        )


class SigningKeyPage(Document):
    """A page of signing keys."""

    items: list[SigningKey]
    next_cursor: NextCursor


class Rotation(Body):
    """Which algorithm's keys to rotate."""

    alg: SigningAlg
    although_unseen: Annotated[
        bool,
        Field(description="Also when verifiers may not have seen the next key: after a leak."),
    ] = False


class SigningKeyRoutes:
    """Operations on signing keys."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.keys``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.KEYS_READ, Permission.KEYS_WRITE
        return (
            Operation("GET", "/signing-keys", read, self.list_signing_keys, "List signing keys"),
            Operation(
                "POST",
                "/signing-keys/rotate",
                write,
                self.rotate_signing_key,
                "Rotate signing keys",
                creates=True,
            ),
        )

    async def list_signing_keys(
        self, call: Caller, query: Annotated[PageQuery, Query()]
    ) -> SigningKeyPage:
        """Every key: the next, the current, and retired ones that are still published."""
        place = Place(call.org_id, "list_signing_keys", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.keys.list(call.org_id)
        rows, following = window.cut(found, lambda each: each.kid, window.after_text)
        return SigningKeyPage(items=[SigningKey.of(each) for each in rows], next_cursor=following)

    async def rotate_signing_key(self, call: Caller, body: Rotation) -> SigningKey:
        """Sign with the next key from now on. The old one stays published while needed."""
        key = await self._use.keys.rotate(
            call.org_id, body.alg, call.actor, although_unseen=body.although_unseen
        )
        return SigningKey.of(key)
