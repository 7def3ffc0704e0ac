"""The limit: a bare ASGI program that does the same hashing and one durable insert."""

from __future__ import annotations

import json
import secrets
import shutil
import sys

from bench.subjects.process import SCRATCH, Start, start_server
from bench.subjects.subject import Running
from bench.target import Client, Target
from tests.support.ports import free_port

__all__ = ["start_limit", "start_limit_thread"]


async def start_limit() -> Running:
    """Committing on the event loop, once per turn: the most where the disk is quick."""
    return await _start("limit", "loop")


async def start_limit_thread() -> Running:
    """Committing in a thread while the loop goes on: the most where the disk is slow."""
    return await _start("limit-thread", "thread")


async def _start(name: str, commit: str) -> Running:
    """Under uvicorn, with uvloop and httptools, on a new SQLite file."""
    issuer = f"http://127.0.0.1:{free_port()}"
    data = SCRATCH / name
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    service = Client("bench-service", secrets.token_urlsafe(32))
    settings = {
        "database": str(data / "limit.sqlite"),
        "commit": commit,
        "client_id": service.client_id,
        "client_secret": service.client_secret,
    }
    server = start_server(
        Start(
            command=[
                *(sys.executable, "-m", "uvicorn", "bench.limit_app:app"),
                *("--port", issuer.rpartition(":")[2], "--loop", "uvloop", "--http", "httptools"),
                *("--no-access-log", "--log-level", "warning", "--lifespan", "off"),
            ],
            ready_url=f"{issuer}/ready",
            log=SCRATCH / f"{name}.log",
            environment={"BENCH_LIMIT": json.dumps(settings)},
        ),
    )
    endpoints = {
        "token_endpoint": f"{issuer}/token",
        "introspection_endpoint": f"{issuer}/introspect",
    }
    return Running(Target(name, issuer, endpoints, service), server)
