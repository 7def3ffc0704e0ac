"""Sealing at rest: AES-256-GCM under a ring of master keys, bound to what is sealed."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doorward.crypto.secret import Secret
from doorward.crypto.values import Random

__all__ = ["KeyRing", "SealBroken", "derive_key", "open_under", "seal_under", "sealing_key"]

_NONCE = 12
_VERSION = b"\x01"
_KEY_BYTES = 32
_NAME_BYTES = 8
_TAG = 16


class SealBroken(ValueError):
    """Sealed under an unknown key, about something else, or damaged."""


class KeyRing:
    """Seals under its first key and opens what any of its keys sealed.

    A sealed value is a version byte, the key's fingerprint, a nonce and the ciphertext.
    """

    def __init__(self, keys: tuple[Secret[bytes], ...], *, random: Random = os.urandom) -> None:
        """Use ``keys`` of 32 bytes each, the current one first. Raises ``ValueError``."""
        if not keys:
            raise ValueError("a key ring needs at least one key")
        for key in keys:
            if len(key.reveal()) != _KEY_BYTES or len(set(key.reveal())) < _NAME_BYTES:
                raise ValueError("a master key is 32 random bytes")
        self._random = random
        self._keys: Mapping[bytes, AESGCM] = {
            fingerprint(key): AESGCM(key.reveal()) for key in reversed(keys)
        }
        self._current = fingerprint(keys[0])
        self._root = keys[-1]

    @property
    def current(self) -> bytes:
        """The fingerprint of the key that seals from now on."""
        return self._current

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """The fingerprints of all keys, the oldest first."""
        return tuple(self._keys)

    def seal(self, plaintext: bytes, *, about: bytes) -> bytes:
        """Encrypt ``plaintext``; it opens only with the same ``about``."""
        nonce = self._random(_NONCE)
        body = self._keys[self._current].encrypt(nonce, plaintext, about)
        return _VERSION + self._current + nonce + body

    def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """Decrypt what ``seal`` answered. Raises ``SealBroken``."""
        name = sealed[1 : 1 + _NAME_BYTES]
        key = self._keys.get(name)
        if sealed[:1] != _VERSION or key is None:
            raise SealBroken("sealed under a key that is not in the ring")
        if len(sealed) < 1 + _NAME_BYTES + _NONCE + _TAG:
            raise SealBroken("cut short")
        nonce = sealed[1 + _NAME_BYTES : 1 + _NAME_BYTES + _NONCE]
        try:
            return key.decrypt(nonce, sealed[1 + _NAME_BYTES + _NONCE :], about)
        except InvalidTag as error:
            raise SealBroken("damaged, or sealed about something else") from error

    def subkey(self, purpose: str) -> bytes:
        """A key for ``purpose`` that stays the same while the oldest key is in the ring."""
        return derive_key(self._root, purpose)


def sealing_key(sealed: bytes) -> bytes:
    """The fingerprint of the key that sealed this; nothing is proved by it."""
    return sealed[1 : 1 + _NAME_BYTES]


def fingerprint(key: Secret[bytes]) -> bytes:
    """Eight bytes that name ``key`` and reveal nothing of it."""
    return derive_key(key, "doorward key fingerprint")[:_NAME_BYTES]


def derive_key(key: Secret[bytes], purpose: str) -> bytes:
    """A 32-byte key for one purpose (HMAC-SHA-256 as a key derivation, NIST SP 800-108)."""
    return hmac.new(key.reveal(), purpose.encode(), sha256).digest()


def seal_under(value: Secret[str], plaintext: bytes, *, purpose: str) -> bytes:
    """Encrypt ``plaintext`` so that only the holder of the bearer ``value`` can read it."""
    key = derive_key(Secret(value.reveal().encode()), purpose)
    # The key is used for this one plaintext: a fixed nonce is never repeated under it.
    return AESGCM(key).encrypt(b"\x00" * _NONCE, plaintext, None)


def open_under(value: Secret[str], sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what ``seal_under`` answered. Raises ``SealBroken``."""
    key = derive_key(Secret(value.reveal().encode()), purpose)
    try:
        return AESGCM(key).decrypt(b"\x00" * _NONCE, sealed, None)
    except InvalidTag as error:
        raise SealBroken("not sealed under this value") from error
