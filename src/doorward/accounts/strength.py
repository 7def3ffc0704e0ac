"""Which passwords may be chosen: long enough, not among the first guesses, nothing about oneself.

What was chosen elsewhere or before is never asked again: imported hashes and old passwords stay.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from doorward.accounts.keys import login_key
from doorward.accounts.model import Account
from doorward.accounts.refusals import PasswordFault, WeakPassword
from doorward.crypto import Secret
from doorward.orgs import Organization, Policy

__all__ = ["LONGEST_PASSWORD", "PasswordRules", "rules_for", "verify_new_password"]

LONGEST_PASSWORD: Final = 256

_LEAST_SCORE = 2
"""On the scale of zxcvbn, 0 to 4: what is guessed within ten thousand tries or a million is out."""

_MEASURED = 72
"""So many characters are measured: measuring takes time by their square, and they are enough."""

_SHORTEST_NAME = 4
_SHORTEST_WIDE_NAME = 2


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What a new password must keep to.

    It has ``least`` characters or more, and holds none of ``names``, which are in the form in
    which names are compared. ``org`` is what the organization is called.
    """

    least: int
    org: str
    names: frozenset[str]


def rules_for(account: Account, org: Organization | None) -> PasswordRules:
    """The rules of ``org`` for the password of ``account``: one that does not tell who they are."""
    said = (
        account.username,
        account.email,
        (account.email or "").partition("@")[0],
        *_parts(account.name),
        *_parts(account.given_name),
        *_parts(account.family_name),
        account.org_id,
        *(() if org is None else (org.name,)),
    )
    policy = Policy() if org is None else org.policy
    name = account.org_id if org is None else org.name
    return PasswordRules(policy.password_min_length, name, frozenset(_names(said)))


def verify_new_password(password: Secret[str], rules: PasswordRules) -> Secret[str]:
    """``password``, when it keeps to ``rules``. Raises ``WeakPassword``.

    It takes milliseconds, and more for long ones: call it where passwords are hashed.
    """
    text = password.reveal()
    if not rules.least <= len(text) <= LONGEST_PASSWORD:
        raise WeakPassword(PasswordFault.LENGTH, least=rules.least, org=rules.org)
    plain = _squeezed(text)
    if any(name in plain for name in rules.names):
        raise WeakPassword(PasswordFault.PERSONAL, least=rules.least, org=rules.org)
    if _score(text) < _LEAST_SCORE:
        raise WeakPassword(PasswordFault.EASY, least=rules.least, org=rules.org)
    return password


def _score(text: str) -> int:
    measured = unicodedata.normalize("NFKC", text)[:_MEASURED]
    # Its lists of words take 12 MB, and most processes never see a new password.
    from zxcvbn.matching import RANKED_DICTIONARIES, omnimatch  # noqa: PLC0415
    from zxcvbn.scoring import most_guessable_match_sequence  # noqa: PLC0415
    from zxcvbn.time_estimates import guesses_to_score  # noqa: PLC0415

    matches = omnimatch(measured, RANKED_DICTIONARIES)
    return int(guesses_to_score(most_guessable_match_sequence(measured, matches)["guesses"]))


def _parts(name: str | None) -> tuple[str, ...]:
    """A name as a whole, and each word of it."""
    return () if name is None else (name, *name.split())


def _names(said: Iterable[str | None]) -> Iterable[str]:
    for text in said:
        name = _squeezed(text or "")
        wide = any(unicodedata.east_asian_width(char) in {"W", "F"} for char in name)
        if len(name) >= (_SHORTEST_WIDE_NAME if wide else _SHORTEST_NAME):
            yield name


def _squeezed(text: str) -> str:
    """The form in which names are compared, without spaces and the marks between words."""
    return "".join(char for char in login_key(text) if char.isalnum() or char == "@")
