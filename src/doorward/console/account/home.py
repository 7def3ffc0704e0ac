"""``/account``: who a person is here, and how safe their account is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from doorward.console.account.checkup import Check, Line, Standing, examine
from doorward.console.account.frame import AccountFrame, Person
from doorward.http import ASGIApp, Call, Reply, message

__all__ = ["HomePage"]

_NOTICES: Final = {
    "welcome": message(
        "Your account is ready. If an application or another browser is waiting, "
        "go back there and sign in."
    )
}
_WORDS: Final = {
    Standing.GOOD: (message("In order"), "tick", "green"),
    Standing.COULD: (message("Worth a look"), "info", "plain"),
    Standing.MUST: (message("Needs you"), "warning", "amber"),
}
_FIRST: Final = (Standing.MUST, Standing.COULD, Standing.GOOD)


class HomePage:
    """A calm page when all is well; else what needs the person stands first."""

    def __init__(self, frame: AccountFrame, checks: Sequence[Check]) -> None:
        """Say what ``checks`` find of whoever ``frame`` lets in."""
        self._frame = frame
        self._checks = tuple(checks)

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /account``."""
        return await self._frame.signed_in(call, self._show)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        lines = await examine(self._checks, person)
        # The sort is stable: within one standing the order of the checks stays.
        lines.sort(key=lambda line: _FIRST.index(line.standing))
        values: dict[str, object] = {
            "lines": [_shown(person, line) for line in lines],
            "needed": sum(line.standing is Standing.MUST for line in lines),
            "notices": _NOTICES,
        }
        return self._frame.page(call, person, "account_home.html", "/account", values)


def _shown(person: Person, line: Line) -> dict[str, object]:
    word, symbol, colour = _WORDS[line.standing]
    query = f"?{urlencode(person.as_whom)}" if person.as_whom else ""
    return {
        "title": line.title,
        "said": line.said,
        "values": dict(line.values),
        "at": line.at,
        "url": f"{person.tenant.base}{line.path}{query}",
        "action": line.action,
        "word": word,
        "symbol": symbol,
        "colour": colour,
    }
