"""The table of letters that wait or have left, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

from doorward.db import expires_by_time, metadata, statement
from doorward.mail.model import LetterState

__all__ = [
    "CLAIM",
    "CLAIMED_COLUMNS",
    "COUNT_RECENT",
    "COUNT_TROUBLED",
    "COUNT_WAITING",
    "COUNT_WRITTEN",
    "EXPIRE",
    "FIND_DUE",
    "FINISH",
    "INSERT",
    "PUT_OFF",
    "mail_outbox",
]

mail_outbox = Table(
    "mail_outbox",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("template", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("words", Text),
    Column("sealed_link", LargeBinary),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("last_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("claimed_by", BigInteger),
    Column("sent_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("mail_outbox_by_next", "state", "next_at"),
    Index("mail_outbox_by_recipient", "org_id", "recipient", "sent_at"),
    Index("mail_outbox_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""``next_at`` of a letter that waits is its next try, or the end of the lease of who tries it."""

_org = bindparam("org_id", type_=Text)
_id = bindparam("letter_id", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_me = bindparam("me", type_=BigInteger)
_next = bindparam("next", type_=BigInteger)
_waits = mail_outbox.c.state == LetterState.WAITING
_this = (mail_outbox.c.org_id == _org, mail_outbox.c.id == _id, _waits)
_mine = (*_this, mail_outbox.c.claimed_by == _me)

CLAIMED_COLUMNS = (
    mail_outbox.c.org_id,
    mail_outbox.c.id,
    mail_outbox.c.template,
    mail_outbox.c.recipient,
    mail_outbox.c.locale,
    mail_outbox.c.words,
    mail_outbox.c.sealed_link,
    mail_outbox.c.tries,
    mail_outbox.c.created_at,
)
"""What ``WaitingLetter.from_row`` reads."""

INSERT = statement(insert(mail_outbox).values({c.name: bindparam(c.name) for c in mail_outbox.c}))

# Workers deliver the letters of every organization: this looks across them on purpose.
FIND_DUE = statement(
    select(mail_outbox.c.org_id, mail_outbox.c.id)
    .where(_waits, mail_outbox.c.next_at <= _now)
    .order_by(mail_outbox.c.next_at, mail_outbox.c.id)
    .limit(bindparam("batch", type_=BigInteger))
)
CLAIM = statement(
    update(mail_outbox)
    .where(*_this, mail_outbox.c.next_at <= _now)
    .values(claimed_by=_me, next_at=_next, tries=mail_outbox.c.tries + 1)
    .returning(*CLAIMED_COLUMNS)
)
"""Says who may try a letter: one worker, until ``next``."""

PUT_OFF = statement(
    update(mail_outbox)
    .where(*_mine)
    .values(
        claimed_by=None,
        next_at=_next,
        tries=bindparam("tried", type_=BigInteger),
        last_error=bindparam("error", type_=Text),
    )
)
FINISH = statement(
    update(mail_outbox)
    .where(*_mine)
    .values(
        state=bindparam("became", type_=Text),
        claimed_by=None,
        words=None,
        sealed_link=None,
        last_error=bindparam("error", type_=Text),
        sent_at=bindparam("sent", type_=BigInteger),
    )
    .returning(mail_outbox.c.id)
)
"""What a letter said leaves with it; that it was written stays for a while."""

COUNT_RECENT = statement(
    select(func.count(), func.min(mail_outbox.c.sent_at)).where(
        mail_outbox.c.org_id == _org,
        mail_outbox.c.recipient == bindparam("recipient", type_=Text),
        mail_outbox.c.sent_at > bindparam("since", type_=BigInteger),
    )
)
COUNT_WRITTEN = statement(
    select(func.count()).where(
        mail_outbox.c.org_id == _org,
        mail_outbox.c.recipient == bindparam("recipient", type_=Text),
        mail_outbox.c.template == bindparam("about", type_=Text),
        mail_outbox.c.created_at > bindparam("since", type_=BigInteger),
    )
)
COUNT_TROUBLED = statement(
    select(func.count()).where(
        mail_outbox.c.org_id == _org, _waits, mail_outbox.c.last_error.is_not(None)
    )
)
# How long the queue is concerns the installation. It reads the index alone, and so much of it.
COUNT_WAITING = statement(
    select(func.count()).select_from(
        select(mail_outbox.c.next_at)
        .where(_waits)
        .limit(bindparam("most", type_=BigInteger))
        .subquery()
    )
)
EXPIRE = expires_by_time(mail_outbox)
