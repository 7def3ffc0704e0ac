"""Everything that people do about their account by letters, put together."""

from __future__ import annotations

from doorward.accounts import Accounts
from doorward.brakes import Brakes
from doorward.db import Clock, Database
from doorward.mail import Outbox
from doorward.recovery.addresses import Addresses
from doorward.recovery.links import Links
from doorward.recovery.parts import Parts
from doorward.recovery.passwords import PasswordChanges
from doorward.recovery.sign_up import SignUps

__all__ = ["Recovery"]


class Recovery:
    """Sign-ups, new passwords and new addresses of every organization."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        links: Links,
        accounts: Accounts,
        outbox: Outbox,
        brakes: Brakes,
    ) -> None:
        """Keep what ``links`` are for in ``db``, dated by ``clock``.

        ``brakes`` count what strangers ask for, ``accounts`` change, ``outbox`` takes letters.
        """
        parts = Parts(
            db=db, clock=clock, accounts=accounts, outbox=outbox, brakes=brakes, links=links
        )
        self.clock = clock
        self.sends_mail = outbox.is_on
        self.sign_ups = SignUps(parts)
        self.passwords = PasswordChanges(parts)
        self.addresses = Addresses(parts)
