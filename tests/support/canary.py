"""A server on loopback that nobody may reach, and that counts who does.

It also plays hosts of the internet: a network that leads chosen public addresses to it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["Canary", "Internet", "Names", "running_canary", "tls_of"]

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Canary:
    """What arrived: connections, and the heads of requests."""

    port: int
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """The server names that TLS was asked for."""


@asynccontextmanager
async def running_canary(
    answer: Answer | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Canary]:
    """A listening canary; ``answer`` writes what follows a request's head."""
    canary = Canary(0)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await converse(reader, writer)
        finally:
            writer.transport.abort()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        canary.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                canary.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await (answer or _ok)(reader, writer)
                await writer.drain()

    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: canary.names.append(name)
    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    canary.port = server.sockets[0].getsockname()[1]
    try:
        yield canary
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def tls_of(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for ``names`` that signs itself: the server's side, and who believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{names[0]}.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def _ok(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@dataclass
class Internet(httpcore2.AsyncNetworkBackend):
    """Leads the addresses of ``hosts`` to ports of this machine, and writes down who is called.

    Every other address leads to ``inside``: whoever gets as far as a private address is seen there.
    """

    hosts: dict[str, int]
    inside: int
    called: list[str] = field(default_factory=list)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.called.append(host)
        where = self.hosts.get(host, self.inside)
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", where, timeout)


@dataclass
class Names:
    """A name server that answers what it is told, in turn, and the last for ever."""

    answers: dict[str, list[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError("unknown name")
        turns = self.answers[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]
