"""What a sign-in proves, when, and until when it counts."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.db import SECOND
from doorward.orgs import Organization
from doorward.protocol import TWO_FACTORS, acr_of

__all__ = ["Proof", "proof_of"]


@dataclass(frozen=True, slots=True)
class Proof:
    """``methods`` as they are kept, proved at ``now`` (microseconds)."""

    methods: str
    now: int
    second_at: int | None
    expires_at: int


def proof_of(methods: tuple[str, ...], now: int, org: Organization) -> Proof:
    """``methods`` (RFC 8176), all of them proved by ``now``."""
    return Proof(
        methods=" ".join(sorted(set(methods))),
        now=now,
        second_at=now if acr_of(methods) == TWO_FACTORS else None,
        expires_at=now + org.policy.session_absolute_s * SECOND,
    )
