"""The OpenAPI 3.1 document: FastAPI's, with the problems, headers and credentials that it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from doorward import __version__
from doorward.console.api.route import Operation

__all__ = ["TAGS", "DocumentSource", "build_document"]

TAGS: Final = (
    (
        "Your organization",
        "The organization under whose address you call: its name, links, lifetimes.",
    ),
    ("Organizations", "Every organization of the installation, for the staff of `operators`."),
    ("Accounts", "People: constituents and staff."),
    ("Sessions", "Where people are signed in."),
    ("Applications", "Programs that ask for access, and their secrets."),
    ("Reviews", "What waits for a decision, and the steps of a review."),
    ("Scopes and APIs", "What may be asked for, and the APIs that it opens."),
    ("Consents", "What people allowed which application."),
    ("Tokens", "Access and refresh tokens that staff hold in their hands."),
    ("Signing keys", "What the organization's tokens are signed with."),
    ("API keys", "Credentials of staff for programs of their own."),
    ("Project groups", "The organizations of people who keep projects, as Neon has them."),
    (
        "Connectors",
        "The platforms on which people can connect their accounts, and which of them are on.",
    ),
    (
        "Connections",
        "What people have connected: how it is, its token, and calls made with it.",
    ),
    ("Audit", "Who did what to whom, when, and from where."),
)

_ABOUT: Final = """Everything that staff do, for programs. Paths are below an organization's own \
address, and every answer is about that organization alone.

Call it with `Authorization: Bearer` and either a staff access token that holds the scope \
`management` or an API key; a key may come as `X-API-Key` instead. What you may do is what your \
account's permissions say at the moment of the call; each operation names the one that it needs.

Lists come in pages: follow `next_cursor` until it is null. Identifiers are text, moments are \
RFC 3339 in UTC. Errors are problem documents (RFC 9457) whose `code` is stable.

Send an `Idempotency-Key` with a creation and it is done once, however often it is sent: for a day \
the same answer comes back."""

_PROBLEMS: Final[Mapping[str, str]] = {
    "400": "The request cannot be read.",
    "401": "No credential, or one that is not valid.",
    "403": "The account lacks the permission.",
    "404": "There is no such thing in this organization.",
    "409": "The thing is in a state that does not allow this.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A field is not valid.",
    "502": "The platform could not be reached; nothing was sent.",
    "503": "The server or the platform is busy; try again.",
    "504": "The platform gave no whole answer; what was asked may have been done.",
}
_ALWAYS: Final = ("400", "401", "403", "404", "422", "503")
_WITH_BODY: Final = ("409", "413", "415")
_AS_IT_CAME: Final = "What the platform answered, as it came: `Doorward-Answer-From` says so."
_PROBLEM: Final[Mapping[str, Any]] = {
    "title": "Problem",
    "description": "Why something was refused (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:doorward:problem:unknown_account"]},
        "title": {"type": "string", "examples": ["There is no such account."]},
        "status": {"type": "integer", "examples": [404]},
        "code": {
            "type": "string",
            "description": "Stable; sentences may change.",
            "examples": ["unknown_account"],
        },
        "detail": {"type": "string"},
        "fields": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
        "request_id": {"type": "string", "examples": ["5f3-1a2b3c"]},
    },
}
_FIELD_PROBLEM: Final[Mapping[str, Any]] = {
    "title": "FieldProblem",
    "description": "What is wrong with one field.",
    "type": "object",
    "required": ["field", "detail"],
    "properties": {
        "field": {"type": "string", "examples": ["email"]},
        "detail": {"type": "string", "examples": ["This is not an e-mail address."]},
    },
}
_SECURITY: Final[Mapping[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A staff access token with the scope `management`, or an API key.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key of a staff account.",
    },
}
_IDEMPOTENCY_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own, new for every creation.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def build_document(routes: Sequence[BaseRoute], operations: Sequence[Operation]) -> dict[str, Any]:
    """The document of ``operations``, as ``routes`` serve them. It names no server yet."""
    document: dict[str, Any] = get_openapi(
        title="Doorward management API",
        version=__version__,
        openapi_version="3.1.0",
        description=_ABOUT,
        routes=routes,
        tags=[{"name": name, "description": about} for name, about in TAGS],
    )
    by_id = {operation.operation_id: operation for operation in operations}
    for path in document["paths"].values():
        for entry in path.values():
            _complete(entry, by_id[entry["operationId"]])
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= {"Problem": dict(_PROBLEM), "FieldProblem": dict(_FIELD_PROBLEM)}
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = dict(_SECURITY)
    document["security"] = [{"bearer": []}, {"apiKey": []}]
    return document


class DocumentSource:
    """Builds the document when it is first asked for, beside the loop: it takes a while."""

    def __init__(self, routes: Sequence[BaseRoute], operations: Sequence[Operation]) -> None:
        """Describe ``operations``, as ``routes`` serve them."""
        self._routes = tuple(routes)
        self._operations = operations
        self._built: dict[str, Any] | None = None

    async def get(self) -> dict[str, Any]:
        """The document."""
        if self._built is None:
            self._built = await asyncio.to_thread(build_document, self._routes, self._operations)
        return self._built


def _complete(entry: dict[str, Any], operation: Operation) -> None:
    """Add to an operation what its route does not know."""
    entry["description"] = (
        f"{entry.get('description', '').strip()}\n\nNeeds `{operation.permission}`."
    )
    entry["x-permission"] = str(operation.permission)
    if operation.creates:
        entry.setdefault("parameters", []).append(dict(_IDEMPOTENCY_KEY))
    answers: dict[str, Any] = entry["responses"]
    answers.pop("422", None)
    answers[str(operation.status)]["description"] = "Done."
    if operation.raw:
        answers[str(operation.status)] = {"description": _AS_IT_CAME}
        answers["default"] = {"description": _AS_IT_CAME}
    statuses = _ALWAYS if operation.method == "GET" else (*_ALWAYS, *_WITH_BODY)
    for status in sorted({*statuses, *operation.problems}):
        answers[status] = {
            "description": _PROBLEMS[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
