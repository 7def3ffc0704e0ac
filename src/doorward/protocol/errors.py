"""The one error of the protocols, and the table that gives each code its status."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ErrorCode", "OAuthError", "Refusal"]


class ErrorCode(StrEnum):
    """The words of RFC 6749, 6750, 7009, 8707, 9470 and OpenID Connect Core."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"  # noqa: S105 - a word of RFC 7009
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word of RFC 6750
    INSUFFICIENT_SCOPE = "insufficient_scope"
    ACCESS_DENIED = "access_denied"
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    INTERACTION_REQUIRED = "interaction_required"
    ACCOUNT_SELECTION_REQUIRED = "account_selection_required"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


_STATUS = {
    ErrorCode.INVALID_CLIENT: 401,
    ErrorCode.INVALID_TOKEN: 401,
    ErrorCode.INSUFFICIENT_SCOPE: 403,
    ErrorCode.SERVER_ERROR: 500,
    ErrorCode.TEMPORARILY_UNAVAILABLE: 503,
}


class OAuthError(Exception):
    """A refusal in the protocol's own words.

    ``description`` is for the client and holds no secret and nothing the client sent unescaped;
    ``detail`` is for the log only.
    """

    def __init__(self, code: ErrorCode, description: str, *, detail: str | None = None) -> None:
        """Refuse with ``code``; ``description`` is ASCII without quotes (RFC 6749 5.2)."""
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.detail = detail

    @property
    def status(self) -> int:
        """The HTTP status at a token-like endpoint (RFC 6749 5.2, RFC 6750 3.1)."""
        return _STATUS.get(self.code, 400)


class Refusal(Exception):
    """A rule of a room said no. Each room subclasses it with a code and a sentence.

    Boundaries render it by one table: a problem document (RFC 9457) or a sentence on the page.
    """

    code = "refused"
    status = 409
    sentence = "This cannot be done."
    field: str | None = None

    def __init__(self, sentence: str | None = None, *, field: str | None = None) -> None:
        """Refuse with the class's sentence, or a more exact one about ``field``."""
        self.sentence = sentence or type(self).sentence
        self.field = field or type(self).field
        super().__init__(self.sentence)
