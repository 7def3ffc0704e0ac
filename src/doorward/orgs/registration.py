"""Who may register applications with an organization, and what the others are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from doorward.audit import is_plain_line
from doorward.protocol import Refusal

__all__ = [
    "CLOSED",
    "BadRegistration",
    "Registrant",
    "Registration",
    "RegistrationMode",
    "verify_registration",
]

RegistrationMode = Literal["open", "by_request", "closed"]
Registrant = Literal["constituent", "system"]

_MODES: Final = frozenset({"open", "by_request", "closed"})
_WHO: Final = frozenset({"constituent", "system"})
_MAX_MESSAGE: Final = 500


class BadRegistration(Refusal):
    """The policy for new applications is not acceptable."""

    code = "bad_registration"
    status = 422
    sentence = "The registration policy is not valid."
    field = "registration"


@dataclass(frozen=True, slots=True)
class Registration:
    """What holds for new applications.

    ``open``: whoever is of the kinds ``who`` registers. ``by_request``: people ask the staff, who
    register for them; the message says how. ``closed``: none are taken; the message says why.
    """

    mode: RegistrationMode = "closed"
    who: tuple[Registrant, ...] = ("constituent", "system")
    message_en: str | None = None
    message_ja: str | None = None

    def welcomes(self, kind: Registrant) -> bool:
        """Whether an account of this kind may register by itself."""
        return self.mode == "open" and kind in self.who

    def message(self, locale: str) -> str | None:
        """What people are told, in their language where it was written."""
        if locale == "ja":
            return self.message_ja or self.message_en
        return self.message_en or self.message_ja

    @classmethod
    def from_json(cls, text: str) -> Registration:
        """Read what ``to_json`` wrote."""
        return msgspec.json.decode(text, type=cls)

    def to_json(self) -> str:
        """The policy as it is stored."""
        return msgspec.json.encode(self).decode()


CLOSED: Final = Registration()
"""What holds until the staff open it."""


def verify_registration(policy: Registration) -> Registration:
    """``policy`` with each kind once. Raises ``BadRegistration``."""
    if policy.mode not in _MODES:
        raise BadRegistration("Registration is open, by_request or closed.")
    if not set(policy.who) <= _WHO:
        raise BadRegistration("Those who register are constituent and system accounts.")
    if policy.mode == "open" and not policy.who:
        raise BadRegistration("Say who may register.", field="who")
    for name in ("message_en", "message_ja"):
        text = getattr(policy, name)
        if text is not None and not is_plain_line(text.replace("\n", " "), _MAX_MESSAGE):
            raise BadRegistration("A message has up to 500 visible characters.", field=name)
    who = tuple(kind for kind in ("constituent", "system") if kind in policy.who)
    return Registration(policy.mode, who, policy.message_en, policy.message_ja)
