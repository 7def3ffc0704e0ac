"""What is braked, how hard, and how a limit is written in the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from types import MappingProxyType
from typing import Final

from doorward.db import SECOND
from doorward.protocol import Refusal

__all__ = [
    "MOST_TRIES",
    "Brake",
    "Braked",
    "Rule",
    "Slowed",
    "Try",
    "parse_rule",
    "rules_of",
]

_MINUTE: Final = 60 * SECOND
_SKEW: Final = _MINUTE
"""How far the clocks of two processes may lie apart, and how long a try may wait for its row."""

MOST_TRIES: Final = 4
"""How many counters one attempt may stand under."""


class Brake(StrEnum):
    """What is counted. The value names the limit in the settings."""

    PASSWORD_HERE = "password_here"  # noqa: S105 - the name of a brake
    """Passwords for one account from one network."""
    PASSWORD_ACCOUNT = "password_account"  # noqa: S105 - the name of a brake
    """Passwords for one account from wherever, but for the browsers that it knows."""
    PASSWORD_BROWSER = "password_browser"  # noqa: S105 - the name of a brake
    """Passwords for one account in a browser that signed in to it before."""
    PASSWORD_NETWORK = "password_network"  # noqa: S105 - the name of a brake
    """Passwords from one network, whoever's."""
    SECOND_STEP = "second_step"
    """Codes of a second step, by account."""
    RECOVERY_CODE = "recovery_code"
    """Recovery codes, by account."""
    PASSKEY_NETWORK = "passkey_network"
    """Passkeys that prove nothing, by network."""
    PASSKEY_CHALLENGES = "passkey_challenges"
    """Challenges for passkeys, by the network that asks for them."""
    MAIL_ADDRESS = "mail_address"
    """Letters that anybody can cause, by the address that they go to."""
    MAIL_NETWORK = "mail_network"
    """The same, by the network that asks for them."""
    SIGN_UP_NETWORK = "sign_up_network"
    """New accounts, by network."""
    LINK = "link"
    """Links of letters that lead nowhere, by network."""
    REGISTRATION = "registration"
    """New applications, by the account that registers them."""
    CLIENT_FAILURES = "client_failures"
    """Applications that fail to prove themselves, by application and network."""
    KEY_FAILURES = "key_failures"
    """API keys and personal keys that do not exist, by network."""
    API_SESSION_NETWORK = "api_session_network"
    """Identifiers of API sessions that were never any, by network."""
    API_SESSIONS = "api_sessions"
    """The same from everywhere together."""
    FORM_KEYS = "form_keys"
    """Credentials that a platform refuses, typed into a form, by account."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``most`` tries within ``span``; what comes after them depends on ``first``.

    With a ``first`` wait the next one may follow after it, and every further one after twice the
    wait before, up to ``longest``; a ``span`` of quiet forgets them all. Without it nothing may
    follow until ``span`` has passed since the first try. Microseconds throughout. A right try
    ``clears`` the counter, or else is taken back from it. One that ``tells`` notes when it reaches
    ``most``, so that an owner may hear of it.
    """

    most: int
    span: int
    first: int = 0
    longest: int = 0
    clears: bool = False
    tells: bool = False

    @property
    def is_window(self) -> bool:
        """Whether it closes until its span is over, instead of slowing down."""
        return self.first == 0

    @property
    def shut(self) -> int:
        """The longest that it may be closed: one that says more was set by another clock."""
        return (self.span if self.is_window else self.longest) + _SKEW

    @property
    def kept(self) -> int:
        """The longest that a counter can be of use after a try."""
        return (self.span if self.is_window else self.span + self.longest) + _SKEW


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt under ``brake`` by or at ``subject``, which is canonical.

    That is an account id, a folded address, a network as ``subscriber_of`` answers it.
    ``account_id`` says who is to hear of it when the brake begins to slow, if anybody.
    """

    brake: Brake
    subject: str
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Slowed:
    """A counter that reached its limit, and the account whose owner may be told."""

    org_id: str
    key: bytes
    account_id: int | None


class Braked(Refusal):
    """Too many tries; the next may follow after ``retry_after_s`` seconds."""

    code = "too_many_tries"
    status = 429
    sentence = "There were too many tries. Wait a little, and try again."

    def __init__(self, wait: int) -> None:
        """Refuse for ``wait`` microseconds."""
        super().__init__()
        self.retry_after_s = max(1, ceil(wait / SECOND))


_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_UNITS: Final = {"s": SECOND, "m": _MINUTE, "h": _HOUR, "d": _DAY}

_RULES: Final[Mapping[Brake, Rule]] = MappingProxyType(
    {
        Brake.PASSWORD_HERE: Rule(10, _DAY, 30 * SECOND, 15 * _MINUTE, clears=True, tells=True),
        Brake.PASSWORD_ACCOUNT: Rule(50, _DAY, 30 * SECOND, 15 * _MINUTE, clears=True, tells=True),
        Brake.PASSWORD_BROWSER: Rule(10, _DAY, 30 * SECOND, 15 * _MINUTE, clears=True, tells=True),
        Brake.PASSWORD_NETWORK: Rule(100, 15 * _MINUTE, 10 * SECOND, 2 * _MINUTE),
        Brake.SECOND_STEP: Rule(10, _DAY, 30 * SECOND, 15 * _MINUTE, clears=True, tells=True),
        Brake.RECOVERY_CODE: Rule(5, _DAY, _MINUTE, 15 * _MINUTE, clears=True, tells=True),
        Brake.PASSKEY_NETWORK: Rule(60, 15 * _MINUTE, 5 * SECOND, _MINUTE),
        Brake.PASSKEY_CHALLENGES: Rule(300, 15 * _MINUTE, 5 * SECOND, _MINUTE),
        Brake.MAIL_ADDRESS: Rule(5, _HOUR),
        Brake.MAIL_NETWORK: Rule(30, _HOUR),
        Brake.SIGN_UP_NETWORK: Rule(20, _HOUR),
        Brake.LINK: Rule(60, 15 * _MINUTE, 5 * SECOND, _MINUTE),
        Brake.REGISTRATION: Rule(30, _DAY),
        Brake.CLIENT_FAILURES: Rule(100, 15 * _MINUTE, 5 * SECOND, _MINUTE),
        Brake.KEY_FAILURES: Rule(60, 15 * _MINUTE, 5 * SECOND, _MINUTE),
        Brake.API_SESSION_NETWORK: Rule(20, _MINUTE),
        Brake.API_SESSIONS: Rule(600, _MINUTE),
        Brake.FORM_KEYS: Rule(20, _HOUR, 10 * SECOND, 5 * _MINUTE),
    }
)
"""Slowed down is what people do to themselves too, and what somebody could do to them; a window
closes only on who asks for more than anybody needs."""

_SPAN = r"([1-9][0-9]{0,5})([smhd])"
_RULE = re.compile(rf"([1-9][0-9]{{0,5}}) in {_SPAN}(?: then {_SPAN} to {_SPAN})?\Z", re.ASCII)


def parse_rule(brake: Brake, text: str) -> Rule:
    """A limit as settings have it: ``10 in 1d then 30s to 15m``, or ``5 in 1h``.

    Raises ``ValueError``.
    """
    found = _RULE.match(text)
    if found is None:
        raise ValueError("a limit reads like `10 in 1d then 30s to 15m`, or `5 in 1h`")
    most, *spans = found.groups()
    lengths = [
        int(number) * _UNITS[unit] if number else 0
        for number, unit in zip(spans[::2], spans[1::2], strict=True)
    ]
    span, first, longest = lengths
    if max(lengths) > 30 * _DAY or longest < first:
        raise ValueError("a limit spans thirty days at most, and waits grow")
    return replace(_RULES[brake], most=int(most), span=span, first=first, longest=longest)


def rules_of(changed: Iterable[str] = ()) -> Mapping[Brake, Rule]:
    """The rule of every brake; ``changed`` are others, each as ``name: limit``.

    Raises ``ValueError``.
    """
    rules = dict(_RULES)
    for each in changed:
        name, _, text = each.partition(":")
        try:
            brake = Brake(name.strip())
        except ValueError:
            raise ValueError(f"there is no brake {name.strip()!r}") from None
        rules[brake] = parse_rule(brake, text.strip())
    return MappingProxyType(rules)
