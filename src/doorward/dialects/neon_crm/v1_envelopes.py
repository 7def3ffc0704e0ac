"""Answers of API v1: one envelope for each operation, in JSON or XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.wire import Json, local_instant
from doorward.http import NO_STORE, Call, Reply

__all__ = ["Envelope", "Form", "V1Error", "failure", "form_of", "success"]

Form = Literal["json", "xml"]

_JSON = (b"content-type", b"application/json;charset=UTF-8")
_XML = (b"content-type", b"application/xml;charset=UTF-8")
# What XML 1.0 2.2 has no place for.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

MESSAGES: Final = {
    1: "Unexpected System error occured.",
    2: "Service is not available",
    3: "User session ID is required",
    4: "User session id is invalid.",
    5: "Permission denied.",
    10: "Api key is required.",
    12: "OrgId is required.",
    13: "Api key is invalid.",
    14: "OrgId is invalid.",
    22: "Search key is required.",
    25: "Search value is invalid.",
    26: "Output field id or name is invalid.",
    29: "Search operator is required.",
}
"""What each code says, in the platform's own spelling. From 10 on they are those of API v2: for a
failed sign-in or search no others are published. Where there is none, it is an HTTP status."""

_STATUSES: Final = {1: 500, 2: 503}
"""Everything else is a failure of the call, not of the request: 200."""


class V1Error(Exception):
    """A refusal in the words of API v1."""

    def __init__(self, code: int, message: str | None = None, *, wait_s: int | None = None) -> None:
        """Refuse with ``code``, by its usual message or a more exact one."""
        self.code = code
        self.message = message or MESSAGES[code]
        self.wait_s = wait_s
        super().__init__(f"{code}: {self.message}")

    @classmethod
    def of(cls, error: V2Error) -> V1Error:
        """What API v2 refuses in the same place."""
        return cls(int(error.code), error.message)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An operation's answer before it has a form."""

    operation: str
    form: Form
    now: int

    def reply(
        self,
        members: Mapping[str, Json],
        *,
        status: int = 200,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> Reply:
        """The answer with ``members``, which nobody stores."""
        name = f"{self.operation}Response"
        if self.form == "xml":
            root = Element(name)
            _fill(root, dict(members))
            return Reply(
                status,
                tostring(root, encoding="utf-8", xml_declaration=True),
                (_XML, *NO_STORE, *headers),
            )
        body = msgspec.json.encode({name: _without_blanks(dict(members))})
        return Reply(status, body, (_JSON, *NO_STORE, *headers))


def success(envelope: Envelope, members: Mapping[str, Json], message: str | None = None) -> Reply:
    """The answer to a call that was done."""
    said: dict[str, Json] = {"operationResult": "SUCCESS"}
    if message is not None:
        said["responseMessage"] = message
    return envelope.reply({**said, "responseDateTime": local_instant(envelope.now), **members})


def failure(envelope: Envelope, error: V1Error) -> Reply:
    """The answer to a call that was not."""
    members: dict[str, Json] = {
        "operationResult": "FAIL",
        "responseDateTime": local_instant(envelope.now),
        "errors": {"error": [{"errorCode": error.code, "errorMessage": error.message}]},
    }
    wait = () if error.wait_s is None else ((b"retry-after", str(error.wait_s).encode()),)
    return envelope.reply(members, status=_STATUSES.get(error.code, 200), headers=wait)


def form_of(call: Call, response_type: str | None) -> Form:
    """JSON, unless ``responseType`` or the Accept header asks for XML. Raises ``V1Error``."""
    if response_type is not None:
        if response_type.lower() == "xml":
            return "xml"
        if response_type.lower() == "json":
            return "json"
        raise V1Error(400, "responseType is json or xml.")
    accepted = (call.header(b"accept") or "").lower()
    # A browser accepts XML as well, far behind its own kinds.
    prefers_other = "json" in accepted or "html" in accepted
    return "xml" if "xml" in accepted and not prefers_other else "json"


def _without_blanks(value: Json) -> Json:
    """What is not known is left out, as the platform does."""
    if isinstance(value, dict):
        return {name: _without_blanks(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_blanks(each) for each in value]
    return value


def _fill(parent: Element, members: Mapping[str, Json]) -> None:
    for name, value in members.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                _write(SubElement(parent, name), each)


def _write(element: Element, value: Json) -> None:
    if isinstance(value, dict):
        _fill(element, value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = _UNWRITABLE.sub("\ufffd", str(value))
