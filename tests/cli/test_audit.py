"""The audit log from the command line."""

from __future__ import annotations

import csv
import io
import json

from tests.cli.conftest import PASSWORD, Shell

_FORMULA = "=HYPERLINK(1)"


def test_a_record_is_sealed_verified_and_its_truncation_found(either: Shell) -> None:
    """The head that was kept shows what is missing; the exit status says so to scripts."""
    either.data("org", "create", "river", "--name", "River")
    either.data("audit", "restart", "river", "--yes")
    (head,) = either.data("audit", "head", "river")
    assert head["head"].startswith("river:main:")
    kept = head["head"]
    before = either.data("audit", "verify", "--head", kept)
    assert {each["fault"] for each in before} == {None}
    org, strand, position, digest = kept.split(":")
    later = ":".join((org, strand, str(int(position) + 1), digest))
    refused = either.run("audit", "verify", "--head", later)
    assert refused.status == 1
    assert f"river, main at position {int(position) + 1}: truncated" in refused.err
    other = ":".join((org, strand, position, "0" * 64))
    assert "replaced" in either.run("audit", "verify", "--head", other).err
    assert either.run("audit", "verify", "--head", "nonsense").status == 1


def test_the_log_is_read_and_exported(shell: Shell) -> None:
    """The last events with a filter, and files that no spreadsheet runs."""
    shell.data("org", "create", "hill", "--name", "Hill")
    words = ("user", "create", "hill", _FORMULA, "--password-file", "-")
    assert shell.run(*words, typed=PASSWORD).status == 0
    shown = shell.run("audit", "tail", "hill", "--lines", "2")
    first, last = shown.out.splitlines()
    assert "organization.created" in first or "key.created" in first
    assert "account.created" in last
    lines = shell.run("audit", "tail", "hill", "--action", "account.created", "--json").out
    (created,) = [json.loads(each) for each in lines.splitlines()]
    assert (created["org_id"], created["actor_kind"]) == ("hill", "cli")
    text = shell.run("audit", "export", "hill", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert rows[0]["action"] == "audit.exported"
    assert not any(cell.startswith(("=", "-", "+", "@")) for row in rows for cell in row.values())


def test_what_is_no_day_ends_with_2(shell: Shell) -> None:
    """Usage, told from a refusal."""
    assert shell.run("audit", "tail", "operators", "--since", "yesterday").status == 2
