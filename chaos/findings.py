"""Afterwards: everything that was acknowledged, asked for again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from urllib.parse import urlsplit

from chaos.desk import Desk, Unknown

__all__ = ["compare", "verify_file"]

_AT_ONCE = 16


async def compare(desk: Desk) -> int:
    """Ask about all that is in the journal, and note what is lost there; how much was asked."""
    journal = desk.journal
    chains = [token for chain in journal.chains for token in (chain.access, chain.refresh)]
    checks: list[tuple[Iterable[object], Callable[..., Awaitable[str]]]] = [
        (((token, True) for token in (*journal.tokens, *chains)), _token),
        (((token, False) for token in journal.revoked), _token),
        (journal.accounts.items(), _account),
        (journal.keys.values(), _key),
        (journal.dead_keys.values(), _dead_key),
        (((each, 200) for each in journal.consents), _consent),
        (((each, 404) for each in journal.withdrawn), _consent),
        (journal.sessions, _session),
    ]
    asked = 0
    for things, check in checks:
        for found in await _each(desk, list(things), check):
            asked += 1
            if found:
                journal.lost.append(found)
    return asked


async def _each(
    desk: Desk, things: list[object], check: Callable[..., Awaitable[str]]
) -> list[str]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: object) -> str:
        async with gate:
            try:
                return await check(desk, thing)
            except Unknown:
                return f"{check.__name__[1:]}: no answer, although nothing is disturbed any more"

    return list(await asyncio.gather(*map(one, things)))


async def _token(desk: Desk, wanted: tuple[str, bool]) -> str:
    token, active = wanted
    answer = await desk.program("/oauth2/introspect", {"token": token})
    is_so = answer.status_code == 200 and answer.json()["active"] is active
    return "" if is_so else f"a token of kind {token[:6]} should be {'alive' if active else 'dead'}"


async def _account(desk: Desk, wanted: tuple[str, str]) -> str:
    account_id, username = wanted
    answer = await desk.api("GET", f"/accounts/{account_id}")
    if answer.status_code != 200 or answer.json()["username"] != username:
        return f"an account is gone: {answer.status_code}"
    known = desk.journal.renamed.get(account_id)
    name = answer.json()["name"]
    if known is not None and name != known.settled and name not in known.open_:
        return f"a renaming is gone: it is {name!r}, and was {known.settled!r}"
    return ""


async def _key(desk: Desk, key: str) -> str:
    answer = await desk.api("GET", "/organization", key=key)
    return "" if answer.status_code == 200 else f"an API key is gone: {answer.status_code}"


async def _dead_key(desk: Desk, key: str) -> str:
    answer = await desk.api("GET", "/organization", key=key)
    return "" if answer.status_code == 401 else f"a revoked key is back: {answer.status_code}"


async def _consent(desk: Desk, wanted: tuple[str, int]) -> str:
    consent_id, status = wanted
    answer = await desk.api("GET", f"/consents/{consent_id}")
    return "" if answer.status_code == status else f"a consent: {answer.status_code}, not {status}"


async def _session(desk: Desk, cookies: dict[str, str]) -> str:
    header = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    answer = await desk.page("GET", "/account", headers=header)
    return "" if answer.status_code == 200 else f"a session is gone: {answer.status_code}"


def verify_file(url: str) -> str:
    """What SQLite says of its file; nothing when all is well, or it is another database."""
    if not url.startswith("sqlite"):
        return ""
    with closing(sqlite3.connect(urlsplit(url).path)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
    return "" if found == [("ok",)] else f"the file is damaged: {found[:3]}"
