"""Carrying letters by SMTP: the standard library's client, in threads of its own.

A connection for each letter: letters are few, and a connection that is kept goes stale.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage

from doorward.config import SmtpAddress
from doorward.db import Clock
from doorward.mail.carriers import NotCarried
from doorward.mail.rendering import Parcel, build_message

__all__ = ["SmtpCarrier"]

_ANSWER_S = 20.0
_DEADLINE_S = 120.0
_THREADS = 2
_FINAL = range(500, 600)


class SmtpCarrier:
    """Hands letters to one mail server, and believes its certificate as this machine does."""

    def __init__(
        self, server: SmtpAddress, *, mail_from: str, reply_to: str | None, clock: Clock
    ) -> None:
        """Send by ``server``, from ``mail_from``; answers go to ``reply_to``."""
        self._server = server
        self._from = mail_from
        self._reply_to = reply_to
        self._clock = clock
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="doorward-mail")

    async def carry(self, parcel: Parcel) -> None:
        """Send ``parcel``, within two minutes. Raises ``NotCarried``.

        A refusal of the address or of the letter itself is final. Everything that the
        installation can mend (the server away, its certificate, the password, the sender) is not.
        """
        try:
            message = build_message(
                parcel, mail_from=self._from, reply_to=self._reply_to, now=self._clock()
            )
        except ValueError as error:
            raise NotCarried("BadAddress", final=True) from error
        line = _Line(self._server, self._from.rpartition("@")[2])
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await loop.run_in_executor(self._pool, line.send, message, self._from)
        except TimeoutError as error:
            raise NotCarried("TimeoutError") from error
        finally:
            # The thread may be waiting for the server: it ends with its connection.
            line.cut()

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Line:
    """One connection, from greeting to farewell."""

    def __init__(self, server: SmtpAddress, own_name: str) -> None:
        self._server = server
        self._own_name = own_name
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, mail_from: str) -> None:
        """Everything that is said on the line. Raises ``NotCarried``."""
        try:
            smtp = self._smtp = self._open()
            try:
                self._introduce(smtp)
                self._hand_over(smtp, message, mail_from)
            finally:
                smtp.close()
        except smtplib.SMTPResponseException as error:
            raise NotCarried(f"{type(error).__name__} {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotCarried(type(error).__name__) from error

    def cut(self) -> None:
        """End the connection, whoever is waiting on it."""
        found = self._smtp.sock if self._smtp is not None else None
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    def _open(self) -> smtplib.SMTP:
        server, own = self._server, self._own_name
        if server.tls == "implicit":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                server.host, server.port, own, timeout=_ANSWER_S, context=context
            )
        return smtplib.SMTP(server.host, server.port, own, timeout=_ANSWER_S)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        server = self._server
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "required" or (server.tls == "offered" and smtp.has_extn("starttls")):
            if not smtp.has_extn("starttls"):
                raise NotCarried("NoStartTls")
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if server.username is not None:
            smtp.login(server.username, server.password or "")

    @staticmethod
    def _hand_over(smtp: smtplib.SMTP, message: EmailMessage, mail_from: str) -> None:
        try:
            smtp.send_message(message, from_addr=mail_from)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise NotCarried(f"RecipientRefused {code}", final=code in _FINAL) from error
        except smtplib.SMTPDataError as error:
            code = error.smtp_code
            raise NotCarried(f"LetterRefused {code}", final=code in _FINAL) from error
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            # The address has letters that this server cannot write.
            raise NotCarried("AddressNotSupported", final=True) from error
        # The server has the letter: how it says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
