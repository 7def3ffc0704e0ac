"""Problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doorward.http.exchange import NO_STORE, Reply, json_reply
from doorward.protocol import Refusal

__all__ = ["FieldProblem", "Problem", "problem_of", "problem_reply"]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as a document. ``code`` is stable; sentences may change."""

    status: int
    code: str
    title: str
    detail: str | None = None
    fields: Sequence[FieldProblem] = ()
    request_id: str | None = None

    def document(self) -> dict[str, object]:
        """The members of RFC 9457 3, and ours: ``code``, ``fields``, ``request_id``."""
        document: dict[str, object] = {
            "type": f"urn:doorward:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail is not None:
            document["detail"] = self.detail
        if self.fields:
            document["fields"] = [
                {"field": each.field, "detail": each.sentence} for each in self.fields
            ]
        if self.request_id is not None:
            document["request_id"] = self.request_id
        return document


def problem_of(refusal: Refusal) -> Problem:
    """The problem that a room's refusal becomes."""
    fields = (FieldProblem(refusal.field, refusal.sentence),) if refusal.field else ()
    return Problem(refusal.status, refusal.code, refusal.sentence, fields=fields)


def problem_reply(problem: Problem) -> Reply:
    """The document as an answer."""
    reply = json_reply(problem.document(), status=problem.status, headers=NO_STORE)
    return Reply(
        reply.status, reply.body, ((b"content-type", b"application/problem+json"), *NO_STORE)
    )
