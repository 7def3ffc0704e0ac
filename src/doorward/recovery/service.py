"""Everything that people do about their account by letters, put together."""

from __future__ import annotations

from doorward.accounts import Accounts
from doorward.crypto import Random, Secret
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
        random: Random,
        key: Secret[bytes],
        accounts: Accounts,
        outbox: Outbox,
    ) -> None:
        """Keep links in ``db``, dated by ``clock``, from ``random``; codes under ``key``."""
        links = Links(db=db, clock=clock, random=random, key=key)
        parts = Parts(db=db, clock=clock, accounts=accounts, outbox=outbox, links=links)
        self.clock = clock
        self.sends_mail = outbox.is_on
        self.sign_ups = SignUps(parts)
        self.passwords = PasswordChanges(parts)
        self.addresses = Addresses(parts)
