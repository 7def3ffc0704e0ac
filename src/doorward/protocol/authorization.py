"""The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1).

Two steps that cannot be swapped: `verify_return_address` proves that the client may be answered at
that redirect URI; only with its `ReturnAddress` can a request be parsed, and only through it can
anything, an error included, be sent back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from doorward.protocol.errors import ErrorCode, OAuthError
from doorward.protocol.parameters import Parameters
from doorward.protocol.pkce import parse_challenge
from doorward.protocol.redirects import matches_registered, parse_redirect_uri
from doorward.protocol.scope import OFFLINE_SCOPES, OPENID, parse_scope, verify_scope_within

__all__ = [
    "AuthorizationRequest",
    "ClientRules",
    "Prompt",
    "ResponseMode",
    "ReturnAddress",
    "parse_authorization_request",
    "verify_return_address",
]

_PROOF: Final = object()
_MAX_AGE_DIGITS = 9


class ResponseMode(StrEnum):
    """How the answer travels (OAuth 2.0 Multiple Response Types, Form Post Response Mode)."""

    QUERY = "query"
    FORM_POST = "form_post"


class Prompt(StrEnum):
    """What the person is asked in any case (OpenID Connect Core 3.1.2.1).

    ``create`` asks for a new account (Initiating User Registration 1.0).
    """

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"
    CREATE = "create"


class ClientRules(msgspec.Struct, frozen=True):
    """What the registration of a client allows at the authorization endpoint."""

    client_id: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    pkce_required: bool
    code_allowed: bool
    refresh_allowed: bool


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where a verified client may be answered. Only ``verify_return_address`` builds one.

    Answers name the ``issuer`` (RFC 9207), unless it is None.
    """

    client_id: str
    redirect_uri: str
    response_mode: ResponseMode
    state: str | None
    issuer: str | None
    proof: object = field(repr=False, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse to exist without the proof that this module alone holds."""
        if self.proof is not _PROOF:
            raise TypeError("a ReturnAddress comes from verify_return_address")


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """A valid request of a verified client."""

    address: ReturnAddress
    scopes: tuple[str, ...]
    code_challenge: str | None
    nonce: str | None
    prompts: frozenset[Prompt]
    max_age_s: int | None
    login_hint: str | None
    id_token_hint: str | None
    ui_locales: str | None
    resources: tuple[str, ...]
    acr_values: tuple[str, ...] = ()


def verify_return_address(
    params: Parameters, rules: ClientRules, *, issuer: str | None
) -> ReturnAddress:
    """Prove that ``rules``' client may be answered at the request's ``redirect_uri``.

    Raises ``invalid_request``; the caller shows a page then and never redirects (RFC 6749 4.1.2.1,
    RFC 9700 4.11).
    """
    redirect_uri = params.require("redirect_uri")
    parse_redirect_uri(redirect_uri)
    if not matches_registered(redirect_uri, rules.redirect_uris):
        raise OAuthError(
            ErrorCode.INVALID_REQUEST, "The redirect URI is not registered for this application."
        )
    form_post = params.get("response_mode") == ResponseMode.FORM_POST
    return ReturnAddress(
        client_id=rules.client_id,
        redirect_uri=redirect_uri,
        response_mode=ResponseMode.FORM_POST if form_post else ResponseMode.QUERY,
        state=params.get("state"),
        issuer=issuer,
        proof=_PROOF,
    )


def parse_authorization_request(
    params: Parameters, rules: ClientRules, address: ReturnAddress
) -> AuthorizationRequest:
    """Read everything else of the request. Raises ``OAuthError``, to be sent to ``address``."""
    _refuse_unsupported(params)
    if params.require("response_type") != "code":
        raise OAuthError(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code.")
    if not rules.code_allowed:
        raise OAuthError(
            ErrorCode.UNAUTHORIZED_CLIENT, "This application may not use the authorization code."
        )
    _verify_response_mode(params)
    scopes = verify_scope_within(parse_scope(params.get("scope")), rules.scopes)
    if not rules.refresh_allowed:
        # OpenID Connect Core 11: offline access that cannot be granted is ignored, not refused.
        scopes = tuple(name for name in scopes if name not in OFFLINE_SCOPES)
    nonce = params.get("nonce")
    challenge = parse_challenge(
        params.get("code_challenge"),
        params.get("code_challenge_method"),
        required=rules.pkce_required,
    )
    return AuthorizationRequest(
        address=address,
        scopes=scopes,
        code_challenge=challenge,
        nonce=nonce,
        prompts=_parse_prompts(params.get("prompt")),
        max_age_s=_parse_max_age(params.get("max_age")),
        login_hint=params.get("login_hint"),
        id_token_hint=params.get("id_token_hint") if OPENID in scopes else None,
        ui_locales=params.get("ui_locales"),
        resources=tuple(_parse_resource(text) for text in params.resources),
        acr_values=tuple((params.get("acr_values") or "").split()),
    )


_UNSUPPORTED = (
    ("request", ErrorCode.REQUEST_NOT_SUPPORTED),
    ("request_uri", ErrorCode.REQUEST_URI_NOT_SUPPORTED),
    ("registration", ErrorCode.REGISTRATION_NOT_SUPPORTED),
)


def _refuse_unsupported(params: Parameters) -> None:
    for name, code in _UNSUPPORTED:
        if name in params:
            raise OAuthError(code, f"The parameter {name} is not supported.")


def _verify_response_mode(params: Parameters) -> None:
    mode = params.get("response_mode")
    if mode is not None and mode not in set(ResponseMode):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "response_mode must be query or form_post.")


def _parse_prompts(text: str | None) -> frozenset[Prompt]:
    if text is None:
        return frozenset()
    try:
        prompts = frozenset(Prompt(word) for word in text.split(" ") if word)
    except ValueError as error:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt has an unknown value.") from error
    if Prompt.NONE in prompts and len(prompts) > 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "prompt=none excludes every other value.")
    return prompts


def _parse_max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_AGE_DIGITS:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "max_age must be a number of seconds.")
    return int(text)


def _parse_resource(text: str) -> str:
    """RFC 8707 2: an absolute URI without a fragment."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise OAuthError(ErrorCode.INVALID_TARGET, "resource must be an absolute URI.") from error
    if not parts.scheme or "#" in text:
        raise OAuthError(ErrorCode.INVALID_TARGET, "resource must be an absolute URI.")
    return text
