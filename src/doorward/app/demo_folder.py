"""The demo's folder: its master key, and the credentials that stay the same from start to start."""

from __future__ import annotations

import fcntl
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from doorward.crypto import Random

__all__ = ["DemoFolder", "Kept", "write_private"]

# Without vowels no name comes about by chance: a password may not hold its owner's.
_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
_GROUPS = 3
_GROUP = 4


class Kept(msgspec.Struct):
    """What the demo must remember in the clear, by ``organization/name``.

    ``changed_at`` says of each password when it was set, so that one which was changed is noticed.
    """

    passwords: dict[str, str] = {}
    changed_at: dict[str, int] = {}
    client_secrets: dict[str, str] = {}
    api_keys: dict[str, str] = {}


class DemoFolder:
    """A folder that nobody else may read."""

    def __init__(self, path: Path, random: Random) -> None:
        """Create what is missing in ``path``. Raises ``OSError``."""
        self.path = path.absolute()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._random = random
        self.master_key_file = self.path / "master.keys"
        self.facts_file = self.path / "facts.json"
        self._kept_file = self.path / "credentials.json"
        self.kept = Kept()

    @property
    def database_url(self) -> str:
        """The SQLite database in it."""
        return f"sqlite:///{self.path / 'demo.sqlite'}"

    @property
    def spill_folder(self) -> Path:
        """Where renewed credentials wait for a database that cannot be written to."""
        return self.path / "spills"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other demos on the same folder waiting while this one seeds."""
        descriptor = os.open(self.path / "seeding.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._read()
            yield
            self.save()
        finally:
            os.close(descriptor)

    def password_of(self, who: str) -> str:
        """The password of ``who``, chosen the first time and written down before it is used."""
        known = self.kept.passwords.get(who)
        if known is None:
            known = self.kept.passwords[who] = self._new_password()
        return known

    def save(self) -> None:
        """Write down what is kept."""
        write_private(self._kept_file, msgspec.json.format(msgspec.json.encode(self.kept)))

    def _read(self) -> None:
        if not self.master_key_file.exists():
            key = urlsafe_b64encode(self._random(32)) + b"\n"
            write_private(self.master_key_file, key)
        if self._kept_file.exists():
            self.kept = msgspec.json.decode(self._kept_file.read_bytes(), type=Kept)

    def _new_password(self) -> str:
        letters: list[str] = []
        # Bytes beyond the last whole multiple would make some letters likelier.
        limit = 256 - 256 % len(_LETTERS)
        while len(letters) < _GROUPS * _GROUP:
            letters += [_LETTERS[b % len(_LETTERS)] for b in self._random(16) if b < limit]
        text = "".join(letters[: _GROUPS * _GROUP])
        return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def write_private(file: Path, body: bytes) -> None:
    """Replace ``file`` in one step, readable by its owner alone. Raises ``OSError``."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(body)
    draft.replace(file)
