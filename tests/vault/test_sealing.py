"""A sealed value opens in its own place and nowhere else."""

from __future__ import annotations

import pytest

from doorward.crypto import SealBroken, Secret
from doorward.vault import Sealer, Tokens, about
from tests.support.factories import sealing_ring

TOKENS = Tokens(
    access=Secret("access"),
    refresh=Secret("refresh"),
    named={"bot": Secret("bot-token")},
    secrets={"api_key": Secret("key")},
    token_until=5,
    session_until=6,
)


def test_tokens_open_as_they_were_sealed() -> None:
    """Each field, in the place of the same name."""
    sealer = Sealer(sealing_ring())
    sealed = sealer.seal_tokens(TOKENS, "river", 7, table="connections")
    assert sealer.open_tokens(sealed, "river", 7, table="connections") == TOKENS


@pytest.mark.parametrize(
    ("org_id", "row_id", "table"),
    [
        ("lake", 7, "connections"),
        ("river", 8, "connections"),
        ("river", 7, "vault_outbox"),
        ("river|7", 7, "connections"),
    ],
)
def test_a_ciphertext_moved_to_another_place_does_not_open(
    org_id: str, row_id: int, table: str
) -> None:
    """Another organization, row or table: somebody who can write rows cannot exchange them."""
    sealer = Sealer(sealing_ring())
    sealed = sealer.seal_tokens(TOKENS, "river", 7, table="connections")
    with pytest.raises(SealBroken):
        sealer.open_tokens(sealed, org_id, row_id, table=table)


def test_a_ciphertext_moved_to_another_field_does_not_open() -> None:
    """The field is part of what the seal is bound to."""
    ring = sealing_ring()
    sealed = ring.seal(b"secret", about=about("river", "tenant_credentials", 7, "sealed_secrets"))
    with pytest.raises(SealBroken):
        ring.open(sealed, about=about("river", "tenant_credentials", 7, "sealed"))


def test_no_two_places_have_the_same_words() -> None:
    """A separator inside a part does not make another place of it."""
    places = {
        about("a", "b", 1, "c"),
        about("a", "b", 11, "c"),
        about("a", "b1", 1, "c"),
        about("a1", "b", 1, "c"),
    }
    assert len(places) == 4


def test_tokens_show_nothing_of_themselves() -> None:
    """Not in a traceback, not in a log."""
    assert not {"access", "refresh", "bot-token", "key"} & set(
        repr(TOKENS).replace("'", " ").split()
    )
