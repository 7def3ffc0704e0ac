"""The npm libraries: a node process for each party at a time, spoken to in JSON lines.

A party begins with ``discover`` or ``set_up``, which replace all that the process knows: so the
next one takes over the process of one that is done.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.clients.answers import EVERY_CHECK, Answer, Refused
from tests.support.browser_forms import Arrival
from tests.support.server import Application

__all__ = ["NodeLibrary"]

_NODE = Path(__file__).parent / "node"
_Process = subprocess.Popen[str]
_resting: defaultdict[str, list[_Process]] = defaultdict(list)


def _start(script: str) -> _Process:
    node = shutil.which("node")
    assert node is not None, "these tests need Node.js; `make setup` says how to get it"
    command = [node, str(_NODE / script)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(_end, process)
    return process


def _end(process: _Process) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait(10)
    process.stdout.close()


class NodeLibrary:
    """A node process that holds the library; commands and answers are JSON lines."""

    def __init__(
        self,
        script: str,
        issuer: str,
        application: Application,
        checks: frozenset[str] = EVERY_CHECK,
    ) -> None:
        self._script = script
        self._checks = sorted(checks)
        self._identity = {
            "issuer": issuer,
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "auth_method": application.auth_method,
        }

    def __enter__(self) -> Self:
        resting = _resting[self._script]
        self._process = resting.pop() if resting else _start(self._script)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            _resting[self._script].append(self._process)

    def _ask(self, command: str, **given: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{self._script} ended during {command}"
        said = json.loads(line)
        if refused := said.get("refused"):
            raise Refused(refused["error"], refused["status"], json.dumps(refused))
        return said["answer"]

    def discover(self, **options: str) -> Answer:
        answer: Answer = self._ask("discover", **self._identity, **options)
        return answer

    def set_up(self, metadata: Mapping[str, str]) -> None:
        self._ask("set_up", **self._identity, metadata=dict(metadata))

    def authorization_url(self, redirect_uri: str, scope: str, **parameters: str) -> str:
        asked = {"redirect_uri": redirect_uri, "scope": scope, "parameters": parameters}
        return str(self._ask("authorization_url", **asked, checks=self._checks))

    def finish(self, arrival: Arrival) -> Answer:
        answer: Answer = self._ask("finish", url=arrival.url, fields=arrival.fields)
        return answer

    def refresh(self, refresh_token: str) -> Answer:
        answer: Answer = self._ask("refresh", refresh_token=refresh_token)
        return answer

    def call(
        self, method: str, url: str, access_token: str, body: Mapping[str, object] | None = None
    ) -> Answer:
        given = {"method": method, "url": url, "access_token": access_token, "body": body}
        answer: Answer = self._ask("call", **given)
        return answer

    def userinfo(self, access_token: str, subject: str) -> Answer:
        answer: Answer = self._ask("userinfo", access_token=access_token, subject=subject)
        return answer

    def introspect(self, token: str) -> Answer:
        answer: Answer = self._ask("introspect", token=token)
        return answer

    def revoke(self, token: str) -> None:
        self._ask("revoke", token=token)

    def client_credentials(self, scope: str) -> Answer:
        answer: Answer = self._ask("client_credentials", scope=scope)
        return answer

    def sign_out_url(self, id_token: str) -> str:
        return str(self._ask("sign_out_url", id_token=id_token))
