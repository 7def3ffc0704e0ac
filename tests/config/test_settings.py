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
