"""Each sealed value names the key that sealed it."""

from __future__ import annotations

from doorward.crypto import KeyRing, Secret, sealing_key
from tests.support.randomness import SeededRandom

OLD = Secret(SeededRandom(1)(32))
NEW = Secret(SeededRandom(2)(32))


def test_a_sealed_value_names_its_key() -> None:
    """The current one, which every ring that holds it calls the same."""
    ring = KeyRing((NEW, OLD))
    assert sealing_key(ring.seal(b"x", about=b"")) == ring.current
    assert ring.current == KeyRing((NEW,)).current != KeyRing((OLD,)).current


def test_a_ring_knows_all_its_keys() -> None:
    """The oldest first."""
    assert KeyRing((NEW, OLD)).fingerprints == (KeyRing((OLD,)).current, KeyRing((NEW,)).current)
