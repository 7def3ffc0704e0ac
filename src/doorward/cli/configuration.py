"""Settings: what is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.cli.at import At
from doorward.cli.command import command, group

if TYPE_CHECKING:
    from doorward.config import Settings

__all__ = ["configuration", "without_password"]

configuration = group("Settings: what is in force, and whether it can be used.")


@command(configuration, "show")
def show(at: At) -> None:
    """Print every setting in force, secrets masked."""
    at.show(_shown(at.settings()))


@command(configuration, "check")
def check(at: At) -> None:
    """Check the settings and the master keys; opens no database."""
    from doorward.config import master_keys

    settings = at.settings()
    count = len(master_keys(settings))
    at.show({"valid": True, "file": str(at.config_file() or ""), "master_keys": count})


def _shown(settings: Settings) -> dict[str, object]:
    shown = settings.model_dump(mode="json")
    shown["database_url"] = without_password(settings.database_url.get_secret_value())
    replicas = [each.get_secret_value() for each in settings.database_replica_urls]
    shown["database_replica_urls"] = [without_password(each) for each in replicas]
    if settings.database_direct_url is not None:
        direct = settings.database_direct_url.get_secret_value()
        shown["database_direct_url"] = without_password(direct)
    if settings.smtp_url is not None:
        shown["smtp_url"] = without_password(settings.smtp_url.get_secret_value())
    shown["master_keys"] = ["…" for _ in settings.master_keys]
    return shown


def without_password(url: str) -> str:
    """A database address that may be printed."""
    from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

    parts = urlsplit(url)
    if not parts.netloc and not parts.query:
        return url
    user, has_user, place = parts.netloc.rpartition("@")
    name, has_password, _ = user.partition(":")
    hidden = f"{name}:…" if has_password else name
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = [(k, "…" if "pass" in k.lower() else v) for k, v in given]
    safe = parts._replace(
        netloc=f"{hidden}{has_user}{place}", query=urlencode(query, safe="/:…") if query else ""
    )
    return urlunsplit(safe)
