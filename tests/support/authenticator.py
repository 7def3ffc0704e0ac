"""A device that keeps passkeys, in software: real CBOR, COSE keys and signatures.

What it answers is what a browser would send; an attack changes one part of it.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, TypeAlias

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

__all__ = ["Authenticator", "Credential", "Lie", "attest_by_certificate", "b64", "unb64"]

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
Algorithm = Literal["ES256", "EdDSA", "RS256"]

_UP, _UV, _BE, _BS, _AT = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Its opposite."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Lie:
    """What an answer says differently than an honest browser and device would."""

    origin: str | None = None
    rp_id: str | None = None
    kind: str | None = None
    challenge: bytes | None = None
    handle: bytes | None = None
    cross_origin: bool = False
    credential_id: bytes | None = None
    sign_count: int | None = None
    present: bool = True


HONEST = Lie()
NO_ATTESTATION: Mapping[str, Any] = {"fmt": "none", "attStmt": {}}


@dataclass
class Credential:
    """A passkey on the device."""

    credential_id: bytes
    key: PrivateKey
    rp_id: str
    handle: bytes
    sign_count: int = 0


@dataclass
class Authenticator:
    """Verifies its user unless told otherwise. One that syncs says so, and does not count."""

    origin: str
    verifies: bool = True
    syncs: bool = True
    algorithm: Algorithm = "ES256"
    aaguid: bytes = bytes(16)
    credentials: list[Credential] = field(default_factory=list)

    def create(
        self,
        options: Mapping[str, Any],
        lie: Lie = HONEST,
        *,
        statement: Mapping[str, Any] = NO_ATTESTATION,
    ) -> str:
        """The answer to ``navigator.credentials.create``, as a page sends it."""
        known = {each["id"] for each in options.get("excludeCredentials", ())}
        assert not any(b64(each.credential_id) in known for each in self.credentials)
        made = Credential(
            credential_id=lie.credential_id or os.urandom(32),
            key=_generate(self.algorithm),
            rp_id=options["rp"]["id"],
            handle=unb64(options["user"]["id"]),
        )
        self.credentials.append(made)
        client = self._client_data("webauthn.create", options, lie)
        attested = (
            self.aaguid
            + len(made.credential_id).to_bytes(2, "big")
            + made.credential_id
            + cbor2.dumps(_cose(made.key))
        )
        data = self._data(lie.rp_id or made.rp_id, lie.sign_count or 0, lie, _AT) + attested
        return _sent(
            made.credential_id,
            clientDataJSON=b64(client),
            attestationObject=b64(cbor2.dumps({**statement, "authData": data})),
            transports=["internal", "hybrid"],
        )

    def get(self, options: Mapping[str, Any], lie: Lie = HONEST) -> str:
        """The answer to ``navigator.credentials.get``, by the newest passkey that fits."""
        found = self._choose(options)
        if not self.syncs:
            found.sign_count += 1
        count = found.sign_count if lie.sign_count is None else lie.sign_count
        client = self._client_data("webauthn.get", options, lie)
        data = self._data(lie.rp_id or found.rp_id, count, lie, 0)
        signature = _sign(found.key, data + sha256(client).digest())
        return _sent(
            lie.credential_id or found.credential_id,
            clientDataJSON=b64(client),
            authenticatorData=b64(data),
            signature=b64(signature),
            userHandle=b64(found.handle if lie.handle is None else lie.handle),
        )

    def copy(self) -> Authenticator:
        """What a thief gets: the same keys and counts, from now on apart."""
        return replace(self, credentials=[replace(each) for each in self.credentials])

    def _choose(self, options: Mapping[str, Any]) -> Credential:
        allowed = [each["id"] for each in options.get("allowCredentials", ())]
        fitting = [
            each
            for each in self.credentials
            if each.rp_id == options["rpId"] and (not allowed or b64(each.credential_id) in allowed)
        ]
        assert fitting, "the device holds no passkey for this page"
        return fitting[-1]

    def _client_data(self, kind: str, options: Mapping[str, Any], lie: Lie) -> bytes:
        challenge = options["challenge"] if lie.challenge is None else b64(lie.challenge)
        data = {
            "type": lie.kind or kind,
            "challenge": challenge,
            "origin": lie.origin or self.origin,
            "crossOrigin": lie.cross_origin,
        }
        return json.dumps(data).encode()

    def _data(self, rp_id: str, count: int, lie: Lie, more: int) -> bytes:
        flags = more
        flags |= _UP if lie.present else 0
        flags |= _UV if self.verifies else 0
        flags |= _BE | _BS if self.syncs else 0
        return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")


def attest_by_certificate(answer: str) -> str:
    """``answer`` to a creation with a sound attestation of an old security key's maker.

    W3C WebAuthn level 3, 8.6: the maker's key signs what the device answered.
    """
    whole = json.loads(answer)
    given = whole["response"]
    data = cbor2.loads(unb64(given["attestationObject"]))["authData"]
    maker = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Maker")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(maker.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=3650))
        .sign(maker, hashes.SHA256())
    )
    length = int.from_bytes(data[53:55], "big")
    key = cbor2.loads(data[55 + length :])
    signed = (
        b"\x00"
        + data[:32]
        + sha256(unb64(given["clientDataJSON"])).digest()
        + data[55 : 55 + length]
        + b"\x04"
        + key[-2]
        + key[-3]
    )
    statement = {"sig": _sign(maker, signed), "x5c": [certificate.public_bytes(Encoding.DER)]}
    given["attestationObject"] = b64(
        cbor2.dumps({"fmt": "fido-u2f", "attStmt": statement, "authData": data})
    )
    return json.dumps(whole)


def _sent(credential_id: bytes, **response: object) -> str:
    name = b64(credential_id)
    return json.dumps(
        {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
    )


def _generate(algorithm: Algorithm) -> PrivateKey:
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case "RS256":
            return rsa.generate_private_key(65537, 2048)


def _cose(key: PrivateKey) -> dict[int, int | bytes]:
    """The public key as RFC 9053 and RFC 8230 write it."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
    numbers = key.public_key().public_numbers()
    return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
