"""API keys from the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import PASSWORD, Shell


@pytest.fixture
def mina(either: Shell) -> str:
    """The account id of a member of staff."""
    either.data("org", "create", "riverbend", "--name", "Riverbend")
    words = ("user", "create", "riverbend", "mina", "--kind", "staff", "--permission", "all")
    person = either.data(*words, "--password-file", "-", typed=PASSWORD)
    return str(person["account_id"])


def test_a_key_lives_from_its_switch_to_its_end(either: Shell, mina: str) -> None:
    """Switched on, created, rotated, regenerated, revoked, switched off."""
    at = ("riverbend", mina)
    refused = either.run("api-key", "create", *at, "Import")
    assert refused.status == 1
    assert "API access is off" in refused.err
    assert either.data("api-key", "access", *at, "on")["api_access"] == "on"
    limits = ("--network", "192.0.2.7/24", "--network", "2001:db8::/32", "--days", "30")
    made = either.data("api-key", "create", *at, "Import", *limits)
    assert made["key"].startswith("dw_ak_")
    assert made["networks"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert made["expires_at"].endswith("Z")
    rotated = either.data("api-key", "rotate", "riverbend", made["key_id"], "--hours", "1")
    assert (rotated["label"], rotated["networks"]) == ("Import", made["networks"])
    assert either.run("api-key", "regenerate", "riverbend", rotated["key_id"]).status == 2
    again = either.data("api-key", "regenerate", "riverbend", rotated["key_id"], "--yes")
    listed = either.data("api-key", "list", "riverbend", "--account", mina)
    assert [each["key_id"] for each in listed] == [
        made["key_id"],
        rotated["key_id"],
        again["key_id"],
    ]
    assert [each["replaced_by"] for each in listed] == [rotated["key_id"], again["key_id"], None]
    assert all("key" not in each for each in listed)
    revoked = either.data("api-key", "revoke", "riverbend", again["key_id"])
    assert revoked["revoked_at"] is not None
    assert either.run("api-key", "access", *at, "off").status == 2
    assert either.data("api-key", "access", *at, "off", "--yes")["api_access"] == "off"
    assert all(each["revoked_at"] for each in either.data("api-key", "list", "riverbend"))


def test_what_cannot_be_done_is_said(either: Shell, mina: str) -> None:
    """An unknown key, a network that is none, and what Typer itself refuses."""
    either.data("api-key", "access", "riverbend", mina, "on")
    for words, status, said in (
        (("revoke", "riverbend", "1"), 1, "There is no such API key"),
        (("create", "riverbend", mina, "x", "--network", "home"), 1, "networks"),
        (("access", "riverbend", "999", "on"), 1, "There is no such account"),
        (("access", "riverbend", mina, "maybe"), 2, ""),
        (("rotate", "riverbend", "1", "--hours", "169"), 2, ""),
    ):
        done = either.run("api-key", *words)
        assert (done.status, said in done.err) == (status, True), (words, done.err)
