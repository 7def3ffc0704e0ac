"""Changing the master key from the command line."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from tests.cli.conftest import Shell

NEW = b64encode(sha256(b"another").digest()).decode()


def test_the_master_key_is_changed_and_the_old_one_taken_out(either: Shell) -> None:
    """Put the new one in front, seal anew, retire the old one, take it out."""
    file = either.folder / "place" / "master.keys"
    old = file.read_text()
    (first,) = either.data("master-key", "list")
    assert (first["current"], first["set"], first["sealed"]) == (True, True, 4)
    file.write_text(f"{NEW}\n{old}")
    listed = either.data("master-key", "list")
    assert [(each["current"], each["sealed"]) for each in listed] == [(True, 0), (False, 4)]
    refused = either.run("master-key", "retire", first["fingerprint"], "--yes")
    assert (refused.status, "still sealed" in refused.err) == (1, True)
    assert either.data("key", "rotate", "--master") == {
        "done": 4,
        "overtaken": 0,
        "unreadable": 0,
    }
    assert either.run("master-key", "retire", first["fingerprint"], "--yes").status == 0
    file.write_text(f"{NEW}\n")
    (only,) = either.data("master-key", "list")
    assert (only["sealed"], only["fingerprint"] != first["fingerprint"]) == (4, True)
    assert "master_keys" not in [
        each["about"].rpartition(": ")[2] for each in either.run("doctor", "--json").data()
    ]


def test_a_key_that_nobody_knows_is_told(either: Shell) -> None:
    """Also one that is no fingerprint at all."""
    for name in ("00" * 8, "nonsense", "é"):
        done = either.run("master-key", "retire", name, "--yes")
        assert (done.status, "fingerprint" in done.err) == (1, True)


def test_what_is_to_be_rotated_is_said(shell: Shell) -> None:
    """An organization's key, or the master key: not both, and not neither."""
    for words in (("--master", "operators"), (), ("operators",)):
        assert shell.run("key", "rotate", *words).status == 2
