"""What a person's home page says about the safety of their account, one line for each matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from doorward.accounts import Accounts
from doorward.belongings import Deletions
from doorward.consents import Consents
from doorward.console.account.frame import Person
from doorward.db import SECOND, Clock
from doorward.factors import FEW_CODES, Factors
from doorward.http import message
from doorward.passkeys import Passkeys
from doorward.sessions import SecondSteps, Sessions, requires_second_step
from doorward.vault import Connections, Status

__all__ = [
    "AppsCheck",
    "Check",
    "ConnectionsCheck",
    "DeletionCheck",
    "DevicesCheck",
    "EmailCheck",
    "Line",
    "PasskeysCheck",
    "PasswordCheck",
    "SecondStepCheck",
    "Standing",
    "examine",
]

_UNUSED_AFTER: Final = 180 * 86_400 * SECOND
_NEEDS_A_HAND: Final = frozenset({Status.NEEDS_RECONNECT, Status.BLOCKED})


class Standing(StrEnum):
    """How a matter stands: in order, better otherwise, or in need of the person."""

    GOOD = "good"
    COULD = "could"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Line:
    """One matter. ``said`` and ``action`` are msgids; ``values`` and ``at`` (µs) fill ``said``."""

    title: str
    standing: Standing
    said: str
    path: str
    action: str
    values: Mapping[str, object] = field(default_factory=dict)
    at: int | None = None


class Check(Protocol):
    """Whatever has something to say about an account."""

    async def examine(self, person: Person) -> Sequence[Line]:
        """The lines about ``person``; none where the matter does not arise."""


async def examine(checks: Sequence[Check], person: Person) -> list[Line]:
    """Every line of every check, in their order."""
    return [line for check in checks for line in await check.examine(person)]


class DeletionCheck:
    """Whether the account is about to be deleted."""

    def __init__(self, deletions: Deletions) -> None:
        """Ask ``deletions``."""
        self._deletions = deletions

    async def examine(self, person: Person) -> Sequence[Line]:
        """Nothing for most people."""
        found = await self._deletions.find(*person.whose)
        if found is None:
            return []
        title, path = message("Deleting the account"), "/account/delete"
        if found.due_at is None:
            said = message("{org} was asked to delete this account.")
            values = {"org": person.tenant.org.name}
            return [Line(title, Standing.MUST, said, path, message("Keep the account"), values)]
        said = message("Everything here will be deleted {moment}.")
        keep = message("Keep the account")
        return [Line(title, Standing.MUST, said, path, keep, at=found.due_at)]


class PasswordCheck:
    """Whether there is a password, and since when."""

    def __init__(self, accounts: Accounts) -> None:
        """Ask ``accounts``."""
        self._accounts = accounts

    async def examine(self, person: Person) -> Sequence[Line]:
        """Old is not bad: a password that only its owner knows need not be changed."""
        account = await self._accounts.get(*person.whose)
        at, path = account.password_changed_at, "/account/password"
        if at is None:
            said = message("Your account has no password.")
            return [Line(message("Password"), Standing.GOOD, said, path, message("Choose one"))]
        said = message("You chose it {moment}.")
        return [Line(message("Password"), Standing.GOOD, said, path, message("Change it"), at=at)]


class EmailCheck:
    """Whether the address is known to be the person's own."""

    def __init__(self, accounts: Accounts) -> None:
        """Ask ``accounts``."""
        self._accounts = accounts

    async def examine(self, person: Person) -> Sequence[Line]:
        """Without an address, nobody is warned and no password is recovered."""
        account = await self._accounts.get(*person.whose)
        title, path = message("Email"), "/account/email"
        if account.email is None:
            said = message("Without an address, a forgotten password cannot be replaced.")
            return [Line(title, Standing.MUST, said, path, message("Add an address"))]
        if not account.email_verified:
            said = message("You have not confirmed yet that {email} is yours.")
            values = {"email": account.email}
            return [Line(title, Standing.MUST, said, path, message("Confirm your address"), values)]
        said = message("{email} is confirmed. Warnings about your account go there.")
        values = {"email": account.email}
        return [Line(title, Standing.GOOD, said, path, message("Change the address"), values)]


class SecondStepCheck:
    """Whether a stolen password is enough, and whether the way round it is running out."""

    def __init__(self, second_steps: SecondSteps, factors: Factors) -> None:
        """Ask ``second_steps`` of every kind, and ``factors`` for recovery codes."""
        self._second_steps = second_steps
        self._factors = factors

    async def examine(self, person: Person) -> Sequence[Line]:
        """Nothing where the organization does not ask for second steps."""
        org = person.tenant.org
        if org.policy.second_step == "off":
            return []
        title, path = message("Two-step verification"), "/account/two-step"
        if not await self._second_steps.list_of(*person.whose):
            required = requires_second_step(org, person.session.account_kind)
            standing = Standing.MUST if required else Standing.COULD
            said = message("It is off: whoever learns your password can sign in as you.")
            return [Line(title, standing, said, path, message("Turn it on"))]
        on = message("It is on: a stolen password is not enough.")
        left = (await self._factors.get_standing(*person.whose)).codes_left
        few = left <= FEW_CODES
        codes = Line(
            message("Recovery codes"),
            Standing.MUST if few else Standing.GOOD,
            message("Left: {number}. Each lets you in once when your phone is lost."),
            path,
            message("Make new codes") if few else message("See them"),
            {"number": left},
        )
        return [Line(title, Standing.GOOD, on, path, message("Change it")), codes]


class PasskeysCheck:
    """Whether the person has passkeys."""

    def __init__(self, passkeys: Passkeys) -> None:
        """Ask ``passkeys``."""
        self._passkeys = passkeys

    async def examine(self, person: Person) -> Sequence[Line]:
        """None is no fault."""
        found = await self._passkeys.list_of_account(*person.whose)
        title, path = message("Passkeys"), "/account/passkeys"
        if not found:
            said = message("None yet. With one you sign in without typing, and nobody can copy it.")
            return [Line(title, Standing.COULD, said, path, message("Add a passkey"))]
        said, values = message("Passkeys that let you in: {number}."), {"number": len(found)}
        return [Line(title, Standing.GOOD, said, path, message("See them"), values)]


class DevicesCheck:
    """Where the person is signed in."""

    def __init__(self, sessions: Sessions) -> None:
        """Ask ``sessions``."""
        self._sessions = sessions

    async def examine(self, person: Person) -> Sequence[Line]:
        """Nobody but the person knows which of them are theirs: it says how many."""
        live = await self._sessions.list_live(person.tenant.org, person.session.account_id)
        said = message("Devices where you are signed in: {number}.")
        values = {"number": len(live)}
        path, action = "/account/sessions", message("See them")
        return [Line(message("Devices"), Standing.GOOD, said, path, action, values)]


class AppsCheck:
    """Connected apps, and those that nobody has used for half a year."""

    def __init__(self, consents: Consents, clock: Clock) -> None:
        """Ask ``consents``, as of ``clock``."""
        self._consents = consents
        self._clock = clock

    async def examine(self, person: Person) -> Sequence[Line]:
        """Access that nobody uses is better removed."""
        consents = await self._consents.list_of_account(*person.whose)
        since = self._clock() - _UNUSED_AFTER
        unused = [each for each in consents if each.last_used_at < since]
        title, path = message("Connected apps"), "/account/apps"
        if unused:
            said = message("Apps that have not used their access for half a year: {number}.")
            values = {"number": len(unused)}
            return [Line(title, Standing.COULD, said, path, message("Look through them"), values)]
        said, values = (
            message("Apps that may use your account: {number}."),
            {"number": len(consents)},
        )
        return [Line(title, Standing.GOOD, said, path, message("See them"), values)]


class ConnectionsCheck:
    """Accounts on other platforms, and those that work no more until the person does something."""

    def __init__(self, connections: Connections) -> None:
        """Ask ``connections``."""
        self._connections = connections

    async def examine(self, person: Person) -> Sequence[Line]:
        """Nothing for who has connected nothing."""
        found = await self._connections.list_of_account(*person.whose)
        kept = [each for each in found if each.status is not Status.DISCONNECTED]
        if not kept:
            return []
        broken = [each for each in kept if each.status in _NEEDS_A_HAND]
        title, path = message("Connected accounts"), "/account/connections"
        if broken:
            said = message("Accounts that have to be connected again: {number}.")
            values = {"number": len(broken)}
            return [Line(title, Standing.MUST, said, path, message("Connect again"), values)]
        said, values = message("Accounts on other platforms: {number}."), {"number": len(kept)}
        return [Line(title, Standing.GOOD, said, path, message("See them"), values)]
