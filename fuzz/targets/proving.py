"""How people prove who they are: passwords, codes, passkeys; and what slows down who tries them."""

from __future__ import annotations

from datetime import timedelta

import pyotp

from doorward.accounts import WeakPassword
from doorward.accounts.strength import PasswordRules, verify_new_password
from doorward.audit.links import BadHead, parse_head
from doorward.brakes.model import Brake, parse_rule
from doorward.crypto import Secret
from doorward.factors.codes import parse_recovery_code
from doorward.factors.pictures import draw_qr
from doorward.factors.totp import find_step, parse_code, setup_uri
from doorward.passkeys.ceremonies import parse_assertion, parse_creation
from doorward.passkeys.model import AnswerRefused
from doorward.passkeys.parties import RelyingParty
from fuzz.target import Target, holds
from fuzz.texts import pieces, text

__all__ = ["PROVING"]

_KEY = Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
_PARTY = RelyingParty("id.example.com", "https://id.example.com", "River Trust")
_RULES = PasswordRules(8, "River Trust", frozenset({"anna", "river"}))


def _password(data: bytes) -> None:
    taken = verify_new_password(Secret(text(data)), _RULES).reveal()
    holds(8 <= len(taken) <= 256, "a password of no length that is allowed")
    holds("anna" not in taken.casefold(), "a password with a name in it")


def _code(data: bytes) -> None:
    code = parse_code(text(data))
    if code is not None:
        holds(len(code) == 6 and code.isascii() and code.isdigit(), "no code")
        holds(find_step(_KEY, code, now=10**15, after=1 << 60) is None, "a step that was used")


def _recovery_code(data: bytes) -> None:
    code = parse_recovery_code(text(data))
    holds(code is None or parse_recovery_code(code.reveal()) == code, "its form has another form")


def _setup(data: bytes) -> None:
    """Whatever an organization and a person are called, an app can read the picture."""
    issuer, label = pieces(data, 2)
    uri = setup_uri(_KEY, issuer=issuer, label=label)
    read = pyotp.parse_uri(uri.reveal())
    holds(isinstance(read, pyotp.TOTP) and read.secret == _KEY.reveal(), "another key")
    holds(draw_qr(uri).startswith("data:image/svg+xml"), "no picture")


def _creation(data: bytes) -> None:
    made = parse_creation(text(data)).verify(_PARTY)
    holds(0 < len(made.credential_id) <= 1023, "a number that no passkey has")
    holds(0 <= made.sign_count < 1 << 32, "a count that no column holds")


def _assertion(data: bytes) -> None:
    given = parse_assertion(text(data))
    holds(isinstance(given.credential_id, bytes), "no number of a passkey")
    holds(given.handle is None or isinstance(given.handle, bytes), "no handle")


def _limit(data: bytes) -> None:
    rule = parse_rule(Brake.LINK, text(data))
    holds(rule.most > 0 and rule.first <= rule.longest, "a limit that is none")
    holds(timedelta(microseconds=rule.span) <= timedelta(days=30), "a span without an end")


def _head(data: bytes) -> None:
    head = parse_head(text(data))
    holds(parse_head(str(head)) == head, "what is printed reads back as something else")


_ANSWERS = (
    '{"id":"', '"rawId":"', '"type":"public-key"', '"response":{', '"clientDataJSON":"',
    '"attestationObject":"', '"authenticatorData":"', '"signature":"', '"userHandle":null',
    '"transports":["usb"', "eyJjaGFsbGVuZ2UiOiJBQUFBIiw",
    '"clientExtensionResults":{}', "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVg",
)  # fmt: skip

PROVING = (
    Target(
        "proving.password", _password, (WeakPassword,), ("correct horse", "qwerty", "2024"), 1024
    ),
    Target("proving.code", _code, (), ("\uff11", "-", " ", "123456"), 256),
    Target("proving.recovery_code", _recovery_code, (), ("-", "\uff41", "o", "l"), 256),
    Target("proving.setup", _setup, (), ("\x1f", ":", "%", "/", "\U0001f4a5"), 512),
    Target("proving.passkey_made", _creation, (AnswerRefused,), _ANSWERS),
    Target("proving.passkey_shown", _assertion, (AnswerRefused,), _ANSWERS),
    Target("proving.limit", _limit, (ValueError,), ("10 in 1d", " then ", "30s to 15m"), 128),
    Target("proving.head", _head, (BadHead,), (":", "river", "events"), 512),
)
