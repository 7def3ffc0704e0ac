"""Whatever is raised, as a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doorward.brakes import Braked
from doorward.console.api.model import MANAGEMENT
from doorward.console.api.refusals import MethodNotAllowed, NotFound
from doorward.db import Conflict, DatabaseError, Overloaded, Unavailable, Unrepresentable
from doorward.http import FieldProblem, Problem, problem_of, problem_reply
from doorward.protocol import ErrorCode, OAuthError, Refusal, bearer_challenge
from doorward.vault import PlatformUnavailable, RefreshInProgress

__all__ = ["BUG", "add_problem_handlers", "find_problem", "problem_response"]

_REALM: Final = "doorward"
_MAX_FIELDS: Final = 50
_BUSY: Final = Problem(503, "busy", "The server is busy. Try again in a moment.")
_UNREADABLE: Final = Problem(
    400, "unrepresentable", "A value holds a character or number that cannot be stored."
)
_RACED: Final = Problem(409, "conflict", "Somebody else changed the same thing. Try again.")
BUG: Final = Problem(500, "server_error", "Something went wrong on our side.")
"""All that a caller learns of a bug."""

_STORAGE: Final[tuple[tuple[type[DatabaseError], Problem], ...]] = (
    (Unrepresentable, _UNREADABLE),
    (Conflict, _RACED),
    (Overloaded, _BUSY),
    (Unavailable, _BUSY),
)
_KINDS: Final = tuple(kind for kind, _ in _STORAGE)


def find_problem(error: Exception) -> Problem | None:
    """The problem that a known refusal becomes; None for a bug."""
    match error:
        case Refusal():
            return problem_of(error)
        case OAuthError():
            return Problem(error.status, error.code.value, error.description)
        case RequestValidationError():
            return _validation_problem(error)
        case HTTPException():
            return _http_problem(error)
        case _:
            return next((found for kind, found in _STORAGE if isinstance(error, kind)), None)


def problem_response(problem: Problem, error: Exception | None, request_id: str | None) -> Response:
    """The document as an answer, with the headers that its status asks for."""
    whole = Problem(
        problem.status, problem.code, problem.title, problem.detail, problem.fields, request_id
    )
    reply = problem_reply(whole)
    response = Response(reply.body, reply.status)
    response.headers.update({name.decode(): value.decode() for name, value in reply.headers})
    response.headers.update(_asked_for(problem, error))
    return response


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every refusal with its problem. After a bug the framework raises it once more."""

    async def answer(request: Request, error: Exception) -> Response:
        number = request.scope.get("doorward.request_id")
        response = problem_response(find_problem(error) or BUG, error, number)
        if response.status_code == 405:
            response.headers["Allow"] = ", ".join(_methods(app, request.scope["path"]))
        return response

    for kind in (Refusal, OAuthError, RequestValidationError, HTTPException, *_KINDS, Exception):
        app.add_exception_handler(kind, answer)


def _asked_for(problem: Problem, error: Exception | None) -> Mapping[str, str]:
    told = error if isinstance(error, OAuthError) else None
    if problem.status == 401 or problem.code == ErrorCode.INSUFFICIENT_SCOPE:
        return {"WWW-Authenticate": bearer_challenge(_REALM, told, scope=MANAGEMENT)}
    if isinstance(error, Braked | RefreshInProgress | PlatformUnavailable):
        return {"Retry-After": str(error.retry_after_s)}
    if problem.status == 503:
        return {"Retry-After": "1"}
    return {}


def _methods(app: FastAPI, path: str) -> list[str]:
    """Every method that ``path`` takes (RFC 9110 10.2.1); its routes have one each."""
    routes = [each for each in app.routes if isinstance(each, Route)]
    return sorted(
        method for each in routes if each.path_regex.match(path) for method in each.methods or ()
    )


def _validation_problem(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(each.get("type") == "json_invalid" for each in found):
        return Problem(400, "bad_json", "The body is not JSON.")
    fields = tuple(
        FieldProblem(_field_name(each.get("loc", ())), str(each.get("msg", "")))
        for each in found[:_MAX_FIELDS]
    )
    return Problem(422, "invalid_fields", "Some fields are not valid.", fields=fields)


def _field_name(place: tuple[object, ...]) -> str:
    # The first part says body, query or path; only a missing body has no second one.
    return ".".join(_printable(part) for part in place[1:]) or str(place[0] if place else "")


def _printable(part: object) -> str:
    # The name of a field that nobody knows is the caller's own text.
    return str(part).encode("utf-8", "replace").decode()[:100]


def _http_problem(error: HTTPException) -> Problem:
    match error.status_code:
        case 404:
            return problem_of(NotFound())
        case 405:
            return problem_of(MethodNotAllowed())
        case 400:
            return Problem(400, "bad_json", "The body is not JSON.")
        case other:
            return Problem(other, "refused", str(error.detail))
