"""Passkeys from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

from doorward.db import open_database, system_clock
from tests.cli.conftest import PASSWORD, Shell
from tests.support.clock import ManualClock
from tests.support.passkeys import Bench, tenant_at
from tests.support.world import make_services


def test_a_person_s_passkeys_are_listed_and_removed(shell: Shell) -> None:
    """By who runs the installation; what does not exist is refused with a sentence."""
    shell.data("org", "create", "riverbend", "--name", "Riverbend")
    words = ("user", "create", "riverbend", "anna", "--password-file", "-")
    account_id = str(shell.data(*words, typed=PASSWORD)["account_id"])
    at = ("riverbend", account_id)
    assert shell.data("passkey", "list", *at) == []
    kept = asyncio.run(_plant(shell.folder, int(account_id)))
    (listed,) = shell.data("passkey", "list", *at)
    assert (listed["passkey_id"], listed["host"]) == (kept, "id.river.example")
    assert shell.run("passkey", "remove", *at, kept).status == 2
    assert shell.data("passkey", "remove", *at, kept, "--yes")["name"] == "Chrome on Linux"
    gone = shell.run("passkey", "remove", *at, kept, "--yes")
    assert (gone.status, "There is no such passkey" in gone.err) == (1, True)
    assert shell.run("passkey", "list", "riverbend", "999").status == 1


async def _plant(folder: Path, account_id: int) -> str:
    clock = ManualClock(system_clock())
    (database,) = folder.glob("place/*.sqlite")
    db = await open_database(f"sqlite:///{database}", clock=clock)
    services = make_services(db, clock)
    org = await services.organizations.get("riverbend")
    account = await services.accounts.get("riverbend", account_id)
    kept = await Bench(services.passkeys, tenant_at(org), account).enrol()
    await db.close()
    return str(kept.passkey_id)
