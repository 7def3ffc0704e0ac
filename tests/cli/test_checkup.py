"""Each weak setting that the doctor knows, alone, with what to do about it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.cli.checkup import settings_findings
from doorward.cli.doctor import look
from doorward.config import load_settings
from doorward.orgs import OrganizationChange, Policy
from tests.support.factories import make_account
from tests.support.house import house, world
from tests.support.world import World

__all__ = ["house", "world"]
KEY = bytes.fromhex("8d1f0a7be35c94d26f00b1a8c37e5d19f4602b8e7ac1d3954e0b6f8213c7a9de")
SOUND = {
    "base_url": "https://id.example.org",
    "trusted_proxies": ["10.0.0.7"],
    "smtp_url": "smtp://door:sesame@mail.example.org",
    "mail_from": "door@example.org",
    "mail_reply_to": "people@example.org",
}


def findings(place: Path, **changed: object) -> dict[str, str]:
    """What is said of a sound installation in ``place`` with these settings changed."""
    place.chmod(0o700)
    given = {"database_url": f"sqlite:///{place}/door.sqlite", "spill_folder": str(place / "s")}
    values: dict[str, Any] = {**SOUND, **given, "master_keys": [b64encode(KEY).decode()]}
    settings = load_settings(environment={}, overrides=values | changed)
    found = settings_findings(settings, None)
    assert all(each.what and each.do for each in found)
    return {each.about: each.what for each in found}


def test_a_sound_installation_has_no_weak_setting(tmp_path: Path) -> None:
    """Else what follows would prove nothing."""
    assert findings(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("base_url", "http://127.0.0.1:8400", "nothing is encrypted"),
        ("trusted_proxies", [], "its address only"),
        ("trusted_proxies", ["*"], "Anybody"),
        ("trusted_proxies", ["0.0.0.0/0"], "Anybody"),
        ("trusted_proxies", ["10.0.0.0/8"], "10.0.0.0/8"),
        ("trusted_proxies", ["fd00::/32"], "fd00::/32"),
        ("master_keys", [b64encode(b"\x01\x02" * 4 + bytes(24)).decode()], "repeats"),
        ("master_keys", [b64encode(bytes(range(32))).decode()], "counts"),
        ("master_keys", [b64encode(b"change-me-before-you-go-live-ok!").decode()], "text"),
        ("master_keys", [b64encode(KEY).decode()] * 2, "twice"),
        ("database_url", "postgresql://me@db.example.org/door", "unencrypted"),
        ("database_url", "postgresql://me@db.example.org/door?sslmode=prefer", "unencrypted"),
        ("database_url", "postgresql://me@127.0.0.1:1,db.example.org:2/door", "unencrypted"),
        ("database_direct_url", "postgresql://me@db.example.org/door", "unencrypted"),
        ("database_url", "sqlite:///door.sqlite", "another file"),
        ("smtp_url", "smtp://mail.example.org?tls=none", "unencrypted"),
        ("smtp_url", None, "No mail"),
        ("mail_reply_to", None, "mail_from"),
        ("outbound_allowed", ["crm.internal:8443"], "crm.internal:8443"),
        ("log_level", "debug", "more than"),
    ],
)
def test_a_weak_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: object, said: str
) -> None:
    """By its own name, and nothing else with it."""
    monkeypatch.chdir(tmp_path)
    if value is None:
        monkeypatch.setitem(SOUND, name, None)
    found = findings(tmp_path, **{name: value})
    assert set(found) == {name}
    assert said in found[name]


@pytest.mark.parametrize("fine", ["127.0.0.0/8", "10.1.2.0/24", "proxy.internal", "::1"])
def test_a_few_proxies_are_no_weakness(tmp_path: Path, fine: str) -> None:
    """A small network, this machine, a name."""
    assert findings(tmp_path, trusted_proxies=[fine]) == {}


def test_files_that_others_may_read_or_replace_are_named(tmp_path: Path) -> None:
    """The database, its journal, the keys, the folders that they lie in."""
    place = tmp_path / "place"
    place.mkdir()
    for name in ("door.sqlite", "door.sqlite-wal"):
        (place / name).touch(0o644)
        (place / name).chmod(0o644)
    (place / "s").mkdir()
    (place / "s").chmod(0o755)
    keys = tmp_path / "keys"
    keys.mkdir()
    file = keys / "master.keys"
    file.write_text(b64encode(KEY).decode())
    file.chmod(0o600)
    keys.chmod(0o777)
    found = findings(place, master_keys=None, master_key_file=str(file))
    assert set(found) == {"database_url", "spill_folder", "master_key_file"}
    file.chmod(0o640)
    found = findings(place, master_keys=None, master_key_file=str(file))
    assert "owner alone" in found["master_key_file"]


@pytest.mark.anyio
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_what_is_weak_in_an_organization_is_named(world: World) -> None:
    """Second steps, sign-up without letters, the clock, a record that nobody seals."""
    use, org_id = world.services, world.org.org_id

    async def about(name: str) -> str:
        found = {each.about: each.what for each in await look(use)}
        return found.get(f"{org_id}: {name}", "")

    await use.audit_chain.sealer.seal_all()
    assert "password alone" in await about("second_step")
    assert await about("sign_up") == await about("clock") == await about("audit log") == ""
    strict = OrganizationChange(policy=Policy(second_step="staff", sign_up=True))
    await use.organizations.update(org_id, strict, SYSTEM)
    assert await about("second_step") == ""
    assert "no letter is sent" in await about("sign_up")
    world.clock.advance(seconds=700)
    assert "not sealed" in await about("audit log")
    await use.audit_chain.sealer.seal_all()
    assert await about("audit log") == ""
    world.clock.advance(seconds=3600)
    await make_account(use.db, "late", org_id=org_id, kind=AccountKind.CONSTITUENT)
    world.clock.advance(seconds=-3600)
    assert "future" in await about("clock")
