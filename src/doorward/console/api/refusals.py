"""What the API itself refuses, besides what the rooms refuse."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "AmbiguousCredentials",
    "ApiRefusal",
    "BadCursor",
    "BadIdempotencyKey",
    "ClientNeeded",
    "IdempotencyInFlight",
    "IdempotencyMismatch",
    "MethodNotAllowed",
    "MorePowerful",
    "NoCredentials",
    "NotForUs",
    "NotFound",
    "NotStaff",
    "OtherApplication",
    "OwnAccount",
    "OwnOrganization",
    "PermissionMissing",
    "RepeatedHeader",
    "RepeatedParameter",
    "TooLarge",
    "UnknownSession",
    "WrongContentType",
]


class ApiRefusal(Refusal):
    """Base of what the API refuses."""


class NoCredentials(ApiRefusal):
    """Nothing was presented."""

    code = "no_credentials"
    status = 401
    sentence = "Send a staff access token or an API key."


class AmbiguousCredentials(ApiRefusal):
    """Two credentials at once."""

    code = "ambiguous_credentials"
    status = 400
    sentence = "Send one credential: either the Authorization header or X-API-Key."


class NotStaff(ApiRefusal):
    """The token is good, and is not a member of staff's."""

    code = "not_staff"
    status = 403
    sentence = "Only staff of this organization may call this API."


class NotForUs(ApiRefusal):
    """An application's own token, which it shows to an API that is not this one."""

    code = "not_for_us"
    status = 403
    sentence = "This access token is for another API. Ask for one without scopes of APIs."


class PermissionMissing(ApiRefusal):
    """The account lacks the permission of the operation."""

    code = "permission_missing"
    status = 403
    sentence = "Your account lacks the permission for this."


class MorePowerful(ApiRefusal):
    """The change would give, or take over, permissions that the caller does not hold."""

    code = "more_powerful"
    status = 403
    sentence = "You cannot give or take over permissions that you do not have yourself."


class NotFound(ApiRefusal):
    """No operation lives at this path, or not in this organization."""

    code = "not_found"
    status = 404
    sentence = "There is nothing at this address."


class MethodNotAllowed(ApiRefusal):
    """The path exists, with other methods."""

    code = "method_not_allowed"
    status = 405
    sentence = "This address does not take this method."


class UnknownSession(ApiRefusal):
    """The account has no such live sign-in."""

    code = "unknown_session"
    status = 404
    sentence = "There is no such session."


class OwnAccount(ApiRefusal):
    """Nobody locks themselves out."""

    code = "own_account"
    status = 409
    sentence = "You cannot disable your own account."


class OwnOrganization(ApiRefusal):
    """The operators' organization is never suspended."""

    code = "own_organization"
    status = 409
    sentence = "The operators' own organization cannot be suspended."


class BadCursor(ApiRefusal):
    """Not a cursor of this list, organization and filters."""

    code = "bad_cursor"
    status = 400
    sentence = "This cursor does not belong to this list. Start again without one."
    field = "cursor"


class RepeatedParameter(ApiRefusal):
    """A parameter of the query is there twice."""

    code = "repeated_parameter"
    status = 400
    sentence = "Send each parameter once."


class BadIdempotencyKey(ApiRefusal):
    """The header is empty, too long or unprintable."""

    code = "bad_idempotency_key"
    status = 400
    sentence = "An Idempotency-Key is 1 to 255 visible ASCII characters."


class IdempotencyMismatch(ApiRefusal):
    """The key was used for another request."""

    code = "idempotency_mismatch"
    status = 422
    sentence = "This Idempotency-Key was used for a different request."


class IdempotencyInFlight(ApiRefusal):
    """The first request with this key has no answer yet."""

    code = "idempotency_in_flight"
    status = 409
    sentence = "A request with this Idempotency-Key is still under way, or its outcome is unknown."


class TooLarge(ApiRefusal):
    """More than any operation needs."""

    code = "too_large"
    status = 413
    sentence = "A request body has at most one megabyte."


class WrongContentType(ApiRefusal):
    """The body is not JSON by its own account."""

    code = "wrong_content_type"
    status = 415
    sentence = "Send the body as application/json."


class RepeatedHeader(ApiRefusal):
    """A header that a platform is to read is there twice."""

    code = "repeated_header"
    status = 400
    sentence = "Send each header once."


class ClientNeeded(ApiRefusal):
    """Staff say for which application they ask."""

    code = "client_needed"
    status = 422
    sentence = "Name the application."
    field = "client_id"


class OtherApplication(ApiRefusal):
    """An application asks for itself alone."""

    code = "other_application"
    status = 403
    sentence = "An application may ask for itself only."
    field = "client_id"
