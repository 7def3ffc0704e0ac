"""The peer: npm oidc-provider, in memory, started from bench/node."""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlsplit

from bench.subjects.process import ROOT, SCRATCH, NotReady, Start, start_server
from bench.subjects.subject import Running, discover
from bench.target import Client, Person, Signed, Target
from tests.support.ports import free_port

__all__ = ["start_bundled", "start_es256", "start_map", "start_rs256"]

_NODE = ROOT / "bench" / "node"
_CALLBACK = "http://127.0.0.1:8765/callback"
_AUDIENCE = "urn:bench:signed"
_SCOPE = "openid profile email offline_access"


async def start_bundled() -> Running:
    """With the in-memory adapter that the package bundles."""
    return await _start("oidc-provider", "bundled")


async def start_map() -> Running:
    """With the fastest in-memory adapter there can be: a plain Map."""
    return await _start("oidc-provider-map", "map")


async def start_rs256() -> Running:
    """Likewise, where an API wants JWTs that are signed with RS256."""
    return await _start("oidc-provider-rs256", "bundled", "RS256")


async def start_es256() -> Running:
    """Likewise, with ES256."""
    return await _start("oidc-provider-es256", "bundled", "ES256")


async def _start(name: str, store: str, alg: str | None = None) -> Running:
    if not (_NODE / "node_modules").is_dir():
        raise NotReady("bench/node has no node_modules: run `npm ci` there")
    issuer = f"http://127.0.0.1:{free_port()}"
    service = Client("bench-service", secrets.token_urlsafe(32))
    web = Client("bench-web", secrets.token_urlsafe(32), _CALLBACK, _SCOPE)
    signed = None if alg is None else Signed(service, {"resource": _AUDIENCE}, _AUDIENCE, alg)
    settings = {
        "port": urlsplit(issuer).port,
        "store": store,
        "service": {"id": service.client_id, "secret": service.client_secret},
        "web": {"id": web.client_id, "secret": web.client_secret, "redirect_uri": _CALLBACK},
        "id_token_alg": "RS256",
        "signed": None if signed is None else {"resource": signed.audience, "alg": signed.alg},
    }
    server = start_server(
        Start(
            command=["node", "server.mjs"],
            ready_url=f"{issuer}/.well-known/openid-configuration",
            log=SCRATCH / f"{name}.log",
            environment={"BENCH_PEER": json.dumps(settings), "NODE_ENV": "production"},
            cwd=_NODE,
        ),
    )
    address = ("127.0.0.1", urlsplit(issuer).port or 0)
    people = (Person("ada", "any password"), Person("grace", "any password"))
    endpoints = await discover(issuer, address)
    return Running(Target(name, issuer, endpoints, service, web, people, signed), server)
