"""The platform itself: what it remembers, and what it decides. It knows no HTTP."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from tests.support.clock import ManualClock
from tests.support.upstream.switches import Fault, Switches

__all__ = [
    "CLIENT_ID",
    "ISSUER",
    "SECRET",
    "ApiNote",
    "ApiReply",
    "Family",
    "Platform",
    "Refused",
    "User",
]

CLIENT_ID = "doorward-at-the-platform"
SECRET = "platform-secret-0123456789abcdef"
ISSUER = "https://platform.example"
_OWN_WORDS = {"invalid_grant": "BAD_TOKEN_4711", "invalid_client": "WHO_ARE_YOU_4712"}


class Refused(Exception):
    """A request that does not fit."""

    def __init__(self, error: str, why: str = "", status: int = 400) -> None:
        super().__init__(f"{error}: {why}")
        self.error, self.why, self.status = error, why, status


@dataclass(frozen=True)
class ApiNote:
    """A call to the API as it arrived. ``target`` is the path as it was spelt, with its query."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The one value of a header, or nothing."""
        return ", ".join(value for each, value in self.headers if each == name)


@dataclass(frozen=True)
class ApiReply:
    """What a call is to be answered."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass
class User:
    """Who is signed in at the platform."""

    account_id: str = "acct-1"
    name: str = "Ada Lovelace"
    email: str = "ada@platform.example"
    organization: str = "Analytical Engines"


@dataclass
class Family:
    """Everything that one authorization brought."""

    user: User
    scopes: tuple[str, ...]
    challenge: str | None = None
    redirect_uri: str = ""
    state: str = ""
    nonce: str | None = None
    access: dict[str, int] = field(default_factory=dict)
    """Access tokens and when each ends."""
    refresh: str = ""
    before: dict[str, int] = field(default_factory=dict)
    """Refresh tokens that were used, and when."""
    is_revoked: bool = False


@dataclass
class Platform:
    """One platform with one client. ``faults`` go wrong in turn."""

    switches: Switches
    clock: ManualClock
    url: str
    secrets: set[str] = field(default_factory=lambda: {SECRET})
    user: User = field(default_factory=User)
    denies: str = ""
    """The error that the next visits end with."""
    faults: list[Fault] = field(default_factory=list)
    codes: dict[str, Family] = field(default_factory=dict)
    families: list[Family] = field(default_factory=list)
    seen_assertions: set[str] = field(default_factory=set)
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Every request: its method and path."""
    calls: list[ApiNote] = field(default_factory=list)
    api_replies: list[ApiReply] = field(default_factory=list)
    """What calls with a good credential are answered, in turn; afterwards the usual."""
    visits: list[dict[str, str]] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    refreshed: int = 0
    reused: int = 0
    """How often a refresh token was used that no longer counted."""
    revoked: list[str] = field(default_factory=list)
    serial: Any = field(default_factory=lambda: count(1))

    def mint(self, kind: str) -> str:
        """A value that is nowhere else."""
        return f"up_{kind}_{next(self.serial):06d}_{sha256(kind.encode()).hexdigest()[:16]}"

    def open_code(self, family: Family) -> str:
        """A code for ``family``."""
        code = self.mint("code")
        self.codes[code] = family
        return code

    def redeem(self, code: str, redirect_uri: str | None, verifier: str | None) -> Family:
        """The family of a code, once."""
        family = self.codes.pop(code, None)
        if family is None:
            raise Refused("invalid_grant", "the code")
        if self.switches.redirect_uri_in_exchange and redirect_uri != family.redirect_uri:
            raise Refused("invalid_grant", "the redirect URI")
        if family.challenge is not None:
            digest = sha256((verifier or "").encode()).digest()
            if urlsafe_b64encode(digest).decode().rstrip("=") != family.challenge:
                raise Refused("invalid_grant", "the verifier")
        elif verifier is not None:
            raise Refused("invalid_request", "a verifier without a challenge")
        self.families.append(family)
        family.refresh = self.mint("refresh")
        return family

    def rotate(self, presented: str) -> Family:
        """The family of a refresh token; one that was used before ends it (RFC 9700 4.14.2)."""
        now = self.clock.now // 1_000_000
        for family in self.families:
            if presented in family.before:
                if now - family.before[presented] < self.switches.grace_s:
                    return self._counted(family)
                self.reused += 1
                family.is_revoked = True
                raise Refused("invalid_grant", "used before")
            if presented == family.refresh and not family.is_revoked:
                if self.switches.refresh == "rotating":
                    family.before[presented] = now
                    family.refresh = self.mint("refresh")
                return self._counted(family)
        raise Refused("invalid_grant", "unknown refresh token")

    def by_access(self, token: str) -> Family:
        """The family of an access token that is good."""
        for family in self.families:
            ends = family.access.get(token)
            if ends is not None and not family.is_revoked:
                if ends and ends <= self.clock.now // 1_000_000:
                    raise Refused("token_expired", status=401)
                return family
        raise Refused("token_invalid", status=401)

    def prolong(self, token: str) -> Family:
        """The family of an access token that is given for another one."""
        return self._counted(self.by_access(token))

    def _counted(self, family: Family) -> Family:
        self.refreshed += 1
        return family

    def forget(self, token: str) -> bool:
        """Revoke a token and what hangs on it. False where it is unknown."""
        for family in self.families:
            if token in {family.refresh, *family.access}:
                family.is_revoked = True
                self.revoked.append(token)
                return True
        return False

    def token_answer(self, family: Family, *, first: bool) -> dict[str, Any]:
        """What a token request is answered with, flat and by the standard's names."""
        switches = self.switches
        if switches.refresh == "code_only" and not first:
            # It lives on, and nobody is told more.
            token = next(reversed(family.access))
            family.access[token] = self._ends()
            return {"status": "0000"}
        access = self._access_token()
        family.access[access] = self._ends()
        answer: dict[str, Any] = {"access_token": access, "token_type": "bearer"}
        if first or switches.repeats_expiry:
            answer |= self._expiry()
        has_refresh = switches.refresh in {"rotating", "reusable", "code_only"}
        repeats = first or switches.refresh == "rotating" or switches.repeats_refresh_token
        if has_refresh and repeats and family.refresh:
            answer["refresh_token"] = family.refresh
        separator = "," if switches.scope_separator == "," else " "
        answer["scope"] = separator.join(family.scopes)
        if switches.refresh == "code_only":
            answer["status"] = "0000"
        if switches.user_scopes and first:
            second = self.mint("user")
            family.access[second] = self._ends()
            answer["authed_user.access_token"] = second
        if switches.base_in_answer:
            answer["instance_url"] = self.url
        if switches.identity == "token":
            answer |= {"account": family.user.account_id, "account_name": family.user.name}
        if switches.identity == "id_token":
            answer["id_token"] = unsigned(
                {
                    "sub": family.user.account_id,
                    "name": family.user.name,
                    "email": family.user.email,
                    "nonce": family.nonce,
                }
            )
        return answer

    def sign_callback(self, params: Mapping[str, str]) -> str:
        """The platform's signature over a callback."""
        text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        mac = hmac.digest(SECRET.encode(), text.encode(), sha256)
        return mac.hex() if self.switches.signed_callback == "hex" else b64encode(mac).decode()

    def error_word(self, error: str) -> str:
        """What this platform calls an error."""
        return _OWN_WORDS.get(error, error) if self.switches.own_error_words else error

    def _access_token(self) -> str:
        if self.switches.expiry == "jwt":
            return unsigned({"exp": self._ends(), "jti": self.mint("access")})
        return self.mint("access")

    def _ends(self) -> int:
        endless = self.switches.expiry in {"zero", "none"}
        return 0 if endless else self.clock.now // 1_000_000 + self.switches.lifetime_s

    def _expiry(self) -> dict[str, Any]:
        lifetime, ends = self.switches.lifetime_s, self._ends()
        spellings: dict[str, dict[str, Any]] = {
            "seconds": {"expires_in": lifetime},
            "string": {"expires_in": str(lifetime)},
            "ms": {"expires_in": lifetime * 1_000},
            "iso": {"expires_at": datetime.fromtimestamp(ends, UTC).isoformat()},
            "epoch": {"expires_at": ends},
            "epoch_ms": {"expires_at": ends * 1_000},
            "zero": {"expires_in": 0},
            "none": {},
            "jwt": {},
        }
        return spellings[self.switches.expiry]


def unsigned(claims: dict[str, Any]) -> str:
    """A JWT whose signature nobody verifies."""
    parts: tuple[dict[str, Any], ...] = ({"alg": "RS256"}, claims, {})
    return ".".join(urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
