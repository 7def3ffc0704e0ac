"""The address of a mail server, as one setting holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["SmtpAddress", "SmtpTls", "parse_smtp_url"]

SmtpTls = Literal["implicit", "required", "offered", "none"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """A mail server that takes letters. ``offered`` means TLS where the server offers it."""

    host: str
    port: int
    tls: SmtpTls
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_private(self) -> bool:
        """Whether nobody between here and the server can read what is sent."""
        return self.tls in {"implicit", "required"} or self.host in _LOOPBACK


def parse_smtp_url(text: str) -> SmtpAddress:
    """Read ``smtp://user:password@host:587`` or ``smtps://host``. Raises ``ValueError``.

    ``smtp`` insists on STARTTLS, except on this machine, where it takes what is offered.
    ``?tls=none`` at its end does without, and then there is no password to send.
    """
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("is written smtp://user:password@host:587 or smtps://user:password@host")
    given = parse_qsl(parts.query, keep_blank_values=True)
    without = given == [("tls", "none")] and parts.scheme == "smtp"
    if given and not without:
        raise ValueError("knows only ?tls=none, and that only with smtp://")
    here = parts.hostname in _LOOPBACK
    if (parts.username or parts.password) and without and not here:
        raise ValueError("must not send a password without TLS: remove it, or ?tls=none")
    tls: SmtpTls = "implicit" if parts.scheme == "smtps" else "offered" if here else "required"
    return SmtpAddress(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        tls="none" if without else tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
