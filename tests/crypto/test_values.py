"""Bearer values: minted, recognised, and refused when anything about them is different."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.crypto import Malformed, ValueKind, digest, mint, parse_value, same, system_random
from tests.support.randomness import SeededRandom

KINDS = list(ValueKind)
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
row_ids = st.integers(0, 2**63 - 1)


def minted(kind: ValueKind, row_id: int = 0x1234_5678_9ABC, seed: int = 7) -> str:
    return mint(kind, row_id, SeededRandom(seed)).reveal()


def refused(text: str, kind: ValueKind) -> bool:
    try:
        parse_value(text, kind)
    except Malformed:
        return True
    return False


@given(kind=st.sampled_from(KINDS), row_id=row_ids, seed=st.integers(0, 2**32))
def test_a_minted_value_is_recognised(kind: ValueKind, row_id: int, seed: int) -> None:
    text = minted(kind, row_id, seed)
    assert parse_value(text, kind) == row_id
    assert re.fullmatch(rf"dw_{kind.value}_[A-Za-z0-9_-]{{48}}", text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_another_kind_is_refused(kind: ValueKind) -> None:
    """V-CO: also when its prefix is exchanged, since the checksum covers the prefix."""
    text = minted(kind)
    for other in KINDS:
        if other is not kind:
            assert refused(text, other)
            assert refused(f"dw_{other.value}_{text[6:]}", other)


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_is_refused(kind: ValueKind) -> None:
    """V-RT: a token cut short is no token."""
    text = minted(kind)
    assert all(refused(text[:length], kind) for length in range(len(text)))
    assert all(refused(text[start:], kind) for start in range(1, len(text)))
    assert all(refused(text[:at] + text[at + 1 :], kind) for at in range(len(text)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("extra", ["A", "=", "==", " ", "\n", "\x00", "A" * 48, "x" * 10**6])
def test_every_extension_is_refused(kind: ValueKind, extra: str) -> None:
    text = minted(kind)
    assert refused(text + extra, kind)
    assert refused(extra + text, kind)
    assert refused(text[:6] + extra + text[6:], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_changed_character_is_refused(kind: ValueKind) -> None:
    """Each place takes every other character of the alphabet, and some from outside it."""
    text = minted(kind)
    for at, character in enumerate(text):
        for other in BASE64URL + "+/=. \n\x00é🚪\ud800":
            if other != character:
                assert refused(text[:at] + other + text[at + 1 :], kind), (at, other)


@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_bit_is_refused(kind: ValueKind) -> None:
    text = minted(kind)
    raw = base64.urlsafe_b64decode(text[6:])
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        assert refused(text[:6] + base64.urlsafe_b64encode(changed).decode(), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_has_one_spelling(kind: ValueKind) -> None:
    """The standard alphabet says the same to many decoders; here it says nothing."""
    text = mint(kind, 2**62, lambda count: b"\xfb\xff" * (count // 2)).reveal()
    body = text[6:]
    assert "-" in body
    assert "_" in body
    for spelling in (body.replace("-", "+"), body.replace("_", "/"), body.swapcase()):
        assert refused(text[:6] + spelling, kind)
    assert refused(text.upper(), kind)


@given(text=st.text(max_size=80), kind=st.sampled_from(KINDS))
def test_anything_else_is_malformed(text: str, kind: ValueKind) -> None:
    assert refused(text, kind)
    assert refused(f"dw_{kind.value}_{text}", kind)


@pytest.mark.parametrize("row_id", [-1, 2**63, 2**64])
def test_a_row_identifier_has_63_bits(row_id: int) -> None:
    with pytest.raises(ValueError, match="63 bits"):
        minted(ValueKind.ACCESS, row_id)


def test_a_value_holds_192_random_bits() -> None:
    asked: list[int] = []

    def source(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    mint(ValueKind.ACCESS, 1, source)
    assert asked == [24]


def test_values_of_one_row_differ() -> None:
    assert len({mint(ValueKind.CODE, 1, system_random).reveal() for _ in range(100)}) == 100


def test_malformed_does_not_show_the_value() -> None:
    text = minted(ValueKind.ACCESS)[:-1]
    with pytest.raises(Malformed) as refusal:
        parse_value(text, ValueKind.ACCESS)
    assert text[6:] not in str(refusal.value)


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=50))
def test_any_text_has_a_digest_of_its_own(text: str) -> None:
    """Lone surrogates included: a look-up with them finds nothing, and does not fail."""
    assert len(digest(text)) == 32
    assert same(digest(text), digest(text))
    assert not same(digest(text), digest(text + "x"))
    assert not same(digest(text), digest(text)[:31])


def test_the_digest_is_sha_256() -> None:
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("abc").hex() == expected
