"""Whether a password is its account's own: counted before it is hashed, at equal cost for all."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from doorward.accounts.keys import login_key
from doorward.accounts.model import Account, AccountKind, SignInRefused
from doorward.accounts.passwords import Passwords
from doorward.accounts.reading import LONGEST_IDENTIFIER, AccountReading
from doorward.accounts.refusals import Busy
from doorward.accounts.store import REHASH, find_account, find_login
from doorward.audit import is_plain_line
from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import Secret
from doorward.db import Database

__all__ = ["SOMEWHERE", "Doorway", "SigningIn"]

_LONGEST_PASSWORD = 256
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where somebody knocks.

    ``network`` is the subscriber's (``subscriber_of``). ``browser`` names the browser, as far as
    one has proved that the people of ``knows`` signed in there before.
    """

    network: str = ""
    browser: str = ""
    knows: frozenset[int] = frozenset()

    def tries(self, kind: AccountKind, identifier: str, account_id: int | None) -> list[Try]:
        """What a try here counts under. An account is one, by whichever name it is called.

        In a browser that it knows it has tries of its own, so that nobody elsewhere can use up
        its owner's. A name that is nobody's is counted like an account's.
        """
        if account_id is None:
            whose = f"name {kind} {login_key(identifier.strip())}"
        else:
            whose = f"account {account_id}"
            if account_id in self.knows:
                return [Try(Brake.PASSWORD_BROWSER, f"{whose} in {self.browser}", account_id)]
        return [
            Try(Brake.PASSWORD_HERE, f"{whose} from {self.network}", account_id),
            Try(Brake.PASSWORD_ACCOUNT, whose, account_id),
            Try(Brake.PASSWORD_NETWORK, self.network),
        ]


SOMEWHERE = Doorway()
"""A place that is not known: all of them together are one."""


class SigningIn(AccountReading):
    """What lets people in. ``Accounts`` adds what changes them."""

    def __init__(self, *, db: Database, passwords: Passwords, brakes: Brakes) -> None:
        """Read from ``db``, hash with ``passwords``, and be slowed down by ``brakes``."""
        super().__init__(db=db)
        self._passwords = passwords
        self._brakes = brakes

    async def verify_password(
        self,
        org_id: str,
        kind: AccountKind,
        identifier: str,
        password: Secret[str],
        door: Doorway = SOMEWHERE,
    ) -> Account | SignInRefused:
        """The account, when it is active and ``password`` is its own; else one refusal.

        An unknown name, a wrong password and a disabled account cost the same work and get equal
        answers, as they do once there were too many tries. Raises ``Braked``, and ``Busy``: such
        a try stays counted.
        """
        found = await self._find_login(org_id, kind, identifier)
        account_id, stored = found if found is not None else (None, None)
        tries = door.tries(kind, identifier, account_id)
        await self._brakes.admit(org_id, *tries)
        given = password if len(password.reveal()) <= _LONGEST_PASSWORD else Secret("")
        verdict = await self._passwords.verify(stored, given)
        # Hashing took its time; whoever was disabled meanwhile does not come in. It is read for
        # everybody, so that nobody learns from the clock what was right.
        current = await find_account(self._db, org_id, account_id or _NOBODY)
        if account_id is None:
            return SignInRefused(detail="unknown")
        if stored is None or not verdict.right:
            return SignInRefused(account_id=account_id, detail="wrong password")
        if current is None or not current.is_active:
            return SignInRefused(account_id=account_id, detail="disabled")
        await self._brakes.forgive(org_id, *tries)
        if verdict.is_outdated:
            await self._rehash(current, stored, password)
        return current

    async def _find_login(
        self, org_id: str, kind: AccountKind, identifier: str
    ) -> tuple[int, str | None] | None:
        identifier = identifier.strip()
        if not is_plain_line(identifier, LONGEST_IDENTIFIER):
            return None
        return await find_login(self._db, org_id, kind, identifier)

    async def _rehash(self, account: Account, stored: str, password: Secret[str]) -> None:
        """Keep the hash that today's parameters make; where there is no time, the next time."""
        with suppress(Busy):
            hashed = await self._passwords.hash(password)
            await self._db.run(
                REHASH,
                org_id=account.org_id,
                account_id=account.account_id,
                was=stored,
                password_hash=hashed,
            )
