"""`init`: from nothing to an installation that can be served."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from doorward.cli.at import At, SecretFile
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import cli_actor

if TYPE_CHECKING:
    from doorward.accounts import NewAccount
    from doorward.config import Settings
    from doorward.crypto import Secret

__all__ = ["init"]

_CONFIG = "doorward.toml"
_KEYS = "master.keys"
_URL = "DOORWARD_DATABASE_URL"


def init(
    at: At,
    folder: Annotated[Path, typer.Argument(help="Where the files go.")] = Path(),
    base_url: Annotated[
        str, typer.Option(help="The address that people will use.")
    ] = "http://127.0.0.1:8400",
    operator: Annotated[str, typer.Option(help="The first operator's user name.")] = "operator",
    password_file: SecretFile = None,
) -> None:
    """Write settings and keys, build the database, create an operator.

    The database is SQLite in the folder, or what DOORWARD_DATABASE_URL names.
    """
    folder = folder.absolute()
    config, keys = folder / _CONFIG, folder / _KEYS
    for file in (config, keys):
        if file.exists():
            raise Stop(f"{file} is there already; nothing was changed.")
    settings = _settings(folder, base_url)
    password = at.ask_secret("password", password_file, option="--password-file", twice=True)
    founder = _founder(operator, password)
    folder.mkdir(parents=True, exist_ok=True)
    _write_private(keys, urlsafe_b64encode(os.urandom(32)).decode() + "\n")
    _write_private(config, _toml(base_url, keys, settings))
    try:
        _found(settings, founder)
    except BaseException:
        # So that the same command can be tried again.
        config.unlink()
        keys.unlink()
        raise
    at.say(f"Next: doorward serve --config {config}")
    at.show({"config": str(config), "master_key_file": str(keys), "operator": operator})


def _settings(folder: Path, base_url: str) -> Settings:
    from doorward.config import load_settings

    named = os.environ.get(_URL)
    return load_settings(
        environment={},
        overrides={
            "base_url": base_url,
            "database_url": named or f"sqlite:///{folder / 'doorward.sqlite'}",
            "master_key_file": folder / _KEYS,
        },
    )


def _founder(operator: str, password: Secret[str]) -> NewAccount:
    from doorward.accounts import AccountKind, NewAccount
    from doorward.orgs import OPERATORS, Permission

    return NewAccount(
        org_id=OPERATORS,
        kind=AccountKind.SYSTEM,
        username=operator,
        permissions=tuple(str(permission) for permission in Permission),
        password=password,
    )


def _found(settings: Settings, founder: NewAccount) -> None:
    import asyncio

    from doorward.app import open_services, upgrade_schema
    from doorward.orgs import NewOrganization

    upgrade_schema(settings.session_url)

    async def found() -> None:
        use = await open_services(settings)
        by = cli_actor()
        try:
            if await use.organizations.find(founder.org_id) is not None:
                raise Stop("This database belongs to an installation already.")
            # First what may be refused, a weak password: then nothing else has happened yet.
            await use.accounts.create(founder, by)
            new = NewOrganization(org_id=founder.org_id, name="Operators")
            await use.organizations.create(new, by)
            await use.keys.ensure(founder.org_id, by=by)
        finally:
            await use.close()

    asyncio.run(found())


def _toml(base_url: str, keys: Path, settings: Settings) -> str:
    lines = [
        "# Settings of this Doorward installation. All of them: docs/settings.md",
        f"base_url = {_quoted(base_url)}",
        f"master_key_file = {_quoted(str(keys))}",
    ]
    port = urlsplit(base_url).port
    if settings.is_local and port is not None:
        # Nothing stands between: the server itself listens where people come.
        lines.append(f"port = {port}")
    if os.environ.get(_URL):
        # It may hold a password, and stays where it is.
        lines.append(f"# database_url comes from {_URL}.")
    else:
        lines.append(f"database_url = {_quoted(settings.database_url.get_secret_value())}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(text, ensure_ascii=False)


def _write_private(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Stop(f"{file} cannot be written: {error}", Exit.UNREACHABLE) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
