"""Shapes that every resource shares: identifiers, moments, patches and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.requests import Request

from doorward.console.api.model import ApplicationCall, StaffCall, call_of, staff_call_of
from doorward.db import SECOND

__all__ = [
    "AnyCaller",
    "Body",
    "Caller",
    "Document",
    "Id",
    "Moment",
    "NextCursor",
    "PageQuery",
    "Patch",
    "RowId",
    "micros",
    "moment",
    "moment_or_none",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = (1 << 63) - 1
_DIGITS: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}

Id = Annotated[str, Field(pattern="^[1-9][0-9]{0,18}$", examples=["1042"])]
"""A number as text: JSON's own numbers lose digits in many programs."""

RowId = Annotated[int, Path(ge=1, le=_LARGEST, examples=["1042"]), WithJsonSchema(_DIGITS)]
"""An identifier in a path."""

Moment = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time"}), Field(description="In UTC.")
]


class Document(BaseModel):
    """Something that the API answers."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """Something that the API is told: a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


NextCursor = Annotated[str | None, Field(description="Continues the list; null on its last page.")]


def _without_defaults(schema: dict[str, Any]) -> None:
    for each in schema.get("properties", {}).values():
        each.pop("default", None)


class Patch(Body):
    """Changes to a thing: fields that are left out stay as they are.

    The defaults of a subclass stand for nothing; they are never read, and not in its schema.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def given(self) -> dict[str, Any]:
        """The fields that were sent, null included."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class PageQuery(BaseModel):
    """Which page of a list. A parameter that the list does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[
        str | None,
        Query(max_length=2048, description="`next_cursor` of the page before; the same filters."),
    ] = None
    limit: Annotated[int, Query(ge=1, le=200, description="How many items at most.")] = 50

    def filters(self) -> bytes:
        """The filters as one text, for the cursor to be bound to."""
        return msgspec.json.encode(
            self.model_dump(mode="json", exclude={"cursor", "limit"}), order="sorted"
        )


def moment(at: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def moment_or_none(at: int | None) -> str | None:
    """``moment``, where there may be none."""
    return None if at is None else moment(at)


def micros(at: datetime) -> int:
    """A moment with its zone as microseconds since the epoch."""
    return (at - _EPOCH) // timedelta(microseconds=1)


# A dependency that is not a coroutine costs every request a thread and the way there and back.
async def _caller(request: Request) -> StaffCall:
    return staff_call_of(request.scope)


Caller = Annotated[StaffCall, Depends(_caller)]
"""The member of staff whom the gate let in."""


async def _any_caller(request: Request) -> StaffCall | ApplicationCall:
    return call_of(request.scope)


AnyCaller = Annotated[StaffCall | ApplicationCall, Depends(_any_caller)]
"""Whom the gate let in, where applications may call as well."""
