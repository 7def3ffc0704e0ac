"""Letters through a real mail server: taken, refused, put off, away, and never in the clear."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.audit import Audit
from doorward.config import SmtpAddress
from doorward.db import Database
from doorward.mail import (
    LetterState,
    NotCarried,
    Parcel,
    Recipient,
    Sender,
    SmtpCarrier,
    smtp,
)
from tests.mail.letters import LINK, make_letter, make_outbox, rows, send, work_off
from tests.mail.server import MailServer, certificate, running
from tests.support.clock import ManualClock
from tests.support.ports import free_port

pytestmark = pytest.mark.anyio

JAPANESE = make_letter(
    "haruto@mail.example",
    sender=Sender("川の財団"),
    recipient=Recipient("haruto@mail.example", "ja", given_name="陽翔", family_name="佐藤"),
)
PARCEL = Parcel(
    org_id="river",
    letter_id=7,
    template="test",
    locale="en",
    sender="River Trust",
    address="bo@example.org",
    subject="A subject",
    text="A text\n",
    html="<p>A text</p>\n",
    links=(),
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with running() as started:
        yield started


def carrier_to(server: MailServer, clock: ManualClock | None = None, **more: str) -> SmtpCarrier:
    """The way to ``server``."""
    address = replace(SmtpAddress("127.0.0.1", server.port, "offered"), **more)  # type: ignore[arg-type]
    return SmtpCarrier(
        address, mail_from="door@river.example", reply_to=None, clock=clock or ManualClock()
    )


async def reason_of(carrier: SmtpCarrier, parcel: Parcel = PARCEL) -> tuple[str, bool]:
    """Why ``parcel`` was not carried, and whether that is final."""
    with pytest.raises(NotCarried) as caught:
        await carrier.carry(parcel)
    return caught.value.reason, caught.value.final


async def test_a_letter_arrives_once_and_can_be_read(db: Database, server: MailServer) -> None:
    """A Japanese subject and sender, both parts, the link, one recipient."""
    outbox, carrier = make_outbox(db), carrier_to(server)
    await send(outbox, db, JAPANESE)
    await work_off(outbox, carrier, db)
    await work_off(outbox, carrier, db)
    (message,) = server.arrived
    assert message["Subject"] == "川の財団への招待"
    assert message["From"].addresses[0].display_name == "川の財団"
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "佐藤 陽翔様" in text.get_content()
    assert LINK in text.get_content()
    assert f'href="{LINK}"' in page.get_content()
    assert server.envelopes == [("door@river.example", ["haruto@mail.example"])]
    assert [each["state"] for each in await rows(db)] == [LetterState.SENT]


async def test_two_workers_on_one_outbox_deliver_each_letter_once(
    db: Database, server: MailServer
) -> None:
    """As the mail server counts it."""
    outbox = make_outbox(db)
    await send(outbox, db, *(make_letter(f"p{number}@example.org") for number in range(12)))
    await asyncio.gather(*(work_off(outbox, carrier_to(server), db) for _ in range(2)))
    assert sorted(each["To"] for each in server.arrived) == sorted(
        f"p{number}@example.org" for number in range(12)
    )


@pytest.mark.parametrize("where", ["at_address", "at_letter"])
async def test_a_refusal_for_good_ends_the_letter(
    db: Database, server: MailServer, clock: ManualClock, where: str
) -> None:
    """5xx at the address or at the letter: it is recorded, and never tried again."""
    getattr(server, where).append("550 5.1.1 nobody of that name: bo@example.org")
    outbox, carrier = make_outbox(db), carrier_to(server)
    await send(outbox, db, make_letter())
    await work_off(outbox, carrier, db)
    clock.advance(seconds=86_400)
    await work_off(outbox, carrier, db)
    assert server.arrived == []
    assert (await rows(db))[0]["state"] == LetterState.REFUSED
    (event,) = await Audit(db=db).list("river", None, 5)
    assert str(event.event.detail["reason"]).endswith("550")
    assert "nobody" not in repr(event)


@pytest.mark.parametrize("where", ["at_address", "at_letter"])
async def test_a_refusal_for_now_is_tried_again(
    db: Database, server: MailServer, clock: ManualClock, where: str
) -> None:
    """4xx: greylisting, a full disk, too many at once."""
    getattr(server, where).append("450 4.2.0 come back later")
    outbox, carrier = make_outbox(db), carrier_to(server)
    await send(outbox, db, make_letter())
    await work_off(outbox, carrier, db)
    assert server.arrived == []
    (row,) = await rows(db)
    assert row["state"] == LetterState.WAITING
    assert row["last_error"].endswith("450")
    clock.advance(seconds=60)
    await work_off(outbox, carrier, db)
    assert len(server.arrived) == 1


async def test_a_server_that_was_away_gets_the_letter_when_it_is_back(
    db: Database, clock: ManualClock
) -> None:
    """Nothing is lost meanwhile."""
    away = MailServer(free_port())
    outbox, carrier = make_outbox(db), carrier_to(away)
    await send(outbox, db, make_letter())
    await work_off(outbox, carrier, db)
    assert (await rows(db))[0]["last_error"] == "ConnectionRefusedError"
    assert await outbox.count_troubled("river") == 1
    with running(away):
        clock.advance(seconds=60)
        await work_off(outbox, carrier, db)
    assert len(away.arrived) == 1
    assert await outbox.count_troubled("river") == 0


async def test_a_password_proves_who_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right one; a wrong one can be mended, so the letter waits."""
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with running(password="open sesame", tls_context=context) as server:
        await carrier_to(server, username="door", password="open sesame").carry(PARCEL)
        assert len(server.arrived) == 1
        wrong = carrier_to(server, username="door", password="guess")
        assert await reason_of(wrong) == ("SMTPAuthenticationError 535", False)
        assert await reason_of(carrier_to(server)) == ("SMTPSenderRefused 530", False)


async def test_beyond_this_machine_nothing_is_sent_without_tls(server: MailServer) -> None:
    """A server, or whoever stands before it, that offers none is told nothing."""
    carrier = carrier_to(server, tls="required", username="door", password="open sesame")
    assert await reason_of(carrier) == ("NoStartTls", False)
    assert server.arrived == []


@pytest.mark.parametrize("tls", ["required", "offered", "implicit"])
async def test_a_certificate_that_is_trusted_is_needed(
    tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where TLS is only taken because it is offered."""
    file, context = certificate(tmp_path)
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True}
    if tls == "implicit":
        options = {"ssl_context": context}
    with running(**options) as server:
        assert await reason_of(carrier_to(server, tls=tls)) == ("SSLCertVerificationError", False)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await carrier_to(server, tls=tls).carry(PARCEL)
        assert len(server.arrived) == 1


async def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a time that is shorter than the lease; the thread does not stay behind."""
    monkeypatch.setattr(smtp, "_ANSWER_S", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        carrier = carrier_to(MailServer(silent.getsockname()[1]))
        reason, final = await reason_of(carrier)
        assert (reason in {"TimeoutError", "SMTPServerDisconnected"}, final) == (True, False)
        carrier.close()


async def test_a_letter_that_takes_too_long_is_broken_off(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may answer in time each time, and never come to an end."""
    monkeypatch.setattr(smtp, "_DEADLINE_S", 0.0)
    assert await reason_of(carrier_to(server)) == ("TimeoutError", False)


async def test_addresses_in_other_scripts_need_a_server_that_can_write_them() -> None:
    """RFC 6531: the name before the sign is sent as it is; the domain always has an ASCII form."""
    there = replace(PARCEL, address="花子@例え.example")
    with running(enable_SMTPUTF8=True) as able:
        await carrier_to(able).carry(there)
        assert able.envelopes[0][1] == ["花子@xn--r8jz45g.example"]
    with running(enable_SMTPUTF8=False) as unable:
        assert await reason_of(carrier_to(unable), there) == ("AddressNotSupported", True)
        await carrier_to(unable).carry(replace(PARCEL, address="hanako@例え.example"))
        assert len(unable.arrived) == 1


async def test_what_is_no_address_never_reaches_the_server(server: MailServer) -> None:
    """Not even as a second command."""
    odd = replace(PARCEL, address="bo@example.org>\r\nRCPT TO:<all@example.org")
    assert await reason_of(carrier_to(server), odd) == ("BadAddress", True)
    assert server.envelopes == []
