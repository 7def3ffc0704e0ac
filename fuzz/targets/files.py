"""Files that people send and operators write: tables, pictures, forms, settings."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, MutableMapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from doorward.accounts import NewAccount
from doorward.clients.drawing import draw_logo
from doorward.clients.pictures import LARGE, BadLogo
from doorward.config import BadSettings, load_settings, parse_smtp_url
from doorward.http import Call, UploadOrder, UploadRefused, receive_upload
from doorward.imports.columns import compose_account, count_known, match_columns
from doorward.imports.model import FileRow
from doorward.imports.reader import detect_encoding, read_csv
from doorward.imports.refusals import BadFile
from fuzz.target import Target, holds
from fuzz.texts import at_once, text

__all__ = ["FILES"]

_MOST_BYTES = 1000

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it tells of every bad form


def _table(data: bytes) -> None:
    source = BytesIO(data)
    with closing(read_csv(source, detect_encoding(source), count_known)) as file:
        lines = [record.line for record in file.records]
    holds(lines == sorted(set(lines)), "two rows begin on one line")
    holds(not source.closed, "the file belongs to the caller")


def _rows(data: bytes) -> None:
    source = BytesIO(data)
    with closing(read_csv(source, detect_encoding(source), count_known)) as file:
        columns = match_columns(file.header)
        for record in file.records:
            made = compose_account("river", columns, FileRow(record.line, record.cells))
            if isinstance(made, NewAccount):
                holds(made.username, "an account that nobody can sign in to")


def _logo(data: bytes) -> None:
    logo = draw_logo(data)
    for kept in (logo.large, logo.small):
        with Image.open(BytesIO(kept), formats=("PNG",)) as picture:
            holds(max(picture.size) <= LARGE and not picture.info, "more than pixels is kept")


def _upload(data: bytes) -> None:
    """A form of 16 bytes a piece: the reader never sees more than that at once."""
    pieces = [data[at : at + 16] for at in range(0, len(data), 16)] or [b""]
    last = len(pieces) - 1

    async def receive() -> MutableMapping[str, Any]:
        at = sent[0]
        sent[0] += 1
        return {"type": "http.request", "body": pieces[at], "more_body": at < last}

    sent = [0]
    kind = (b"content-type", b"multipart/form-data; boundary=edge")
    call = Call({"type": "http", "headers": [kind]}, b"", receive)
    order = UploadOrder("file", _MOST_BYTES, verify=dict, optional=data[:1] == b"o")
    upload = at_once(receive_upload(call, order))
    try:
        holds(len(upload.file.read()) <= _MOST_BYTES, "a file beyond its limit")
    finally:
        upload.close()


def _settings() -> Callable[[bytes], None]:
    folder = tempfile.TemporaryDirectory(prefix="doorward-settings-")

    def run(data: bytes) -> None:
        path = Path(folder.name) / "doorward.toml"
        path.write_bytes(data)
        load_settings(path, environment={"DOORWARD_PORT": "8400"})

    return run


def _variables(data: bytes) -> None:
    values = dict(each.split("=", 1) for each in text(data).splitlines() if "=" in each)
    load_settings(environment={f"DOORWARD_{name}": value for name, value in values.items()})


def _smtp(data: bytes) -> None:
    address = parse_smtp_url(text(data))
    holds(address.host, "no server")
    holds(0 < address.port < 65_536, "no port")
    holds(address.password is None or address.is_private, "a password for everybody to read")


_COLUMNS = (
    "email", "username", "氏名", "メールアドレス", ",", ";", "\t", '"', "\r\n", "account id",
    "state", "=1+1", "\ufeff", "a@example.com", "user type", "company",
)  # fmt: skip
_PARTS = (
    "--edge\r\n", "--edge--\r\n", 'Content-Disposition: form-data; name="csrf"\r\n\r\n',
    'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n', "\r\n", "filename*=",
)  # fmt: skip
_SETTINGS = (
    "base_url = ", "database_url = ", "master_keys = [", "smtp_url = ", "trusted_proxies = [",
    "port = ", "BASE_URL=", "MASTER_KEYS=", "SMTP_URL=smtp://", "OUTBOUND_ALLOWED=", "\n", '"',
    "connector_plugins", "MAIL_FROM=",
)  # fmt: skip

FILES = (
    Target("files.table", _table, (BadFile,), _COLUMNS, 8192),
    Target("files.rows", _rows, (BadFile,), _COLUMNS, 8192),
    Target("files.logo", _logo, (BadLogo,), ("IHDR", "IDAT", "iCCP", "RIFF", "WEBP", "acTL"), 8192),
    Target("files.upload", _upload, (UploadRefused,), _PARTS),
    Target("files.settings", prepare=_settings, answers=(BadSettings,), words=_SETTINGS),
    Target("files.variables", _variables, (BadSettings,), _SETTINGS),
    Target("files.smtp_url", _smtp, (ValueError,), ("smtp://", "smtps://", "?tls=none", "@"), 512),
)
