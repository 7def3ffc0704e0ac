"""Letters to send, and ways out that do as a test says."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from doorward.crypto import Secret
from doorward.db import Database, Transaction, statement
from doorward.mail import (
    Letter,
    NotCarried,
    Outbox,
    Parcel,
    Postman,
    Recipient,
    Sender,
    Template,
)
from doorward.mail.jobs import Served
from doorward.mail.store import mail_outbox
from tests.support.factories import sealing_ring

__all__ = ["LINK", "Hands", "always", "make_letter", "make_outbox", "rows", "send", "work_off"]

LINK = "https://id.example.org/o/river/invitation?code=dw_iv_a-very-long-code"
_ROWS = statement(mail_outbox.select().order_by(mail_outbox.c.id))


def make_outbox(db: Database, *, is_on: bool = True) -> Outbox:
    """An outbox over ``db``."""
    return Outbox(db=db, clock=db.clock, ring=sealing_ring(), is_on=is_on)


def make_letter(address: str = "bo@example.org", **fields: Any) -> Letter:
    """An invitation of the organization river."""
    given: dict[str, Any] = {
        "org_id": "river",
        "template": Template.INVITATION,
        "sender": Sender("River Trust"),
        "recipient": Recipient(address, "en", name="Bo Example"),
        "link": Secret(LINK),
        **fields,
    }
    return Letter(**given)


async def send(outbox: Outbox, db: Database, *letters: Letter) -> None:
    """Write each letter in a unit of its own."""
    for letter in letters:
        await db.unit(partial(_enqueue, outbox, letter))


async def _enqueue(outbox: Outbox, letter: Letter, tx: Transaction) -> bool:
    return await outbox.enqueue(tx, letter)


async def always(_org_id: str) -> bool:
    """Every organization is served."""
    return True


async def work_off(outbox: Outbox, carrier: Any, db: Database, is_served: Served = always) -> None:
    """Let one worker try everything that is due."""
    postman = Postman(outbox=outbox, carrier=carrier, db=db, is_served=is_served)
    while await postman.take_turn():
        pass


async def rows(db: Database) -> list[dict[str, Any]]:
    """Every row of the outbox."""
    found = await db.all(_ROWS)
    return [dict(zip(mail_outbox.c.keys(), row, strict=True)) for row in found]


class Hands:
    """A way out that keeps what it carried, and refuses as it was told."""

    def __init__(self, *refusals: NotCarried | Exception) -> None:
        """Refuse as many times, in order, then carry."""
        self._refusals = iter(refusals)
        self.carried: list[Parcel] = []
        self.asked = itertools.count()

    async def carry(self, parcel: Parcel) -> None:
        """Take the parcel."""
        next(self.asked)
        refusal = next(self._refusals, None)
        if refusal is not None:
            raise refusal
        self.carried.append(parcel)

    def close(self) -> None:
        """Nothing is held."""
