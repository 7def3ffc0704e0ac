"""Reviews of applications from the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell


@pytest.fixture(scope="module")
def riverbend(shell: Shell) -> Shell:
    """An installation with one organization."""
    shell.data("org", "create", "riverbend", "--name", "Riverbend")
    return shell


def test_an_application_goes_through_its_steps(riverbend: Shell) -> None:
    """Whoever runs the installation takes each of them, with its words."""
    words = ("app", "create", "riverbend", "Planner", "--redirect-uri", "https://p.example/cb")
    client_id = riverbend.data(*words)["client_id"]

    def step(name: str, *options: str) -> str:
        return str(riverbend.data("app", name, "riverbend", client_id, *options)["status"])

    assert step("suspend", "--message", "A complaint.") == "suspended"
    assert step("reinstate") == "approved"
    assert step("withdraw", "--message", "Done with it.") == "withdrawn"
    assert step("reopen") == "draft"
    assert step("submit") == "submitted"
    waiting = riverbend.data("app", "queue", "riverbend")
    assert [each["client_id"] for each in waiting] == [client_id]
    assert step("request-changes", "--message", "Say more.") == "changes_requested"
    assert step("submit") == "submitted"
    seen = riverbend.data("app", "review", "riverbend", client_id)
    assert seen["steps"][1].startswith("request_changes by cli")
    assert step("approve", "--revision", str(seen["revision"])) == "approved"
    assert riverbend.data("app", "queue", "riverbend") == []


def test_a_step_that_cannot_be_taken_is_refused_in_words(riverbend: Shell) -> None:
    """Another revision, another state, an application that is not there."""
    words = ("app", "create", "riverbend", "Diary", "--redirect-uri", "https://d.example/cb")
    client_id = riverbend.data(*words)["client_id"]
    for command in (
        ("app", "approve", "riverbend", client_id, "--revision", "1"),
        ("app", "decline", "riverbend", client_id, "--message", "No."),
        ("app", "submit", "riverbend", "nobody"),
        ("app", "testers", "riverbend", client_id, "999999"),
    ):
        assert riverbend.run(*command).status == 1, command


def test_test_users_use_and_removal(riverbend: Shell) -> None:
    """Who tries it, what it did, and its end."""
    words = ("app", "create", "riverbend", "Notes", "--redirect-uri", "https://n.example/cb")
    client_id = riverbend.data(*words)["client_id"]
    assert riverbend.data("app", "testers", "riverbend", client_id)["testers"] == []
    days = riverbend.data("app", "usage", "riverbend", client_id, "--days", "3")
    assert [(day["grants"], day["tokens"]) for day in days] == [(0, 0)] * 3
    assert riverbend.data("app", "delete", "riverbend", client_id, "--yes")["deleted"]
    assert riverbend.run("app", "usage", "riverbend", client_id).status == 1
