"""The operations that are compared, each with the answer that it must give."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bench.accounts.people import Crowd
from doorward.accounts import (
    Account,
    AccountKind,
    Accounts,
    ListWanted,
    PageWanted,
    Passwords,
)
from doorward.accounts.passwords import Verdict
from doorward.crypto import Secret

__all__ = ["OPERATIONS", "Asked", "HashlessPasswords", "Operation"]

_PERSON = AccountKind.CONSTITUENT
PAGE = 25
_MARGIN = 4 * PAGE


@dataclass(frozen=True)
class Asked:
    """One question to the service about one crowd."""

    accounts: Accounts
    crowd: Crowd
    chance: random.Random

    def somebody(self) -> int:
        """The number of any account that has a page before it and one after it."""
        return self.chance.randrange(_MARGIN, self.crowd.size - _MARGIN)


Operation = Callable[[Asked], Awaitable[bool]]
"""Asks once; whether the answer was right."""


async def _page(ask: Asked, number: int) -> bool:
    page = await ask.accounts.page(
        ask.crowd.org_id, _PERSON, PageWanted(page=number, page_size=PAGE)
    )
    first = number * PAGE + 1
    return page.total == ask.crowd.size and _are(page.accounts, range(first, first + PAGE))


async def _first(ask: Asked) -> bool:
    return await _page(ask, 0)


async def _middle(ask: Asked) -> bool:
    return await _page(ask, ask.somebody() // PAGE)


async def _last(ask: Asked) -> bool:
    return await _page(ask, ask.crowd.size // PAGE - 1)


async def _following(ask: Asked) -> bool:
    place = ask.somebody()
    wanted = ListWanted(after=place, limit=PAGE)
    found = await ask.accounts.browse(ask.crowd.org_id, _PERSON, wanted)
    return _are(found, range(place + 1, place + 1 + PAGE))


async def _previous(ask: Asked) -> bool:
    place = ask.somebody()
    wanted = ListWanted(before=place, limit=PAGE)
    found = await ask.accounts.browse(ask.crowd.org_id, _PERSON, wanted)
    return _are(found, range(place - PAGE, place))


async def _exact(ask: Asked) -> bool:
    number = ask.somebody()
    wanted = PageWanted(email=ask.crowd.email(number), page_size=PAGE)
    page = await ask.accounts.page(ask.crowd.org_id, _PERSON, wanted)
    return page.total == 1 and _are(page.accounts, range(number, number + 1))


async def _email_prefix(ask: Asked) -> bool:
    # The hundred addresses that differ in the last two digits: more than a page either way.
    hundred = ask.somebody() // 100 * 100
    prefix = ask.crowd.email(hundred)[:6]
    found = await ask.accounts.list(ask.crowd.org_id, _PERSON, prefix, None, PAGE)
    first = max(hundred, 1)
    return _are(found, range(first, first + PAGE))


async def _name_prefix(ask: Asked) -> bool:
    given = ask.crowd.name(ask.somebody()).partition(" ")[0]
    found = await ask.accounts.list(ask.crowd.org_id, _PERSON, given, None, PAGE)
    return len(found) == PAGE and all(each.given_name == given for each in found)


async def _family_prefix(ask: Asked) -> bool:
    family = ask.crowd.name(ask.somebody()).partition(" ")[2]
    found = await ask.accounts.list(ask.crowd.org_id, _PERSON, family, None, PAGE)
    return len(found) == PAGE and all(each.family_name == family for each in found)


async def _sign_in(ask: Asked) -> bool:
    number = ask.somebody()
    login = ask.crowd.username(number) if number % 2 else ask.crowd.email(number)
    found = await ask.accounts.verify_password(ask.crowd.org_id, _PERSON, login, Secret("-" * 8))
    return isinstance(found, Account) and found.account_id == number


class HashlessPasswords(Passwords):
    """Passwords whose hash costs nothing: of a sign-in, everything else remains."""

    def _verify(self, stored: str | None, password: str) -> Verdict:
        return Verdict(right=stored is not None and bool(password))


def _are(found: list[Account], numbers: range) -> bool:
    return [each.account_id for each in found] == list(numbers)


OPERATIONS: Mapping[str, Operation] = {
    "first page": _first,
    "middle page": _middle,
    "last page": _last,
    "page after a place": _following,
    "page before a place": _previous,
    "e-mail, exact": _exact,
    "e-mail, prefix": _email_prefix,
    "name, prefix": _name_prefix,
    "family name, prefix": _family_prefix,
    "sign-in, hashing aside": _sign_in,
}
"""By the name that the report gives them."""
