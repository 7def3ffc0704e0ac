"""The peers in Python, each on a durable SQLite file, under gunicorn with one process."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.load import run_script
from bench.subjects.process import ROOT, SCRATCH, NotReady, Start, start_server
from bench.subjects.subject import Running, discover
from bench.target import Client, Person, Target
from bench.wire import post
from bench.works.prepared import fetch
from tests.support.ports import free_port

__all__ = [
    "start_authlib",
    "start_authlib_to_read",
    "start_toolkit",
    "start_toolkit_plain",
    "start_toolkit_to_read",
]

_BIN = ROOT / ".tools" / "peers" / "bin"
_CALLBACK = "http://127.0.0.1:8765/callback"
_SCOPE = "openid profile email offline_access"
_PEOPLE = (Person("ada", "correct horse battery"), Person("grace", "wrong horse staple"))


@dataclass(frozen=True)
class _Program:
    """A module of bench.peers, and how it serves."""

    name: str
    module: str
    threads: int = 4
    paths: Mapping[str, str] = field(default_factory=dict)
    """Endpoints that its discovery document leaves out."""
    is_hashed: bool = True


_TOOLKIT = _Program(
    "django-oauth-toolkit",
    "bench.peers.toolkit",
    paths={"introspection_endpoint": "/introspect/"},
)
_AUTHLIB = _Program("authlib", "bench.peers.flask_authlib")
# While one thread waits for the disk, others work; where nothing waits, they are in each other's
# way. So each is measured at each work with what suits it.


async def start_toolkit() -> Running:
    """Django OAuth Toolkit as it comes: secrets of applications are hashed like passwords."""
    return await _start_toolkit(_TOOLKIT)


async def start_toolkit_plain() -> Running:
    """The same with secrets kept as they are, which it offers for each application."""
    return await _start_toolkit(
        replace(_TOOLKIT, name="django-oauth-toolkit-plain", is_hashed=False)
    )


async def start_toolkit_to_read() -> Running:
    """The same on one thread."""
    name = "django-oauth-toolkit-1-thread"
    return await _start_toolkit(replace(_TOOLKIT, name=name, threads=1, is_hashed=False))


async def start_authlib() -> Running:
    """Authlib's server in Flask with SQLAlchemy; secrets kept as they are, as its mixin does."""
    return await _start(_AUTHLIB)


async def start_authlib_to_read() -> Running:
    """The same on one thread."""
    return await _start(replace(_AUTHLIB, name="authlib-1-thread", threads=1))


async def _start_toolkit(program: _Program) -> Running:
    """It asks whoever introspects for an access token, as its documentation shows."""
    running = await _start(program)
    target = running.target
    request = post(
        target.endpoints["token_endpoint"],
        {"grant_type": "client_credentials", "scope": "introspection"},
        target.service.authorization,
    )
    token = await run_script(target.address, fetch(request, "a token for introspection"))
    asks_with = {"Authorization": f"Bearer {token['access_token']}"}
    return replace(running, target=replace(target, asks_with=asks_with))


async def _start(program: _Program) -> Running:
    gunicorn = _BIN / "gunicorn"
    if not gunicorn.exists():
        raise NotReady("its packages are not installed: run `python3 tools/bootstrap.py bench`")
    issuer = f"http://127.0.0.1:{free_port()}"
    data = SCRATCH / program.name
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    service = Client("bench-service", secrets.token_urlsafe(32))
    web = Client("bench-web", secrets.token_urlsafe(32), _CALLBACK, _SCOPE)
    settings = {
        "database": str(data / "peer.sqlite"),
        "key": secrets.token_urlsafe(32),
        "signing_key": _signing_key(),
        "issuer": issuer,
        "is_hashed": program.is_hashed,
        "service": {"id": service.client_id, "secret": service.client_secret},
        "web": {"id": web.client_id, "secret": web.client_secret, "redirect_uri": _CALLBACK},
        "people": [[each.username, each.password] for each in _PEOPLE],
    }
    environment = {"BENCH_PEER": json.dumps(settings), "PYTHONPATH": str(ROOT)}
    _make_database(program, environment)
    server = start_server(
        Start(
            command=[
                *(str(gunicorn), f"{program.module}:application", "--workers", "1"),
                *("--worker-class", "gthread", "--threads", str(program.threads)),
                *("--bind", issuer.removeprefix("http://"), "--keep-alive", "120"),
                *("--log-level", "warning"),
            ],
            ready_url=f"{issuer}/.well-known/openid-configuration",
            log=SCRATCH / f"{program.name}.log",
            environment=environment,
        ),
    )
    endpoints = await discover(issuer, ("127.0.0.1", int(issuer.rpartition(":")[2])))
    endpoints |= {name: f"{issuer}{path}" for name, path in program.paths.items()}
    return Running(Target(program.name, issuer, endpoints, service, web, _PEOPLE), server)


def _make_database(program: _Program, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [str(_BIN / "python"), "-m", program.module],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotReady(f"{program.name} made no database:\n{done.stderr[-1500:]}")


def _signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
