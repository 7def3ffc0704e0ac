"""Two server processes that are killed and started again, each always on its own port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Thread

import httpx2

from tests.support.ports import free_port
from tests.support.servers import MASTER_KEY
from tests.support.world import BASE_URL

__all__ = ["Fleet", "Server"]

_KEPT_LINES = 400
_STAMP = re.compile(r"\d{4}-\d\d-\d\d ")
_START_S = 90.0


class Server:
    """One of them. ``steps`` says that its clock can be set back."""

    def __init__(self, database_url: str, folder: Path, *, steps: bool, **more: str) -> None:
        """Prepare to start; nothing runs yet. ``more`` are other settings, by their names."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.told: deque[str] = deque(maxlen=_KEPT_LINES)
        self.traces: list[str] = []
        self.starts = 0
        self._folder = folder
        self._steps = steps
        self._settings = {
            "DOORWARD_BASE_URL": BASE_URL,
            "DOORWARD_DATABASE_URL": database_url,
            "DOORWARD_MASTER_KEYS": MASTER_KEY,
            "DOORWARD_PORT": str(self.port),
            # In the end every revoked key is presented once more, all from one network.
            "DOORWARD_BRAKES": "key_failures: 100000 in 1m",
            **{f"DOORWARD_{name.upper()}": value for name, value in more.items()},
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        is_there = self._process is not None and self._process.poll() is None
        return self._process.pid if is_there and self._process is not None else None

    def start(self) -> None:
        """Begin; whether it comes up is for ``is_ready`` to say."""
        self.starts += 1
        kept = {n: v for n, v in os.environ.items() if not n.startswith("DOORWARD_")}
        plain = [str(Path(sys.executable).with_name("doorward")), "serve"]
        stepping = [sys.executable, str(Path(__file__).with_name("launcher.py"))]
        # A pipe: a server that may write no file at all can still tell what happens to it.
        self._process = subprocess.Popen(
            stepping if self._steps else plain,
            env={**kept, **self._settings},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)

    def stop(self) -> int:
        """Ask it to end; its status."""
        if self._process is None:
            return 0
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(20)
        self.kill()
        return -1

    def step_clock(self) -> None:
        """Set its clock back by half a minute, or forward again."""
        if self._steps and self._process is not None and self.pid is not None:
            self._process.send_signal(signal.SIGUSR1)

    def is_ready(self) -> bool:
        """Whether it serves."""
        with suppress(httpx2.HTTPError):
            answer = httpx2.get(f"{self.url}/readyz", trust_env=False, timeout=5)
            return answer.status_code == 200
        return False

    def _listen(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        is_within = False
        for line in process.stdout:
            self.told.append(line.rstrip())
            if "Traceback (" in line:
                self.traces.append("\n".join(list(self.told)[-2:-1]))
                is_within = True
            is_within = is_within and not _STAMP.match(line)
            if is_within:
                self.traces[-1] += "\n" + line.rstrip()


class Fleet:
    """Both of them, and the service manager that starts again whichever has ended."""

    def __init__(self, database_url: str, folder: Path) -> None:
        """Prepare one plain server, and one whose clock can be set back."""
        self.servers = tuple(Server(database_url, folder, steps=steps) for steps in (False, True))

    @property
    def processes(self) -> list[int]:
        """The processes that are there."""
        return [each.pid for each in self.servers if each.pid is not None]

    def start_missing(self) -> None:
        """Start whichever is not there."""
        for each in self.servers:
            if each.pid is None:
                each.start()

    def await_ready(self, seconds: float = _START_S) -> bool:
        """Whether all serve within ``seconds``; one that ends meanwhile is started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.start_missing()
            if all(each.is_ready() for each in self.servers):
                return True
            time.sleep(0.1)
        return False

    def stop(self) -> list[int]:
        """End both; their statuses."""
        return [each.stop() for each in self.servers]
