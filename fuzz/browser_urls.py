"""How browsers read an address: by the URL standard, as Node.js implements it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["BrowserUrls", "Seen", "node"]

_READER = """
const lines = require('readline').createInterface({input: process.stdin})
lines.on('line', line => {
  let seen = null
  try { const u = new URL(JSON.parse(line)); seen = [u.protocol, u.hostname, u.port, u.username] }
  catch { }
  process.stdout.write(JSON.stringify(seen) + '\\n')
})
"""


@dataclass(frozen=True)
class Seen:
    """The parts of an address; ``port`` is empty for the scheme's own."""

    scheme: str
    host: str
    port: str
    username: str


def node() -> str | None:
    """The program, if this machine has it."""
    return shutil.which("node")


class BrowserUrls:
    """A reader in a process of its own, which ends with this one."""

    def __init__(self) -> None:
        """Start it."""
        program = node()
        if program is None:
            raise FileNotFoundError("node")
        self._process = subprocess.Popen(
            [program, "-e", _READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self, url: str) -> Seen | None:
        """What a browser makes of ``url``; None where it makes nothing of it."""
        source, answers = self._process.stdin, self._process.stdout
        if source is None or answers is None:
            raise BrokenPipeError
        source.write(json.dumps(url) + "\n")
        source.flush()
        seen = json.loads(answers.readline())
        return None if seen is None else Seen(seen[0].rstrip(":"), *seen[1:])

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()
