"""What is kept of a new passkey."""

from __future__ import annotations

from doorward.passkeys.authenticators import find_keeper
from doorward.passkeys.ceremonies import Created
from doorward.passkeys.model import Passkey, verify_name
from doorward.passkeys.parties import RelyingParty

__all__ = ["born", "row_of"]


def born(
    made: Created, party: RelyingParty, passkey_id: int, account_id: int, name: str, now: int
) -> Passkey:
    """The passkey that was ``made``, called as what keeps it calls itself, or else ``name``.

    Raises ``BadPasskeyName``.
    """
    return Passkey(
        passkey_id=passkey_id,
        account_id=account_id,
        credential_id=made.credential_id,
        rp_id=party.rp_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
        backup_eligible=made.backup_eligible,
        backed_up=made.backed_up,
        aaguid=made.aaguid,
        name=find_keeper(made.aaguid) or verify_name(name),
        user_verified=made.user_verified,
        created_at=now,
        used_at=None,
    )


def row_of(passkey: Passkey) -> dict[str, int | str | bytes | None]:
    """The columns of a passkey, but the organization."""
    return {
        "id": passkey.passkey_id,
        "account_id": passkey.account_id,
        "credential_id": passkey.credential_id,
        "rp_id": passkey.rp_id,
        "public_key": passkey.public_key,
        "sign_count": passkey.sign_count,
        "transports": " ".join(passkey.transports),
        "backup_eligible": int(passkey.backup_eligible),
        "backed_up": int(passkey.backed_up),
        "aaguid": passkey.aaguid,
        "name": passkey.name,
        "user_verified": int(passkey.user_verified),
        "created_at": passkey.created_at,
        "used_at": passkey.used_at,
    }
