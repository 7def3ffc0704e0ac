"""Help is complete, and quick because it loads nothing that a command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Shell

COMMANDS = """
serve | demo | init | doctor | config show | config check | db upgrade | db status
| db distribute | org create
| org list | user create | user list | app create | app list | app rotate-secret | scope create
| scope list | key rotate | key list | token introspect | token revoke | try code
| try client-credentials | api-key access | api-key create | api-key list | api-key regenerate
| api-key rotate | api-key revoke | connector list | connector show | connector validate
| connector schema | connector test | connector try | connection list | connection show
| connection refresh | connection revoke | connection token | connector register
| connector enable | connector disable
| passkey list | passkey remove
| audit verify | audit head | audit tail | audit export | audit restart
| master-key list | master-key reseal | master-key retire
"""
HEAVY = {
    "alembic", "argon2", "asyncio", "asyncpg", "authlib", "cryptography", "fastapi", "httpx2",
    "jinja2", "joserfc", "jsonschema", "msgspec", "pydantic", "rich", "sqlalchemy", "sqlite3",
    "starlette", "uvicorn",
}  # fmt: skip
MOST_MODULES = 320


def test_help_loads_nothing_heavy() -> None:
    """The number of loaded modules is the measure: it is the same on a slow machine."""
    program = (
        "import sys\n"
        "sys.argv = ['doorward', '--help']\n"
        "from doorward.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "Usage: doorward" in done.stdout
    loaded = done.stderr.split()
    assert HEAVY & set(loaded) == set()
    assert len(loaded) < MOST_MODULES


@pytest.mark.parametrize("words", [each.split() for each in COMMANDS.split("|")])
def test_every_command_explains_itself(bare: Shell, words: list[str]) -> None:
    """A sentence, and each option with its own."""
    done = bare.run(*words, "--help")
    assert done.status == 0
    assert f"Usage: doorward {' '.join(words)}" in done.out
    if words != ["demo"]:  # it has no settings, and is never asked for data
        for option in ("--json", "--no-input", "--config"):
            assert option in done.out
    # Options are visible to everybody on the machine: secrets come from files and from typing.
    for option in ("--password ", "--client-secret ", "--token ", "--secret "):
        assert option not in done.out


@pytest.mark.parametrize("words", [[], ["org"], ["nonsense"], ["org", "create"], ["user", "list"]])
def test_wrong_usage_ends_with_2(bare: Shell, words: list[str]) -> None:
    """A group without a command prints its help; a wrong one is named."""
    assert bare.run(*words).status == 2


def test_the_version_is_printed(bare: Shell) -> None:
    """One line for scripts and reports."""
    assert bare.run("--version").out.startswith("doorward ")
