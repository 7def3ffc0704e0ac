"""The secrets of tenant credentials: sealed, rotated, and told apart without being shown."""

from __future__ import annotations

import hmac
from dataclasses import replace
from hashlib import sha256

import msgspec

from doorward.crypto import KeyRing, Secret
from doorward.vault.credentials_model import KeptSecret, SecretHint, Secrets, TenantCredentials
from doorward.vault.credentials_rules import Checked
from doorward.vault.sealing import about

__all__ = ["SecretBox", "first_secrets", "has_settled", "merged_secrets", "settled", "with_newest"]

_TABLE = "tenant_credentials"
_SHOWN = 8


class _Sealed(msgspec.Struct, array_like=True, frozen=True):
    """Client secrets as (value, added at, has worked), the newest first; key and variables."""

    client: list[tuple[str, int, bool]]
    private_key: str | None = None
    variables: dict[str, str] = msgspec.field(default_factory=dict)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Sealed).decode


class SecretBox:
    """Seals and opens the secrets of versions under one key ring."""

    def __init__(self, ring: KeyRing) -> None:
        """Use ``ring``."""
        self._ring = ring
        self._mark = ring.subkey("fingerprints of tenant credentials")

    def seal(self, secrets: Secrets, org_id: str, credentials_id: int) -> bytes:
        """``secrets`` as the version of that number keeps them."""
        kept = _Sealed(
            client=[(s.value.reveal(), s.added_at, s.has_worked) for s in secrets.client],
            private_key=None if secrets.private_key is None else secrets.private_key.reveal(),
            variables={name: each.reveal() for name, each in secrets.variables.items()},
        )
        return self._ring.seal(_encode(kept), about=about(org_id, _TABLE, credentials_id, "sealed"))

    def open(self, credentials: TenantCredentials) -> Secrets:
        """The secrets of ``credentials``; none once they are erased. Raises ``SealBroken``."""
        if credentials.sealed is None:
            return Secrets()
        place = about(credentials.org_id, _TABLE, credentials.credentials_id, "sealed")
        kept = _decode(self._ring.open(credentials.sealed, about=place))
        return Secrets(
            client=tuple(KeptSecret(Secret(v), at, worked) for v, at, worked in kept.client),
            private_key=None if kept.private_key is None else Secret(kept.private_key),
            variables={name: Secret(value) for name, value in kept.variables.items()},
        )

    def hints(self, credentials: TenantCredentials) -> tuple[SecretHint, ...]:
        """What staff may know of the client secrets, the newest first. Raises ``SealBroken``."""
        kept = self.open(credentials).client
        return tuple(SecretHint(each.added_at, each.has_worked) for each in kept)

    def fingerprint(self, secret: Secret[str] | None) -> str:
        """Eight characters that tell two secrets apart in the record.

        Keyed, so that whoever reads the record cannot try out short secrets against it.
        """
        if secret is None:
            return ""
        text = secret.reveal().encode("utf-8", "surrogatepass")
        return hmac.new(self._mark, text, sha256).hexdigest()[:_SHOWN]


def first_secrets(given: Checked, now: int) -> Secrets:
    """The secrets of a new version."""
    client = given.client_secret
    kept = () if client is None else (KeptSecret(client, now),)
    return Secrets(client=kept, private_key=given.private_key, variables=given.secret_values)


def merged_secrets(kept: Secrets, given: Checked, now: int) -> Secrets:
    """What is kept, with what a change of the same client brings."""
    if given.client_secret is not None and not kept.client:
        kept = replace(kept, client=first_secrets(given, now).client)
    elif given.client_secret is not None:
        kept = with_newest(kept, given.client_secret, now)
    return replace(
        kept,
        private_key=given.private_key or kept.private_key,
        variables={**kept.variables, **given.secret_values},
    )


def with_newest(secrets: Secrets, new: Secret[str], now: int) -> Secrets:
    """``secrets`` with ``new`` in front of the one that is known to work.

    One that never worked and is replaced by ``new`` was a mistake, and is dropped; where none is
    known to work yet, the newest of those before stays. One that is given again is still known to
    work if it was.
    """
    has_worked = any(each.has_worked for each in secrets.client if each.value == new)
    before = tuple(each for each in secrets.client if each.value != new)
    proven = tuple(each for each in before if each.has_worked) or before
    return replace(secrets, client=(KeptSecret(new, now, has_worked), *proven[:1]))


def has_settled(secrets: Secrets) -> bool:
    """Whether nothing remains to be learnt by a success: one secret, and it has worked."""
    return all(each.has_worked for each in secrets.client) and len(secrets.client) <= 1


def settled(secrets: Secrets, used: int) -> Secrets:
    """``secrets`` after the platform took the one at ``used``: those before it go if it is new."""
    if not 0 <= used < len(secrets.client):
        return secrets
    marked = [
        replace(each, has_worked=each.has_worked or place == used)
        for place, each in enumerate(secrets.client)
    ]
    return replace(secrets, client=tuple(marked[:1] if used == 0 else marked))
