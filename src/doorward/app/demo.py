"""The demo: a seeded server with a sample application beside it, on this machine only."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from doorward.app.application import build_app
from doorward.app.assembly import Services, open_services
from doorward.app.demo_connections import CONNECTORS, HOME
from doorward.app.demo_data import ORGANIZATIONS, SAMPLE, DemoOrganization, DemoPerson
from doorward.app.demo_folder import DemoFolder, Kept, write_private
from doorward.app.demo_seed import Seeder
from doorward.app.inbox_pages import INBOX_PATH
from doorward.app.schema import upgrade_schema
from doorward.app.serving import Server, run_on_loop
from doorward.config import Settings, configure_logging, load_settings
from doorward.crypto import SealBroken, system_random
from doorward.db import system_clock
from doorward.mail import Inbox
from doorward.workers import CannotListen, bind

__all__ = ["DemoOptions", "OtherDemo", "run_demo"]

log = logging.getLogger("doorward")

_HOST = "127.0.0.1"
_TRIES = 20
_SAMPLE_START_S = 20
_SAMPLE_STOP_S = 5
_EXAMPLE = Path(__file__).parents[3] / "examples" / "sample_rp" / "app.py"
_LAUNCH = """
import ctypes, os, runpy, signal, sys
parent, program = int(sys.argv[1]), sys.argv[2]
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != parent:
    sys.exit(0)
sys.argv[:] = [program]
runpy.run_path(program, run_name="__main__")
"""
"""Runs a program that the kernel ends with its parent, however that one ends (prctl 2)."""


class OtherDemo(Exception):
    """The database was seeded from another folder, whose master key this one has not."""


@dataclass(frozen=True)
class DemoOptions:
    """What the person asks for. Port 0 takes a free one; the sample takes the next."""

    port: int
    data: Path
    facts: Path | None = None
    database_url: str | None = None


def run_demo(options: DemoOptions, *, say: Callable[[str], None]) -> None:
    """Serve the demo until SIGINT or SIGTERM, and ``say`` how to use it.

    Raises ``CannotListen``, ``OtherDemo``, ``OSError``, ``doorward.db.Unavailable``.
    """
    listening = _reserve(options.port)
    folder = DemoFolder(options.data, system_random)
    with folder.held():
        settings = _settings(options, folder, listening.getsockname()[1])
        configure_logging(settings)
        upgrade_schema(settings.session_url)
    demo = _Demo(options, folder, settings, listening, say)
    run_on_loop(demo.run())


def _reserve(port: int) -> socket.socket:
    """A socket whose next port is free as well. Raises ``CannotListen``."""
    for _ in range(1 if port else _TRIES):
        listening = bind(_HOST, port)
        taken = listening.getsockname()[1]
        try:
            bind(_HOST, taken + 1).close()
        except CannotListen:
            listening.close()
            if port:
                raise
        else:
            return listening
    raise CannotListen("No two neighbouring ports are free.")


def _settings(options: DemoOptions, folder: DemoFolder, port: int) -> Settings:
    sample = f"http://{_HOST}:{port + 1}/" if _EXAMPLE.exists() else None
    return load_settings(
        environment={},
        overrides={
            "base_url": f"http://{_HOST}:{port}",
            "host": _HOST,
            "port": port,
            # It connects people to itself.
            "outbound_allowed": (f"{_HOST}:{port}",),
            "database_url": options.database_url or folder.database_url,
            "master_key_file": folder.master_key_file,
            "spill_folder": folder.spill_folder,
            "home_url": sample,
            "log_level": "warning",
        },
    )


@dataclass
class _Demo:
    options: DemoOptions
    folder: DemoFolder
    settings: Settings
    listening: socket.socket
    say: Callable[[str], None]

    async def run(self) -> None:
        inbox = Inbox(clock=system_clock)
        services = await open_services(self.settings, carrier=inbox)
        sample: asyncio.subprocess.Process | None = None
        try:
            with self.folder.held():
                seeder = Seeder(services, self.folder)
                secret = await seeder.seed_sample()
                # It starts while the rest is made: both take a second or so.
                sample = await _start_sample(self.settings, secret)
                await _seed(seeder, services)
            app = build_app(services)

            async def ready() -> None:
                await self._say_ready(sample)

            await Server(app, self.settings, ready=ready).serve(sockets=[self.listening])
        finally:
            await _end_sample(sample)
            await services.close()
        self.say(f"Ended. The data stay in {self.folder.path}; remove it to begin anew.")

    async def _say_ready(self, sample: asyncio.subprocess.Process | None) -> None:
        sampled = await _wait_for_sample(sample, self.settings.port + 1)
        facts = msgspec.json.encode(facts_of(self.settings.base_url, self.folder.kept))
        body = msgspec.json.format(facts) + b"\n"
        write_private(self.folder.facts_file, body)
        self.say(_welcome(self, sampled=sampled))
        if self.options.facts is not None:
            # Last: who waits for this file finds everything else done.
            write_private(self.options.facts.absolute(), body)


async def _seed(seeder: Seeder, services: Services) -> None:
    """Raise ``OtherDemo`` when something here was sealed under another master key."""
    try:
        await seeder.seed()
        await services.master_keys.verify()
        for org in ORGANIZATIONS:
            await services.keys.signer(org.org_id, "RS256")
    except SealBroken as broken:
        raise OtherDemo(
            "This database was seeded from another folder. Name that one with --data, "
            "or give an empty database."
        ) from broken


async def _start_sample(settings: Settings, secret: str) -> asyncio.subprocess.Process | None:
    if not _EXAMPLE.exists():
        return None
    environment = {
        **os.environ,
        "ISSUER": f"{settings.base_url}/o/riverbend",
        "ORG_NAME": "Riverbend",
        "CLIENT_ID": SAMPLE.client_id,
        "CLIENT_SECRET": secret,
        "PORT": str(settings.port + 1),
        "PUBLIC_URL": f"http://{_HOST}:{settings.port + 1}",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LAUNCH, str(os.getpid()), str(_EXAMPLE)),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
    )


async def _wait_for_sample(sample: asyncio.subprocess.Process | None, port: int) -> bool:
    """Whether the sample application listens."""
    if sample is None:
        return False
    deadline = time.monotonic() + _SAMPLE_START_S
    while time.monotonic() < deadline and sample.returncode is None:
        with suppress(OSError):
            _reader, writer = await asyncio.open_connection(_HOST, port)
            writer.close()
            await writer.wait_closed()
            return True
        await asyncio.sleep(0.02)
    log.warning("the sample application did not start")
    return False


async def _end_sample(sample: asyncio.subprocess.Process | None) -> None:
    if sample is None or sample.returncode is not None:
        return
    with suppress(ProcessLookupError):
        sample.terminate()
    try:
        await asyncio.wait_for(sample.wait(), _SAMPLE_STOP_S)
    except TimeoutError:
        sample.kill()
        await sample.wait()


def facts_of(base_url: str, kept: Kept) -> dict[str, object]:
    """What a script needs to drive the demo."""
    return {
        "base_url": base_url,
        "organizations": {org.org_id: _facts_of(org, base_url, kept) for org in ORGANIZATIONS},
        "mailbox_url": f"{base_url}{INBOX_PATH}",
        "connectors": [
            {"organization": HOME, "name": each.slug, "type": each.type} for each in CONNECTORS
        ],
    }


def _facts_of(org: DemoOrganization, base_url: str, kept: Kept) -> dict[str, object]:
    def person(each: DemoPerson) -> dict[str, object]:
        who = f"{org.org_id}/{each.username}"
        return {
            "account_id": str(each.account_id),
            "username": each.username,
            "password": kept.passwords[who],
            "email": each.email,
        }

    return {
        "issuer": f"{base_url}/o/{org.org_id}",
        "dialects": list(org.dialects),
        "staff": [
            {
                **person(each),
                "permissions": list(each.permissions),
                "api_key": kept.api_keys.get(f"{org.org_id}/{each.username}"),
            }
            for each in org.staff
        ],
        "constituents": [person(each) for each in org.constituents],
        "applications": [
            {
                "name": each.name,
                "client_id": each.client_id,
                "client_secret": kept.client_secrets.get(f"{org.org_id}/{each.client_id}"),
                "auth_method": str(each.auth_method),
                "redirect_uris": list(each.addresses(base_url)[0]),
                "scopes": list(each.scopes),
                "status": "approved",
            }
            for each in org.applications
        ],
    }


def _welcome(demo: _Demo, *, sampled: bool) -> str:
    base, kept = demo.settings.base_url, demo.folder.kept
    lines = ["Doorward is ready.", ""]
    if sampled:
        lines += [f"  Begin here     http://{_HOST}:{demo.settings.port + 1}/", ""]
    lines += ["  Sign in with one of these names and passwords:", ""]
    for org in ORGANIZATIONS:
        lines.append(f"  {org.name:<14} {base}/o/{org.org_id}/")
        for role, people in (("", org.constituents), ("staff", org.staff)):
            for each in people:
                password = kept.passwords[f"{org.org_id}/{each.username}"]
                lines.append(f"    {each.username:<12} {password:<18} {role}")
        lines.append("")
    lines += [
        f"  Staff console  {base}/o/riverbend/admin",
        f"  Management API {base}/o/riverbend/api",
        f"  Connect        {base}/o/{HOME}/connect",
        f"  Passkeys       http://riverbend.localhost:{demo.settings.port}/account/passkeys",
        f"  Letters        {base}{INBOX_PATH}",
        f"  For scripts    {demo.options.facts or demo.folder.facts_file}",
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(line.rstrip() for line in lines)
