"""The two ceremonies of WebAuthn as functions over values: what is asked, what an answer proves.

The library behind them reads bytes that a stranger wrote; whatever it raises is one refusal here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from doorward.db import SECOND
from doorward.passkeys.model import CHALLENGE_LIFETIME, AnswerRefused, Passkey
from doorward.passkeys.parties import RelyingParty

__all__ = [
    "Asserted",
    "Assertion",
    "Created",
    "Creation",
    "Holder",
    "creation_options",
    "parse_assertion",
    "parse_creation",
    "request_options",
]

T = TypeVar("T")
Options = Mapping[str, object]

_ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
)
_FORMATS: Final = frozenset({"none", "packed"})
"""No attestation is asked for; what a key signed about itself browsers leave in."""

_TIMEOUT_MS: Final = CHALLENGE_LIFETIME // SECOND * 1000
_LONGEST_CREDENTIAL_ID: Final = 1023
_LONGEST_KEY: Final = 640
"""An RSA key of 4096 bits: a longer one only keeps us busy."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as browsers know it: its random value, and what people read beside it."""

    handle: bytes
    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Created:
    """A new passkey, made for our challenge on our page."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    user_verified: bool


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a passkey said of itself when it answered our challenge on our page."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool
    user_verified: bool


def creation_options(
    party: RelyingParty, holder: Holder, challenge: bytes, known: Sequence[Passkey]
) -> Options:
    """What a page hands to ``navigator.credentials.create``, as JSON (WebAuthn level 3, 5.4)."""
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_id=holder.handle,
        user_name=holder.name,
        user_display_name=holder.display_name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(party, known),
        supported_pub_key_algs=list(_ALGORITHMS),
    )
    return options_to_json_dict(options)


def request_options(
    party: RelyingParty, challenge: bytes, allowed: Sequence[Passkey], *, alone: bool
) -> Options:
    """What a page hands to ``navigator.credentials.get``, as JSON (WebAuthn level 3, 5.5).

    Where the passkey is ``alone`` it has to ask the person who they are. Without ``allowed`` any
    passkey of this host may answer.
    """
    wanted = UserVerificationRequirement
    options = generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=_described(party, allowed),
        user_verification=wanted.REQUIRED if alone else wanted.PREFERRED,
    )
    return options_to_json_dict(options)


def _described(
    party: RelyingParty, passkeys: Iterable[Passkey]
) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[AuthenticatorTransport(name) for name in each.transports] or None,
        )
        for each in passkeys
        if each.rp_id == party.rp_id
    ]


@dataclass(frozen=True, slots=True)
class Creation:
    """An answer to ``creation_options``, read and not yet believed."""

    challenge: bytes
    given: RegistrationCredential

    def verify(self, party: RelyingParty) -> Created:
        """What it proves (WebAuthn level 3, 7.1). Raises ``AnswerRefused``."""
        found = _guarded(
            lambda: verify_registration_response(
                credential=self.given,
                expected_challenge=self.challenge,
                expected_rp_id=party.rp_id,
                expected_origin=party.origin,
                supported_pub_key_algs=list(_ALGORITHMS),
            )
        )
        if (
            found.fmt not in _FORMATS
            or not 0 < len(found.credential_id) <= _LONGEST_CREDENTIAL_ID
            or len(found.credential_public_key) > _LONGEST_KEY
        ):
            raise AnswerRefused
        named = self.given.response.transports or []
        return Created(
            credential_id=found.credential_id,
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
            transports=tuple(sorted({each.value for each in named})),
            backup_eligible=_is_synced(found.credential_device_type),
            backed_up=found.credential_backed_up,
            aaguid=found.aaguid,
            user_verified=found.user_verified,
        )


@dataclass(frozen=True, slots=True)
class Assertion:
    """An answer to ``request_options``, read and not yet believed."""

    challenge: bytes
    given: AuthenticationCredential

    @property
    def credential_id(self) -> bytes:
        """Which passkey claims to answer."""
        return self.given.raw_id

    @property
    def handle(self) -> bytes | None:
        """Whose it claims to be."""
        return self.given.response.user_handle

    def verify(self, party: RelyingParty, passkey: Passkey, *, alone: bool) -> Asserted:
        """What it proves (WebAuthn level 3, 7.2). Raises ``AnswerRefused``.

        The count is compared by the caller, who tells the person when it went back.
        """
        found = _guarded(
            lambda: verify_authentication_response(
                credential=self.given,
                expected_challenge=self.challenge,
                expected_rp_id=party.rp_id,
                expected_origin=party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,
                require_user_verification=alone,
            )
        )
        return Asserted(
            sign_count=found.new_sign_count,
            backup_eligible=_is_synced(found.credential_device_type),
            backed_up=found.credential_backed_up,
            user_verified=found.user_verified,
        )


def parse_creation(text: str) -> Creation:
    """The answer to ``creation_options`` as a page sent it. Raises ``AnswerRefused``."""
    given = _guarded(lambda: parse_registration_credential_json(text))
    return Creation(_challenge_in(given.response.client_data_json), given)


def parse_assertion(text: str) -> Assertion:
    """The answer to ``request_options`` as a page sent it. Raises ``AnswerRefused``."""
    given = _guarded(lambda: parse_authentication_credential_json(text))
    return Assertion(_challenge_in(given.response.client_data_json), given)


def _challenge_in(client_data: bytes) -> bytes:
    """The challenge that it claims to answer. A page inside another one answers none."""
    found = _guarded(lambda: parse_client_data_json(client_data))
    if found.cross_origin:
        raise AnswerRefused
    return found.challenge


def _is_synced(kind: CredentialDeviceType) -> bool:
    return kind is CredentialDeviceType.MULTI_DEVICE


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception as error:  # the library meets whatever a stranger wrote
        raise AnswerRefused from error
