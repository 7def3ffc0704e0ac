"""Whatever administrators and people do in whatever order: who uses which credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from doorward.audit import SYSTEM
from doorward.connectors import ConnectorAuthor
from doorward.crypto import Secret
from doorward.db import open_database
from doorward.vault import Connection, Status, VaultRefusal
from doorward.vault.credentials_model import (
    CredentialsChange,
    CredentialsState,
    Submitters,
    TenantCredentials,
)
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.vault.crm import ADMIN, OTHER_ADMIN, PERSON, Desk, given, place

PEOPLE = (ADMIN, OTHER_ADMIN, PERSON)
people = st.sampled_from(PEOPLE)
numbers = st.integers(1, 3)
EDITS = (
    CredentialsChange(client_id="edited", client_secret=Secret("edited")),
    CredentialsChange(scopes=("read",)),
    CredentialsChange(authorization_url="https://eu.crm.example.com/authorize"),
)
LEAVE = (
    CredentialsChange(label="Ours"),
    CredentialsChange(scopes=("read", "write", "delete")),
)


class Machine(RuleBasedStateMachine):
    """One connector of one organization, with another organization beside it."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.db = self.run(open_database(self.url, clock=self.clock))
        self.desk = Desk.over(self.db, self.clock)
        self.place = place(org_id=f"org{self.db.next_id()}")
        beside = place(org_id=f"org{self.db.next_id()}")
        self.run(self.desk.set_up(beside))
        self.beside = beside

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(_of(work))

    def versions(self) -> list[TenantCredentials]:
        found: list[TenantCredentials] = self.run(
            self.desk.credentials.list(self.place.connector, limit=500)
        )
        return found

    def active(self) -> TenantCredentials | None:
        found = [v for v in self.versions() if v.state is CredentialsState.ACTIVE]
        assert len(found) <= 1
        return found[0] if found else None

    def live(self) -> dict[int, Connection]:
        rows = self.run(self.desk.connections.list(self.place.org_id))
        return {row.connection_id: row for row in rows if row.status is Status.ACTIVE}

    def attempt(self, work: Awaitable[Any]) -> bool:
        """Whether it was not refused; a refusal changes nothing that is live."""
        before, active = self.live(), self.active()
        try:
            self.run(work)
        except VaultRefusal:
            assert self.live() == before
            assert self.active() == active
            return False
        return True

    @rule(by=people, number=numbers)
    def submit(self, by: ConnectorAuthor, number: int) -> None:
        before, active = self.live(), self.active()
        self.attempt(self.desk.credentials.submit(self.place, given(number), by))
        assert self.live() == before
        assert self.active() == active

    @rule(by=people)
    def withdraw(self, by: ConnectorAuthor) -> None:
        before = self.live()
        self.run(self.desk.credentials.withdraw(self.place, by))
        assert self.live() == before

    @rule(by=people, data=st.data())
    def connect(self, by: ConnectorAuthor, data: Any) -> None:
        """By any version that ever was, as a flow that began earlier would."""
        versions = self.versions()
        if not versions:
            return
        used = data.draw(st.sampled_from(versions))
        before = self.live()
        if self.attempt(self.desk.connect(used, by, self.place)):
            active = self.active()
            assert active is not None
            assert active.credentials_id == used.credentials_id
            # Nobody but the submitter connects by what is pending.
            pending = used.state is CredentialsState.PENDING
            assert not pending or used.submitted_by == by.account_id
            assert pending or set(before) <= set(self.live())

    @rule(by=people, change=st.sampled_from(EDITS))
    def edit(self, by: ConnectorAuthor, change: CredentialsChange) -> None:
        before, active = self.live(), self.active()
        if not self.attempt(self.desk.credentials.change(self.place, change, by)):
            return
        now = self.active()
        assert active is not None
        assert now is not None
        if now.credentials_id == active.credentials_id:
            # It said what was so already.
            assert self.live() == before
        else:
            assert {c.credentials_id for c in before.values()} <= {active.credentials_id}
            assert self.live() == {}

    @rule(by=people, change=st.sampled_from(LEAVE))
    def relabel(self, by: ConnectorAuthor, change: CredentialsChange) -> None:
        before = self.live()
        self.attempt(self.desk.credentials.change(self.place, change, by))
        if not isinstance(change.scopes, tuple):
            assert self.live() == before

    @rule(by=people, number=numbers)
    def rotate(self, by: ConnectorAuthor, number: int) -> None:
        before = self.live()
        self.attempt(self.desk.credentials.rotate(self.place, Secret(f"s-{number}"), by))
        assert self.live() == before

    @rule(used=st.integers(0, 1))
    def renew(self, used: int) -> None:
        """A token is renewed by one of the secrets."""
        before, active = self.live(), self.active()
        if active is not None:
            work = self.desk.in_use.worked(self.place.org_id, active.credentials_id, used)
            self.run(work)
        assert self.live() == before

    @rule(by=people)
    def revoke(self, by: ConnectorAuthor) -> None:
        if self.attempt(self.desk.credentials.revoke(self.place, by)):
            assert self.live() == {}
            assert self.active() is None

    @rule(who=st.sampled_from(tuple(Submitters)))
    def decide(self, who: Submitters) -> None:
        self.run(self.desk.credentials.set_submitters(self.place.org_id, who, SYSTEM))

    @rule(hours=st.sampled_from((1, 23, 24)))
    def wait(self, hours: int) -> None:
        self.clock.advance(seconds=hours * 3600)

    @invariant()
    def everybody_uses_the_one_active_version(self) -> None:
        """No live connection is pinned to anything else, and what is pending has none."""
        active = self.active()
        for row in self.live().values():
            assert active is not None
            assert row.credentials_id == active.credentials_id

    @invariant()
    def each_submitter_has_one_pending(self) -> None:
        waiting = [v.submitted_by for v in self.versions() if v.state is CredentialsState.PENDING]
        assert len(waiting) == len(set(waiting))

    @invariant()
    def the_last_secret_that_worked_is_kept(self) -> None:
        """However often somebody mistypes one."""
        active = self.active()
        if active is not None and active.verified_at is not None:
            assert any(each.has_worked for each in self.desk.credentials.hints(active))

    @invariant()
    def nothing_reaches_another_organization(self) -> None:
        rows = self.run(self.desk.connections.list(self.beside.org_id))
        assert [row.status for row in rows] == [Status.ACTIVE]

    def teardown(self) -> None:
        self.run(self.db.close())
        self.loop.close()


async def _of(work: Awaitable[Any]) -> Any:
    return await work


def test_versions_of_credentials_keep_their_promises(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """At most one active, pending is private, an edit ends exactly its own, rotating ends none."""
    Machine.url = sqlite_template.copy_to(tmp_path_factory.mktemp("machine") / "doorward.sqlite")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
