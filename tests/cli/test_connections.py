"""Connections from the command line, and trying a connector with and without a person."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from doorward.app import Services, open_services
from doorward.config import load_settings
from doorward.connectors import Connector
from doorward.vault import Connection
from tests.cli.conftest import DOORWARD, PASSWORD, Shell
from tests.support.clock import ManualClock
from tests.support.connected import connect, install, running_platform
from tests.support.upstream import UpstreamServer

T = TypeVar("T")
ORG = "riverbend"


class Place:
    """An installation whose people have accounts on a platform."""

    def __init__(self, shell: Shell, server: UpstreamServer) -> None:
        variables = {**shell.variables, "DOORWARD_OUTBOUND_ALLOWED": server.authority}
        self.shell = Shell(shell.folder, variables)
        self.server = server
        self.shell.data("org", "create", ORG, "--name", "Riverbend")
        words = ("user", "create", ORG, "amara", "--password-file", "-")
        self.account = int(self.shell.data(*words, typed=PASSWORD)["account_id"])
        self.connector: Connector = self.inside(lambda use: install(use, ORG))

    def inside(self, work: Callable[[Services], Coroutine[Any, Any, T]]) -> T:
        """Do something with the installation's own services."""

        async def opened() -> T:
            variables = self.shell.variables
            use = await open_services(
                load_settings(
                    Path(variables["DOORWARD_CONFIG"]),
                    overrides={
                        "database_url": variables.get("DOORWARD_DATABASE_URL"),
                        "outbound_allowed": (self.server.authority,),
                    },
                )
            )
            try:
                return await work(use)
            finally:
                await use.close()

        return asyncio.run(opened())

    def connect(self) -> Connection:
        """The account's connection."""
        return self.inside(lambda use: connect(use, self.connector, self.account))

    def actions(self) -> list[str]:
        """What was recorded, the oldest first."""

        async def listed(use: Services) -> list[str]:
            return [each.event.action for each in await use.audit.list(ORG, None, 50)]

        return self.inside(listed)[::-1]


@pytest.fixture
def place(either: Shell) -> Place:
    """What each test starts from, on each engine."""
    return Place(either, running_platform(ManualClock()))


def test_a_connection_is_listed_shown_renewed_revealed_and_ended(place: Place) -> None:
    """Its whole life; what is secret is on the screen once, when it was asked for twice."""
    shell, number = place.shell, str(place.connect().connection_id)
    (row,) = shell.data("connection", "list", ORG)
    assert (row["connection_id"], row["status"], row["account"]) == (
        number,
        "active",
        str(place.account),
    )
    assert shell.data("connection", "list", ORG, "--status", "blocked") == []
    assert len(shell.data("connection", "list", ORG, "--account", str(place.account))) == 1
    shown = shell.run("connection", "show", ORG, number)
    assert "This connection works." in shown.out
    assert shell.data("connection", "refresh", ORG, number)["token_version"] == 2
    refused = shell.run("connection", "token", ORG, number)
    assert (refused.status, "--yes" in refused.err, refused.out) == (2, True, "")
    told = shell.data("connection", "token", ORG, number, "--yes")
    family = place.server.platform.families[-1]
    assert told["access_token"] in family.access
    assert told["access_token"] not in shown.out
    assert family.refresh not in json.dumps(told)
    assert "connection.token_read" in place.actions()
    kept = shell.run("connection", "revoke", ORG, number)
    assert (kept.status, "--yes" in kept.err) == (2, True)
    report = shell.data("connection", "revoke", ORG, number, "--yes")
    assert {each["token"]: each["result"] for each in report}["access"] == "revoked"
    assert "connection.disconnected" in place.actions()
    over = shell.run("connection", "token", ORG, number, "--yes")
    assert (over.status, "disconnected" in over.err) == (1, True)


def test_what_is_not_there_is_told_in_a_line(place: Place) -> None:
    """Other organizations, other numbers, no numbers."""
    number = str(place.connect().connection_id)
    for words, status in (
        (("show", "operators", number), 1),
        (("token", "operators", number, "--yes"), 1),
        (("revoke", "nowhere", number, "--yes"), 1),
        (("show", ORG, "7"), 1),
        (("show", ORG, "0"), 2),
        (("show", ORG, "9" * 30), 2),
        (("list", ORG, "--status", "odd"), 2),
    ):
        assert place.shell.run("connection", *words).status == status, words


def test_a_connector_is_looked_at_without_connecting(place: Place) -> None:
    """Its addresses lead somewhere that may be called; nothing is sent to the platform."""
    slug = place.connector.slug
    rows = place.shell.data("connector", "test", slug, "--org", ORG)
    assert {row["result"] for row in rows} == {"ok"}
    assert f"{place.server.url}/token" in {row["about"] for row in rows}
    assert place.server.platform.seen == []
    inside = Shell(
        place.shell.folder,
        {**place.shell.variables, "DOORWARD_OUTBOUND_ALLOWED": "x.internal:8443"},
    )
    done = inside.run("connector", "test", slug, "--org", ORG, "--json")
    assert done.status == 1
    assert "refused" in {row["result"] for row in done.data()}
    assert place.shell.run("connector", "test", "nowhere").status == 1


def test_a_person_connects_while_the_terminal_waits(place: Place) -> None:
    """The old connection is ended, the address is told, and the new row is shown."""
    shell, slug = place.shell, place.connector.slug
    old = place.connect()
    process = subprocess.Popen(
        [DOORWARD, "connector", "try", ORG, slug, str(place.account), "--yes", "--json"],
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ending = threading.Timer(60, process.kill)
    ending.start()
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "Ended: 1.\n"
        process.stderr.readline()
        assert (
            process.stderr.readline().strip().endswith(f"/o/{ORG}/connect/start?connector={slug}")
        )
        new = place.connect()
        out, err = process.communicate()
    finally:
        ending.cancel()
    assert process.returncode == 0, err
    shown = json.loads(out)
    assert shown["connection_id"] == str(new.connection_id) != str(old.connection_id)
    assert not [each for each in place.server.platform.families[-1].access if each in out]


def test_a_trial_that_nobody_takes_part_in_ends(place: Place) -> None:
    """And one of a connector that is off, or for nobody, does not begin."""
    words = ("connector", "try", ORG, place.connector.slug)
    done = place.shell.run(*words, str(place.account), "--wait", "0", "--yes")
    assert (done.status, "Nothing was connected" in done.err) == (1, True)
    assert place.shell.run(*words, "999999", "--yes").status == 1
    assert place.shell.run(*words, str(place.account)).status == 2
    place.shell.run("connector", "disable", ORG, place.connector.slug)
    assert place.shell.run(*words, str(place.account), "--yes").status == 1
