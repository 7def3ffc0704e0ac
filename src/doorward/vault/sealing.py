"""What the vault seals, and what each seal is bound to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from doorward.crypto import KeyRing, Secret
from doorward.vault.model import Connection, Tokens

__all__ = ["Sealer", "about"]


def about(org_id: str, table: str, row_id: int | str, field: str) -> bytes:
    """What a sealed field is bound to: moved to another place it does not open."""
    return f"vault|{org_id}|{table}|{row_id}|{field}".encode()


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    """The sealed fields of a connection, in the order in which they came to be."""

    access: str
    refresh: str | None
    named: dict[str, str]
    secrets: dict[str, str]
    token_until: int | None = None
    session_until: int | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Sealer:
    """Seals and opens what the vault keeps, under one key ring."""

    def __init__(self, ring: KeyRing) -> None:
        """Use ``ring``."""
        self.ring = ring

    def seal_tokens(self, tokens: Tokens, org_id: str, row_id: int, *, table: str) -> bytes:
        """``tokens`` as the row ``row_id`` of ``table`` keeps them."""
        kept = _Kept(
            access=tokens.access.reveal(),
            refresh=None if tokens.refresh is None else tokens.refresh.reveal(),
            named=_revealed(tokens.named),
            secrets=_revealed(tokens.secrets),
            token_until=tokens.token_until,
            session_until=tokens.session_until,
        )
        return self.ring.seal(_encode(kept), about=about(org_id, table, row_id, "sealed"))

    def open_tokens(self, sealed: bytes, org_id: str, row_id: int, *, table: str) -> Tokens:
        """What ``seal_tokens`` sealed for that row. Raises ``SealBroken``."""
        kept = _decode(self.ring.open(sealed, about=about(org_id, table, row_id, "sealed")))
        return Tokens(
            access=Secret(kept.access),
            refresh=None if kept.refresh is None else Secret(kept.refresh),
            named={name: Secret(value) for name, value in kept.named.items()},
            secrets={name: Secret(value) for name, value in kept.secrets.items()},
            token_until=kept.token_until,
            session_until=kept.session_until,
        )

    def open_connection(self, connection: Connection) -> Tokens:
        """The tokens of ``connection``, which holds some. Raises ``SealBroken``."""
        return self.open_tokens(
            connection.sealed or b"",
            connection.org_id,
            connection.connection_id,
            table="connections",
        )


def _revealed(secrets: Mapping[str, Secret[str]]) -> dict[str, str]:
    return {name: value.reveal() for name, value in secrets.items()}
