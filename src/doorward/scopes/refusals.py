"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "ApiInUse",
    "ApiTaken",
    "BadApi",
    "BadScope",
    "ScopeInUse",
    "ScopeTaken",
    "ScopesRefusal",
    "StandardScope",
    "UnknownApi",
    "UnknownScope",
]


class ScopesRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownScope(ScopesRefusal):
    """The organization has no scope of this name."""

    code = "unknown_scope"
    status = 404
    sentence = "There is no such scope."


class UnknownApi(ScopesRefusal):
    """The organization has no API of this identifier."""

    code = "unknown_api"
    status = 404
    sentence = "There is no such API."


class ScopeTaken(ScopesRefusal):
    """The organization already has a scope of this name."""

    code = "scope_taken"
    status = 409
    sentence = "A scope of this name exists already."
    field = "name"


class ApiTaken(ScopesRefusal):
    """The organization already has an API of this identifier."""

    code = "api_taken"
    status = 409
    sentence = "An API of this identifier exists already."
    field = "identifier"


class ApiInUse(ScopesRefusal):
    """Scopes still belong to the API."""

    code = "api_in_use"
    status = 409
    sentence = "Scopes still belong to this API. Remove them first."


class ScopeInUse(ScopesRefusal):
    """Applications ask for the scope, or want to."""

    code = "scope_in_use"
    status = 409

    def __init__(self, count: int) -> None:
        """Refuse for ``count`` applications."""
        who = "One application uses" if count == 1 else f"{count} applications use"
        super().__init__(
            f"{who} this scope, or would after a change that waits for its review. "
            "Take it from them first."
        )
        self.count = count


class StandardScope(ScopesRefusal):
    """OpenID Connect gives this scope its meaning."""

    code = "standard_scope"
    status = 409
    sentence = "This scope belongs to OpenID Connect: only its wording can be changed."


class BadScope(ScopesRefusal):
    """A field of the scope is not acceptable."""

    code = "bad_scope"
    status = 422
    sentence = "The scope is not valid."


class BadApi(ScopesRefusal):
    """A field of the API is not acceptable."""

    code = "bad_api"
    status = 422
    sentence = "The API is not valid."
