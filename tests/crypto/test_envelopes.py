"""Sealing: what opens, and everything that does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.crypto import KeyRing, SealBroken, Secret, derive_key, open_under, seal_under
from tests.support.randomness import SeededRandom

OLD = Secret(SeededRandom(1)(32))
NEW = Secret(SeededRandom(2)(32))
OTHER = Secret(SeededRandom(3)(32))
ABOUT = b"signing-key:riverbend:k1"


def ring(*keys: Secret[bytes]) -> KeyRing:
    return KeyRing(keys, random=SeededRandom(7))


@given(plaintext=st.binary(max_size=300), about=st.binary(max_size=60))
def test_what_is_sealed_opens(plaintext: bytes, about: bytes) -> None:
    keys = ring(NEW)
    sealed = keys.seal(plaintext, about=about)
    assert keys.open(sealed, about=about) == plaintext
    assert len(plaintext) < 8 or plaintext not in sealed


def test_the_same_plaintext_is_never_sealed_the_same_way() -> None:
    keys = KeyRing((NEW,))
    assert len({keys.seal(b"x", about=ABOUT) for _ in range(100)}) == 100


@pytest.mark.parametrize("about", [b"", ABOUT + b"2", ABOUT[:-1], ABOUT.upper()])
def test_it_does_not_open_about_something_else(about: bytes) -> None:
    sealed = ring(NEW).seal(b"secret", about=ABOUT)
    with pytest.raises(SealBroken):
        ring(NEW).open(sealed, about=about)


def test_it_does_not_open_under_another_key() -> None:
    sealed = ring(NEW).seal(b"secret", about=ABOUT)
    with pytest.raises(SealBroken):
        ring(OTHER, OLD).open(sealed, about=ABOUT)


def test_an_old_key_in_the_ring_still_opens() -> None:
    sealed = ring(OLD).seal(b"secret", about=ABOUT)
    assert ring(NEW, OLD).open(sealed, about=ABOUT) == b"secret"
    again = ring(NEW, OLD).seal(b"secret", about=ABOUT)
    assert ring(NEW).open(again, about=ABOUT) == b"secret"
    with pytest.raises(SealBroken):
        ring(OLD).open(again, about=ABOUT)


def test_every_damage_is_a_broken_seal() -> None:
    """Each prefix, each flipped bit, bytes added; and nothing but SealBroken is raised."""
    keys = ring(NEW, OLD)
    sealed = keys.seal(b"secret", about=ABOUT)
    damaged = [sealed[:length] for length in range(len(sealed))]
    damaged += [sealed[start:] for start in range(1, len(sealed))]
    damaged += [sealed + b"\x00", b"\x00" + sealed, sealed * 2]
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << (bit % 8)
        damaged.append(bytes(changed))
    for each in damaged:
        with pytest.raises(SealBroken):
            keys.open(each, about=ABOUT)


@given(sealed=st.binary(max_size=200))
def test_anything_else_is_a_broken_seal(sealed: bytes) -> None:
    header = ring(NEW).seal(b"", about=ABOUT)[:9]
    for each in (sealed, header + sealed):
        with pytest.raises(SealBroken):
            ring(NEW).open(each, about=ABOUT)


@pytest.mark.parametrize(
    "key",
    [b"", b"short", bytes(31), bytes(32), b"a" * 32, b"abcd" * 8, SeededRandom(1)(31), bytes(33)],
)
def test_a_weak_key_is_refused(key: bytes) -> None:
    for keys in ((Secret(key),), (NEW, Secret(key))):
        with pytest.raises(ValueError, match="32 random bytes") as refusal:
            KeyRing(keys)
        assert not key or repr(key) not in str(refusal.value)


def test_an_empty_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        KeyRing(())


def test_a_ring_does_not_print_its_keys() -> None:
    assert NEW.reveal().hex() not in repr(ring(NEW))
    assert repr(NEW.reveal()) not in repr(vars(ring(NEW)))


def test_a_sealed_value_holds_no_part_of_the_key() -> None:
    sealed = ring(NEW).seal(b"secret", about=ABOUT)
    assert all(NEW.reveal()[at : at + 4] not in sealed for at in range(29))


def test_a_subkey_stays_while_the_oldest_key_is_in_the_ring() -> None:
    assert ring(OLD).subkey("csrf") == ring(NEW, OLD).subkey("csrf")
    assert ring(OLD).subkey("csrf") != ring(OLD).subkey("cookies")
    assert ring(NEW).subkey("csrf") != ring(OLD).subkey("csrf")
    assert len(ring(OLD).subkey("csrf")) == 32


def test_derived_keys_differ_by_purpose_and_key() -> None:
    derived = {derive_key(key, purpose) for key in (OLD, NEW) for purpose in ("a", "b", "")}
    assert len(derived) == 6


def test_only_the_bearer_value_opens_what_was_sealed_under_it() -> None:
    value: Secret[str] = Secret("dw_rt_example")
    sealed = seal_under(value, b"the new pair", purpose="grace")
    assert open_under(value, sealed, purpose="grace") == b"the new pair"
    assert b"the new pair" not in sealed
    for other, purpose in ((Secret("dw_rt_exampl"), "grace"), (value, "other")):
        with pytest.raises(SealBroken):
            open_under(other, sealed, purpose=purpose)


def test_every_damage_under_a_bearer_value_is_a_broken_seal() -> None:
    value: Secret[str] = Secret("dw_rt_example")
    sealed = seal_under(value, b"pair", purpose="grace")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            open_under(value, sealed[:length], purpose="grace")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(SealBroken):
            open_under(value, bytes(changed), purpose="grace")
