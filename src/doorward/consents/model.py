"""What one account allowed one application. Times in microseconds."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.protocol import Refusal

__all__ = ["Consent", "UnknownConsent"]


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that has not been withdrawn; ``declined`` scopes were offered and left out."""

    consent_id: int
    org_id: str
    account_id: int
    client_id: str
    scopes: tuple[str, ...]
    granted_at: int
    last_used_at: int
    declined: frozenset[str] = frozenset()

    @classmethod
    def from_row(cls, row: tuple[object, ...]) -> Consent:
        """Read the columns of ``store.CONSENT_COLUMNS``."""
        consent_id, org_id, account_id, client_id, scope, granted_at, last_used_at, left = row
        return cls(
            consent_id=consent_id,  # type: ignore[arg-type]
            org_id=str(org_id),
            account_id=account_id,  # type: ignore[arg-type]
            client_id=str(client_id),
            scopes=tuple(str(scope).split()),
            granted_at=granted_at,  # type: ignore[arg-type]
            last_used_at=last_used_at,  # type: ignore[arg-type]
            declined=frozenset(str(left).split()),
        )


class UnknownConsent(Refusal):
    """There is no such consent, or it was withdrawn."""

    code = "unknown_consent"
    status = 404
    sentence = "There is no such consent."
