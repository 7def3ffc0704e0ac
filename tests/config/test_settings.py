"""Settings that nobody can read are refused by the name of their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorward.config import BadSettings, load_settings


@pytest.mark.parametrize("content", [b"port = \xdd", b"port = ", b"\x00", b"port = 1\nport = 2"])
def test_a_file_that_is_no_settings_is_refused_with_its_name(
    tmp_path: Path, content: bytes
) -> None:
    """Not UTF-8, not TOML: the operator reads which file it is, and no trace."""
    file = tmp_path / "doorward.toml"
    file.write_bytes(content)
    with pytest.raises(BadSettings, match=r"doorward\.toml"):
        load_settings(file, environment={})


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    """The same where there is nothing to read."""
    with pytest.raises(BadSettings, match=r"nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml", environment={})


def test_addresses_of_databases_stay_hidden_and_replicas_are_a_list() -> None:
    """Each may hold a password. Migrations take the direct address where there is one."""
    environment = {
        "DOORWARD_DATABASE_URL": "postgresql://u:hidden@pooler/d",
        "DOORWARD_DATABASE_REPLICA_URLS": "postgresql://u:hidden@a/d, postgresql://u:hidden@b/d",
    }
    settings = load_settings(environment=environment)
    assert [url.get_secret_value()[-3:] for url in settings.database_replica_urls] == ["a/d", "b/d"]
    assert settings.session_url == "postgresql://u:hidden@pooler/d"
    direct = {"DOORWARD_DATABASE_DIRECT_URL": "postgresql://u:hidden@db/d"}
    settings = load_settings(environment=environment | direct)
    assert settings.session_url == "postgresql://u:hidden@db/d"
    assert "hidden" not in repr(settings)
