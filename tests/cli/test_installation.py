"""From nothing to an installation: init, settings, schema, and what the doctor says."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from doorward.app import open_services, placements
from doorward.audit import SYSTEM
from doorward.config import load_settings
from doorward.orgs import OPERATORS, OrganizationChange, Policy
from tests.cli.conftest import PASSWORD, Shell
from tests.cli.settings_table import settings_table

ROOT = Path(__file__).parents[2]


def test_init_makes_an_installation_with_an_operator(either: Shell) -> None:
    """Settings, a master key, every table, and somebody who may create organizations."""
    place = either.folder / "place"
    for name in ("doorward.toml", "master.keys"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
    assert either.data("db", "status")["up_to_date"] is True
    operators = either.data("user", "list", "operators", "--kind", "staff")
    assert [each["username"] for each in operators] == ["operator"]
    assert "organizations.write" in operators[0]["permissions"]
    # An address with a password in it is not copied into a file.
    named = either.variables["DOORWARD_DATABASE_URL"]
    assert named not in (place / "doorward.toml").read_text()


def test_the_statements_that_spread_the_tables_are_printed(bare: Shell) -> None:
    """One for each table, to be handed to the database."""
    lines = bare.run("db", "distribute").out.splitlines()
    assert lines == [placement.statement for placement in placements()]
    assert len(lines) > 50


def test_init_never_overwrites(shell: Shell) -> None:
    """A second time it names the file, and leaves it as it is."""
    before = (shell.folder / "place" / "master.keys").read_text()
    done = shell.run("init", "place", "--password-file", "-", typed=PASSWORD)
    assert done.status == 1
    assert "doorward.toml is there already" in done.err
    assert (shell.folder / "place" / "master.keys").read_text() == before


def test_init_that_was_refused_can_be_tried_again(bare: Shell) -> None:
    """A weak password leaves no half installation behind."""
    assert bare.run("init", ".", "--password-file", "-", typed="short").status == 1
    assert bare.run("init", ".", "--password-file", "-", typed=PASSWORD).status == 0


def test_init_listens_where_a_local_address_points(bare: Shell) -> None:
    """Behind an https address a proxy listens, and the port stays the default."""
    words = ("--password-file", "-", "--base-url")
    for name, address in (("near", "http://127.0.0.1:8555"), ("far", "https://id.example:8555")):
        assert bare.run("init", name, *words, address, typed=PASSWORD).status == 0
    assert "port = 8555" in (bare.folder / "near" / "doorward.toml").read_text()
    assert "port =" not in (bare.folder / "far" / "doorward.toml").read_text()


def test_init_without_a_password_ends_with_2(bare: Shell) -> None:
    """Nobody is there to be asked."""
    done = bare.run("init", ".")
    assert done.status == 2
    assert "--password-file" in done.err
    assert list(bare.folder.iterdir()) == []


def test_settings_are_shown_without_secrets(shell: Shell) -> None:
    """Master keys and the database's password are masked."""
    key = (shell.folder / "place" / "master.keys").read_text().strip()
    secret = {
        "DOORWARD_DATABASE_URL": "postgresql://me:hunter2@db.example/doorward",
        "DOORWARD_DATABASE_REPLICA_URLS": "postgresql://me:hunter2@replica.example/doorward",
        "DOORWARD_DATABASE_DIRECT_URL": "postgresql://me:hunter2@direct.example/doorward",
        "DOORWARD_MASTER_KEYS": key,
    }
    shown = Shell(shell.folder, {**shell.variables, **secret}).run("config", "show")
    for host in ("db", "replica", "direct"):
        assert f"postgresql://me:…@{host}.example/doorward" in shown.out
    assert "hunter2" not in shown.out + shown.err
    assert key not in shown.out + shown.err


def test_config_check_opens_nothing(shell: Shell) -> None:
    """It says that the settings can be used, although no database answers there."""
    elsewhere = {"DOORWARD_DATABASE_URL": "postgresql://me@127.0.0.1:1/doorward"}
    found = Shell(shell.folder, {**shell.variables, **elsewhere}).data("config", "check")
    assert found["valid"] is True
    assert found["master_keys"] == 1


@pytest.mark.parametrize(
    ("variables", "words", "said"),
    [
        ({"DOORWARD_BASE_URI": "https://x.example"}, ["config", "show"], "base_uri"),
        ({"DOORWARD_PORT": "many"}, ["config", "check"], "port"),
        ({"DOORWARD_BASE_URL": "http://id.example.org"}, ["org", "list"], "https"),
        ({"DOORWARD_CONFIG": "missing.toml"}, ["config", "show"], "missing.toml"),
    ],
)
def test_settings_that_cannot_be_used_end_with_2(
    shell: Shell, variables: dict[str, str], words: list[str], said: str
) -> None:
    """The setting is named, and so is what is wrong with it."""
    done = Shell(shell.folder, {**shell.variables, **variables}).run(*words)
    assert done.status == 2
    assert said in done.err


@pytest.mark.parametrize("url", ["postgresql://me@127.0.0.1:1/x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_opened_ends_with_3(shell: Shell, url: str) -> None:
    """Scripts tell "refused" from "not there"."""
    lost = Shell(shell.folder, {**shell.variables, "DOORWARD_DATABASE_URL": url})
    assert lost.run("org", "list").status == 3
    assert lost.run("serve", "--port", "0").status == 3


def test_db_upgrade_builds_the_tables(shell: Shell) -> None:
    """Status says no, upgrade makes it so, and a second upgrade changes nothing."""
    url = f"sqlite:///{shell.folder / 'another.sqlite'}"
    other = Shell(shell.folder, {**shell.variables, "DOORWARD_DATABASE_URL": url})
    assert other.run("db", "status").status == 1
    assert "doorward db upgrade" in other.run("org", "list").err
    first = other.data("db", "upgrade")
    assert other.data("db", "upgrade") == first
    assert other.data("db", "status")["up_to_date"] is True
    assert other.data("org", "list") == []


def test_the_doctor_names_what_is_weak_and_what_to_do(shell: Shell) -> None:
    """Each finding is a setting's name, a reason and an advice; the status says there is one."""
    (shell.folder / "open.toml").write_text(
        (shell.folder / "place" / "doorward.toml").read_text()
        + 'host = "0.0.0.0"\nlog_level = "debug"\noutbound_allowed = ["crm.internal:8080"]\n'
    )
    done = shell.run("doctor", "--config", "open.toml", "--json")
    assert done.status == 1
    findings = {each["about"]: each for each in done.data()}
    assert {"base_url", "host", "log_level", "outbound_allowed"} <= set(findings)
    assert all(each["do"] and each["what"] for each in findings.values())


@pytest.mark.parametrize("value", ["crm.internal", "http://crm.internal:80", "crm:0", "crm:65536"])
def test_a_platform_that_is_allowed_is_a_host_and_a_port(shell: Shell, value: str) -> None:
    """A setting that could mean more than one place is refused at the start."""
    allowing = Shell(shell.folder, {**shell.variables, "DOORWARD_OUTBOUND_ALLOWED": value})
    done = allowing.run("config", "check")
    assert done.status != 0
    assert "outbound_allowed" in done.err


def test_the_doctor_finds_nothing_in_a_sound_installation(shell: Shell) -> None:
    """An https address, a known proxy, private files, keys that open, a way out for letters."""
    sound = {
        "DOORWARD_SMTP_URL": "smtp://door:open%20sesame@mail.example.org",
        "DOORWARD_MAIL_FROM": "door@example.org",
        "DOORWARD_MAIL_REPLY_TO": "people@example.org",
        "DOORWARD_BASE_URL": "https://id.example.org",
        "DOORWARD_TRUSTED_PROXIES": "127.0.0.1",
    }
    asyncio.run(_ask_for_second_steps(shell))
    done = Shell(shell.folder, {**shell.variables, **sound}).run("doctor")
    assert (done.status, done.out) == (0, "level\tabout\twhat\tdo\n")
    assert done.err.endswith("Nothing weak was found.\n")


async def _ask_for_second_steps(shell: Shell) -> None:
    """Set the policy of whoever runs the installation, as staff do on their page."""
    settings = load_settings(shell.folder / "place" / "doorward.toml", environment={})
    services = await open_services(settings)
    change = OrganizationChange(policy=Policy(second_step="staff"))
    await services.organizations.update(OPERATORS, change, SYSTEM)
    await services.close()


def test_the_doctor_sees_a_key_file_that_others_read(shell: Shell, tmp_path: Path) -> None:
    """And a ring that lacks the key under which everything is sealed."""
    copy = tmp_path / "master.keys"
    copy.write_text((shell.folder / "place" / "master.keys").read_text())
    copy.chmod(0o644)
    moved = Shell(shell.folder, {**shell.variables, "DOORWARD_MASTER_KEY_FILE": str(copy)})
    done = moved.run("doctor", "--json")
    assert {"level": "broken", "about": "master_key_file"}.items() <= done.data()[1].items()
    copy.write_text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    copy.chmod(0o600)
    done = moved.run("doctor", "--json")
    assert "operators: master_keys" in [each["about"] for each in done.data()]


def test_the_table_of_settings_is_that_of_the_settings() -> None:
    """Nobody writes the documents twice."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in text if line.startswith("|")] == settings_table()
