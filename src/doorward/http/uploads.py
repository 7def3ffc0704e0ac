"""Files that people send: read as a stream, kept on disk, never whole in memory."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from doorward.http.exchange import Call, Receive
from doorward.protocol import MAX_FORM_BYTES, Refusal

__all__ = ["Upload", "UploadFault", "UploadOrder", "UploadRefused", "receive_upload"]

_MAX_FIELD = 8192
_MAX_PARTS = 16
_MAX_WIDE_PARTS = 512


class UploadFault(StrEnum):
    """Why an upload is refused."""

    NOT_A_FORM = "not_a_form"
    NO_FILE = "no_file"
    TOO_LARGE = "too_large"
    CUT_SHORT = "cut_short"


class UploadRefused(Refusal):
    """The body is not a form with one file of at most the permitted size.

    ``fields`` are those that stood before a file that was refused, once the form was verified.
    """

    code = "bad_upload"
    status = 400
    sentence = "This is not a form with a file."

    def __init__(self, fault: UploadFault) -> None:
        """Refuse for ``fault``."""
        super().__init__()
        self.fault = fault
        self.fields: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class UploadOrder:
    """What is awaited: one file in ``field``, of at most ``max_bytes``.

    ``verify`` is called with the fields that stand before the file, before a byte of it is kept;
    what it raises ends the upload. A browser shows an answer only once it has sent everything:
    what is refused is read to its end, unless that is more than ``drained`` times ``max_bytes``.
    A ``wide`` form has fields for each of many things; an ``optional`` file may be left out, and
    the fields of such a form are verified all the same. ``longest`` says how many bytes a field
    may have where that is more than usual.
    """

    field: str
    max_bytes: int
    verify: Callable[[Mapping[str, str]], object]
    drained: int = 4
    wide: bool = False
    optional: bool = False
    longest: Mapping[str, int] = dataclass_field(default_factory=dict)


@dataclass(slots=True)
class Upload:
    """A file that arrived whole, from its start, and the form's fields. Close it after use.

    Without a ``file_name`` nobody chose a file.
    """

    file: BinaryIO
    file_name: str = ""
    fields: dict[str, str] = dataclass_field(default_factory=dict)

    def close(self) -> None:
        """Let the file go; nothing of it stays on disk."""
        self.file.close()


async def receive_upload(call: Call, order: UploadOrder) -> Upload:
    """Read the body of ``call``, whose endpoint is streamed.

    Raises ``UploadRefused``, and what ``order.verify`` raises.
    """
    if call.receive is None:
        raise UploadRefused(UploadFault.NO_FILE)
    upload = Upload(tempfile.TemporaryFile())  # noqa: SIM115 - its reader closes it
    body = _pieces(call.receive, order.drained * order.max_bytes)
    form: _Form | None = None
    try:
        form = _Form(call, order, upload)
        async for piece in body:
            form.feed(piece)
        form.end()
    except BaseException as error:
        upload.close()
        if isinstance(error, UploadRefused) and form is not None and form.is_verified:
            error.fields = upload.fields
        if isinstance(error, Refusal):
            async for _ in body:
                pass
        raise
    upload.file.seek(0)
    return upload


async def _pieces(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """The body as it arrives, up to ``most`` bytes. Raises ``UploadRefused`` when it breaks off."""
    left, more = most, True
    while more and left > 0:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise UploadRefused(UploadFault.CUT_SHORT)
        piece = bytes(message.get("body", b""))
        more = bool(message.get("more_body", False))
        left -= len(piece)
        yield piece


class _Form:
    """The parts of one form: small fields, then the file."""

    def __init__(self, call: Call, order: UploadOrder, upload: Upload) -> None:
        kind, options = parse_options_header(call.header(b"content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise UploadRefused(UploadFault.NOT_A_FORM)
        self._order = order
        self._upload = upload
        self._parts = 0
        self._fields_size = 0
        self.is_verified = False
        self._header = [b"", b""]
        self._disposition = b""
        self._name = ""
        self._value = bytearray()
        self._is_file = False
        self._has_file = False
        self._ended = False
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_begin": self._begin_header,
                    "on_header_field": self._read_header_name,
                    "on_header_value": self._read_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._read_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise UploadRefused(UploadFault.NOT_A_FORM) from error

    def feed(self, piece: bytes) -> None:
        """Read on. Raises ``UploadRefused``."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise UploadRefused(UploadFault.NOT_A_FORM) from error

    def end(self) -> None:
        """The body is over. Raises ``UploadRefused`` unless the form was, with its file."""
        if not self._ended:
            raise UploadRefused(UploadFault.NOT_A_FORM)
        self._verify()
        if not self._has_file and not self._order.optional:
            raise UploadRefused(UploadFault.NO_FILE)

    def _verify(self) -> None:
        if not self.is_verified:
            self._order.verify(self._upload.fields)
            self.is_verified = True

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > (_MAX_WIDE_PARTS if self._order.wide else _MAX_PARTS):
            raise UploadRefused(UploadFault.NOT_A_FORM)
        self._disposition, self._value = b"", bytearray()

    def _begin_header(self) -> None:
        self._header = [b"", b""]

    def _read_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _read_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = self._header[1]

    def _end_headers(self) -> None:
        # Latin-1 in and out: the name is in the page's own encoding, UTF-8.
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == self._order.field and b"filename" in options
        if not self._is_file:
            return
        if self._has_file:
            raise UploadRefused(UploadFault.NOT_A_FORM)
        self._verify()
        name = options[b"filename"].decode("utf-8", "replace")
        self._upload.file_name = name
        # A browser sends an empty part where no file was chosen.
        self._has_file = bool(name)

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._upload.file.write(data[start:end])
            if self._upload.file.tell() > self._order.max_bytes:
                raise UploadRefused(UploadFault.TOO_LARGE)
            return
        self._value += data[start:end]
        self._fields_size += end - start
        longest = self._order.longest
        if len(self._value) > longest.get(self._name, _MAX_FIELD):
            raise UploadRefused(
                UploadFault.TOO_LARGE if self._name in longest else UploadFault.NOT_A_FORM
            )
        if self._fields_size > MAX_FORM_BYTES + sum(longest.values()):
            raise UploadRefused(UploadFault.NOT_A_FORM)

    def _end_part(self) -> None:
        if not self._is_file:
            self._upload.fields[self._name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
