"""A real mail server on loopback that takes letters, or refuses them as it was told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port

__all__ = ["MailServer", "certificate", "running"]


@dataclass
class MailServer:
    """What arrived, and what is answered at the next addresses and letters."""

    port: int
    arrived: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    at_address: list[str] = field(default_factory=list)
    at_letter: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the server's own name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Answer to an address."""
        if self.at_address:
            return self.at_address.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - likewise
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        """Answer to a letter."""
        if self.at_letter:
            return self.at_letter.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        return "250 taken"


@contextmanager
def running(
    server: MailServer | None = None, *, password: str | None = None, **options: Any
) -> Iterator[MailServer]:
    """Serve; with ``password``, only for who knows it."""
    mine = server or MailServer(free_port())
    if password is not None:

        def authenticate(_s: Any, _session: Any, _e: Any, _mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=data.password == password.encode(), handled=False)

        options |= {"auth_required": True, "authenticator": authenticate}
    controller = _Controller(mine, hostname="127.0.0.1", port=mine.port, **options)
    controller.start()
    try:
        yield mine
    finally:
        controller.hang_up()
        controller.stop()


class _Controller(Controller):
    """The library's, which leaves connections open when it stops."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made: list[SMTP] = []

    def factory(self) -> SMTP:
        """Another connection."""
        made: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._made.append(made)
        return made

    def hang_up(self) -> None:
        """End every connection, on the server's own loop."""
        done = Event()

        def abort() -> None:
            for each in self._made:
                if isinstance(each.transport, asyncio.WriteTransport):
                    each.transport.abort()
            done.set()

        self.loop.call_soon_threadsafe(abort)
        assert done.wait(10)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, private = folder / "mail.crt", folder / "mail.key"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return file, context
