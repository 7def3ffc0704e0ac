"""Two real server processes, one outbox, and a real mail server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from doorward.db import open_database, system_clock
from doorward.mail import LetterState
from tests.mail.letters import make_letter, make_outbox, rows, send
from tests.mail.server import running
from tests.support.factories import make_org
from tests.support.server import wait_until
from tests.support.servers import start_server

pytestmark = pytest.mark.anyio


async def test_two_servers_send_every_letter_once(database_url: str, tmp_path: Path) -> None:
    """Also the letters that a third process wrote, as the command line does."""
    with running() as mail:
        settings = {"smtp_url": f"smtp://127.0.0.1:{mail.port}", "mail_from": "door@river.example"}
        db = await open_database(database_url, clock=system_clock, pool_size=2)
        await make_org(db, with_keys=False)
        letters = [make_letter(f"p{number}@example.org") for number in range(60)]
        await send(make_outbox(db), db, *letters[:30])
        servers = [start_server(database_url, tmp_path, **settings) for _ in range(2)]
        try:
            await send(make_outbox(db), db, *letters[30:])
            wait_until(lambda: len(mail.arrived) >= 60, "letters did not arrive")
        finally:
            ends = [each.stop() for each in servers]
        assert ends == [0, 0]
        assert {each["state"] for each in await rows(db)} == {LetterState.SENT}
        await db.close()
        counted = Counter(str(each["To"]) for each in mail.arrived)
        assert counted == Counter(f"p{number}@example.org" for number in range(60))
        ids = {each["Message-ID"] for each in mail.arrived}
        assert len(ids) == 60
        for each in servers:
            assert "Traceback" not in each.log.read_text()
