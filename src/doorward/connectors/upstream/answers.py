"""Answers of platforms as values: whatever form they came in, found by dotted paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from doorward.connectors.requests import Capture, Success
from doorward.connectors.upstream.markup import BadMarkup, read_xml
from doorward.http import OutboundReply

__all__ = ["Answer", "capture", "find_at", "is_success", "read_answer", "text_at"]

Format = Literal["auto", "json", "form", "xml"]

_MOST_FIELDS = 200
_LONGEST_VALUE = 4_096
_LARGEST = 1 << 63
_LONGEST_INDEX = 4
_LONGEST_WAIT_S = 86_400.0


@dataclass(frozen=True)
class Answer:
    """An answer that was read. ``content`` is None where it is not in the form promised."""

    status: int
    content: object = field(repr=False)
    retry_after_s: float | None = None


def read_answer(reply: OutboundReply, form: Format = "auto", *, now: int = 0) -> Answer:
    """Read what came back; ``now`` in microseconds is for a date to wait until."""
    content = _READERS[form if form != "auto" else _form_of(reply)](reply.body)
    return Answer(reply.status, content, _wait_of(reply.header("retry-after"), now))


def find_at(content: object, path: str) -> object:
    """What stands at ``path``, or None. A key that has dots itself is found first."""
    while path:
        if isinstance(content, dict) and path in content:
            return content[path]
        step, _, path = path.partition(".")
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list):
            content = _item(content, step)
        else:
            return None
    return content


def _item(content: list[object], step: str) -> object:
    if not (step.isascii() and step.isdigit() and len(step) <= _LONGEST_INDEX):
        return None
    return content[int(step)] if int(step) < len(content) else None


def text_at(content: object, path: str) -> str:
    """The text or number at ``path`` as text; nothing where there is neither."""
    found = find_at(content, path)
    if isinstance(found, str):
        return found
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > _LARGEST:
        return ""
    return str(int(found)) if float(found).is_integer() else str(found)


def capture(content: object, wanted: tuple[Capture, ...]) -> tuple[dict[str, str], str]:
    """The values that are wanted of an answer, and the first that is required and missing."""
    found, missing = {}, ""
    for each in wanted:
        at = find_at(content, each.path) if each.path else content
        value = str(at).lower() if isinstance(at, bool) else text_at(content, each.path)
        if value and len(value) <= _LONGEST_VALUE:
            found[each.to] = value
        elif each.required:
            missing = missing or each.to
    return found, missing


def is_success(answer: Answer, success: Success) -> bool:
    """Whether an answer is the good one that the manifest describes."""
    if answer.status not in success.status:
        return False
    if success.path is None:
        return True
    found = find_at(answer.content, success.path)
    if success.equals is None:
        return found not in (None, "", False)
    # Forms and XML have no numbers and no booleans.
    return found == success.equals or str(found).lower() == str(success.equals).lower()


def _form_of(reply: OutboundReply) -> Literal["json", "form", "xml"]:
    """What the header says; where it says nothing of use, what the first characters say."""
    kind = reply.header("content-type").partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    start = reply.body[:64].lstrip()
    if start[:1] in {b"{", b"["}:
        return "json"
    if kind.endswith(("/xml", "+xml")) and kind != "application/xhtml+xml":
        return "xml"
    return "form" if kind in {"text/plain", ""} and b"=" in start and start[:1] != b"<" else "json"


def _read_json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_form(body: bytes) -> object:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return None
    return dict(pairs)


def _read_xml(body: bytes) -> object:
    try:
        return read_xml(body)
    except BadMarkup:
        return None


_READERS = {"json": _read_json, "form": _read_form, "xml": _read_xml}


def _wait_of(value: str, now: int) -> float | None:
    """RFC 9110 10.2.3: seconds, or a date."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(until - now / 1_000_000, 0.0), _LONGEST_WAIT_S)
