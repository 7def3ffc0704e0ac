"""What can be said about settings without opening anything but their files."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from doorward.config import Settings

__all__ = ["Finding", "settings_findings"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_PROXIES = 256
_SAFE_TLS = frozenset({"require", "verify-ca", "verify-full"})


@dataclass(frozen=True)
class Finding:
    """One weak or broken thing: where it is, what it means, what to do."""

    level: Literal["weak", "broken"]
    about: str
    what: str
    do: str


def settings_findings(settings: Settings, config: Path | None) -> list[Finding]:
    """What is weak in ``settings`` and in the files that they name."""
    return [
        *_addresses(settings),
        *_keys(settings, config),
        *_storage(settings),
        *_mail(settings),
        *_running(settings),
    ]


def _addresses(settings: Settings) -> list[Finding]:
    found = []
    https = settings.base_url.startswith("https:")
    if not https:
        what = "People can reach it from this machine only, and nothing is encrypted."
        do = "Set it to the https address that your reverse proxy serves."
        found.append(Finding("weak", "base_url", what, do))
    if https and not settings.trusted_proxies:
        what = "Every request seems to come from the proxy: the audit log has its address only."
        found.append(
            Finding("weak", "trusted_proxies", what, "List the addresses of your reverse proxy.")
        )
    wide = [each for each in settings.trusted_proxies if _is_wide(each)]
    if wide:
        what = f"Anybody in {', '.join(wide)} may say from which address a request comes."
        found.append(Finding("weak", "trusted_proxies", what, "Name the proxy's addresses."))
    if settings.host not in _LOOPBACK and not https:
        what = f"It listens on {settings.host}, unencrypted, beyond this machine."
        do = "Set it to 127.0.0.1, or put a proxy with TLS before it and base_url to https."
        found.append(Finding("weak", "host", what, do))
    return found


def _keys(settings: Settings, config: Path | None) -> list[Finding]:
    from doorward.config import BadSettings, master_keys

    found = []
    try:
        keys = master_keys(settings)
    except BadSettings as error:
        do = "Run doorward init, or: chmod 600 on the key file."
        return [Finding("broken", "master_key_file", str(error), do)]
    if len(set(keys)) < len(keys):
        what = "The same key is set twice."
        found.append(Finding("weak", "master_keys", what, "Remove one of them."))
    for why in dict.fromkeys(why for key in keys if (why := _why_weak(key))):
        what = f"A key is not random: {why}."
        do = "Put a random key first, keep this one after it: openssl rand -base64 32"
        found.append(Finding("broken", "master_keys", what, do))
    file = settings.master_key_file
    if file is not None and _is_writable(file.parent):
        what = f"Others may put another file in the place of {file}."
        found.append(Finding("weak", "master_key_file", what, f"chmod go-w {file.parent}"))
    if config is not None and _is_open(config) and _holds_secret(config):
        what = f"{config} holds a secret and others may read it."
        found.append(Finding("weak", "config", what, f"chmod 600 {config}"))
    return found


def _storage(settings: Settings) -> list[Finding]:
    found = []
    url = settings.database_url.get_secret_value()
    parts = urlsplit(url)
    spills = settings.spill_folder
    if spills.exists() and _is_open(spills):
        what = f"Others on this machine may look into {spills}."
        found.append(Finding("weak", "spill_folder", what, f"chmod 700 {spills}"))
    for replica in settings.database_replica_urls:
        found += _unencrypted("database_replica_urls", replica.get_secret_value())
    if settings.database_direct_url is not None:
        direct = settings.database_direct_url.get_secret_value()
        found += _unencrypted("database_direct_url", direct)
    if parts.scheme.startswith("sqlite"):
        file = Path(url.partition("///")[2])
        for each in (file, file.with_name(file.name + "-wal")):
            if each.exists() and _is_open(each):
                what = f"{each} may be read by others on this machine."
                found.append(Finding("weak", "database_url", what, f"chmod 600 {each}"))
        if file.parent.exists() and _is_writable(file.parent):
            what = f"Others may put another file in the place of {file}."
            found.append(Finding("weak", "database_url", what, f"chmod go-w {file.parent}"))
        if not file.is_absolute():
            what = f"{file} is another file wherever the server is started from."
            do = "Write the whole path: sqlite:////var/lib/doorward/doorward.sqlite"
            found.append(Finding("weak", "database_url", what, do))
        return found
    return found + _unencrypted("database_url", url)


def _unencrypted(setting: str, url: str) -> list[Finding]:
    """The servers of an address that are reached in the clear, beyond this machine."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if (query.get("sslmode") or query.get("ssl")) in _SAFE_TLS:
        return []
    hosts = [urlsplit(f"//{one}").hostname for one in parts.netloc.rpartition("@")[2].split(",")]
    return [
        Finding(
            "weak",
            setting,
            f"The connection to {host} may be unencrypted.",
            "Add ?ssl=require to it.",
        )
        for host in hosts
        if host and host not in _LOOPBACK
    ]


def _mail(settings: Settings) -> list[Finding]:
    from doorward.config import parse_smtp_url

    if settings.smtp_url is None:
        what = "No mail is sent: people learn of nothing that they do not see themselves."
        do = "Set it and mail_from, then run: doorward mail test ADDRESS"
        return [Finding("weak", "smtp_url", what, do)]
    found = []
    server = parse_smtp_url(settings.smtp_url.get_secret_value())
    if not server.is_private:
        what = f"Letters, and the links in them, go to {server.host} unencrypted."
        found.append(Finding("weak", "smtp_url", what, "Remove ?tls=none."))
    if settings.mail_reply_to is None:
        what = "Answers to letters go to mail_from."
        found.append(Finding("weak", "mail_reply_to", what, "Set it to people who read mail."))
    return found


def _running(settings: Settings) -> list[Finding]:
    found = []
    if settings.outbound_allowed:
        places = ", ".join(settings.outbound_allowed)
        what = f"Whoever describes a connector may have requests sent to {places}."
        do = "Keep only platforms of your own network that people connect to."
        found.append(Finding("weak", "outbound_allowed", what, do))
    if settings.log_level == "debug":
        what = "It logs more than an operator should read, and slowly."
        found.append(Finding("weak", "log_level", what, "Set it to info."))
    return found


def _is_wide(proxy: str) -> bool:
    """Whether a trusted proxy is anybody, or a network of more than a few hundred machines."""
    if proxy.strip() == "*":
        return True
    try:
        network = ip_network(proxy.strip(), strict=False)
    except ValueError:
        return False
    return network.num_addresses > _MOST_PROXIES and not network.is_loopback


def _why_weak(key: bytes) -> str | None:
    """Why these bytes can hardly be random; None when they may be."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < len(key) // 2:
        return "it repeats a few bytes"
    if len(steps) <= 2:
        return "it counts, as keys in examples do"
    if all(0x20 <= each < 0x7F for each in key):
        return "it is text, which somebody wrote"
    return None


def _is_writable(folder: Path) -> bool:
    """Whether others may put files there; where each keeps their own, they cannot replace ours."""
    mode = folder.stat().st_mode
    return bool(mode & 0o022) and not mode & stat.S_ISVTX


def _is_open(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o077)


def _holds_secret(config: Path) -> bool:
    import tomllib

    values = tomllib.loads(config.read_text(encoding="utf-8"))
    names = ("database_url", "database_direct_url", "database_replica_urls", "smtp_url")
    return "master_keys" in values or any("@" in str(values.get(name, "")) for name in names)
