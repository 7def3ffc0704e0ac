"""Rows of browsers, sessions and flows."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from doorward.accounts.store import accounts
from doorward.db import expires_by_id, expires_by_time, metadata, statement

__all__ = [
    "ASK_FOR_TWO",
    "CHOOSE_SESSION",
    "END_ACCOUNT_SESSIONS",
    "END_BROWSER_SESSIONS",
    "END_OTHER_SESSIONS",
    "END_SAME_ACCOUNT",
    "END_SESSION",
    "EXPIRE_BROWSERS",
    "EXPIRE_FLOWS",
    "EXPIRE_SESSIONS",
    "FIND_BROWSER",
    "FIND_FLOW",
    "FINISH_FLOW",
    "HAD_EARLIER",
    "INSERT_BROWSER",
    "INSERT_FLOW",
    "INSERT_SESSION",
    "LIST_SESSIONS",
    "PROVE_IN_FLOW",
    "RENEW_SESSION",
    "ROTATE_BROWSER",
    "SET_REAUTHENTICATE",
    "STRENGTHEN_SESSION",
    "TOUCH_SESSIONS",
    "browsers",
    "flows",
    "sessions",
]

browsers = Table(
    "browsers",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("browsers_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("browser_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("auth_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("address", Text),
    Column("user_agent", Text),
    Column("methods", Text, nullable=False),
    Column("second_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    Index("sessions_by_expiry", "expires_at"),
    Index("sessions_by_browser", "org_id", "browser_id"),
    Index("sessions_by_account", "org_id", "account_id"),
    sqlite_with_rowid=False,
)

flows = Table(
    "flows",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("browser_id", BigInteger, nullable=False),
    Column("continue_path", Text, nullable=False),
    Column("restart_path", Text, nullable=False),
    Column("cancel_path", Text),
    Column("account_kind", Text, nullable=False),
    Column("app_name", Text),
    Column("form_target", Text),
    Column("login_hint", Text),
    Column("ui_locales", Text),
    Column("chosen_session_id", BigInteger),
    Column("reauthenticate_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("by_two", BigInteger, nullable=False),
    Column("proven_account_id", BigInteger),
    Column("proven_at", BigInteger),
    Column("proven_methods", Text),
    PrimaryKeyConstraint("id", "org_id"),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_account = bindparam("account", type_=BigInteger)
_browser = bindparam("browser", type_=BigInteger)
_idle_since = bindparam("idle_since", type_=BigInteger)

_alive = and_(
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > _now,
    sessions.c.last_seen_at > _idle_since,
)
_with_account = and_(
    accounts.c.org_id == sessions.c.org_id,
    accounts.c.account_id == sessions.c.account_id,
    accounts.c.status == "active",
    # Who knew the old password only is out, unless whoever changed it lets the others stay.
    or_(
        accounts.c.signed_out_at.is_(None),
        sessions.c.auth_at >= accounts.c.signed_out_at,
    ),
)
_session_columns = (
    sessions.c.id,
    sessions.c.browser_id,
    sessions.c.account_id,
    accounts.c.kind,
    accounts.c.username,
    accounts.c.email,
    accounts.c.name,
    sessions.c.auth_at,
    sessions.c.created_at,
    sessions.c.last_seen_at,
    sessions.c.address,
    sessions.c.user_agent,
    sessions.c.methods,
    sessions.c.second_at,
)

INSERT_BROWSER = statement(insert(browsers))
INSERT_SESSION = statement(insert(sessions))
INSERT_FLOW = statement(insert(flows))

FIND_BROWSER = statement(
    select(browsers.c.digest, browsers.c.expires_at, *_session_columns)
    # One after the other: joined within, SQLite would first read the sessions of all browsers.
    .select_from(
        browsers.outerjoin(
            sessions,
            and_(
                sessions.c.org_id == browsers.c.org_id,
                sessions.c.browser_id == browsers.c.id,
                _alive,
            ),
        ).outerjoin(accounts, _with_account)
    )
    .where(browsers.c.org_id == _org, browsers.c.id == _id)
    .order_by(sessions.c.id)
)
"""Without a session there is no ``id`` in the third column; without a good account, no ``kind``."""

ROTATE_BROWSER = statement(
    update(browsers)
    .where(browsers.c.org_id == _org, browsers.c.id == _id)
    .values(
        digest=bindparam("new_digest", type_=LargeBinary),
        expires_at=bindparam("new_expires_at", type_=BigInteger),
    )
)

RENEW_SESSION = statement(
    update(sessions)
    .where(
        sessions.c.org_id == _org,
        sessions.c.browser_id == _browser,
        sessions.c.account_id == _account,
        _alive,
    )
    .values(
        auth_at=_now,
        last_seen_at=_now,
        methods=bindparam("new_methods", type_=Text),
        second_at=bindparam("new_second_at", type_=BigInteger),
        expires_at=bindparam("new_expires_at", type_=BigInteger),
    )
    .returning(sessions.c.id)
)
STRENGTHEN_SESSION = statement(
    update(sessions)
    .where(sessions.c.org_id == _org, sessions.c.id == _id, sessions.c.ended_at.is_(None))
    .values(
        methods=bindparam("new_methods", type_=Text),
        second_at=bindparam("new_second_at", type_=BigInteger),
    )
)
END_SAME_ACCOUNT = statement(
    update(sessions)
    .where(
        sessions.c.org_id == _org,
        sessions.c.browser_id == _browser,
        sessions.c.account_id == _account,
        sessions.c.ended_at.is_(None),
    )
    .values(ended_at=_now)
)
END_BROWSER_SESSIONS = statement(
    update(sessions)
    .where(
        sessions.c.org_id == _org, sessions.c.browser_id == _browser, sessions.c.ended_at.is_(None)
    )
    .values(ended_at=_now)
)
END_SESSION = statement(
    update(sessions)
    .where(sessions.c.org_id == _org, sessions.c.id == _id, sessions.c.ended_at.is_(None))
    .values(ended_at=_now)
    .returning(sessions.c.account_id)
)
END_OTHER_SESSIONS = statement(
    update(sessions)
    .where(
        sessions.c.org_id == _org,
        sessions.c.account_id == _account,
        sessions.c.id != bindparam("kept", type_=BigInteger),
        sessions.c.ended_at.is_(None),
    )
    .values(ended_at=_now)
)
END_ACCOUNT_SESSIONS = statement(
    update(sessions)
    .where(
        sessions.c.org_id == _org, sessions.c.account_id == _account, sessions.c.ended_at.is_(None)
    )
    .values(ended_at=_now)
)
_of_account = (sessions.c.org_id == _org, sessions.c.account_id == _account)
HAD_EARLIER = statement(
    select(
        exists().where(*_of_account, sessions.c.browser_id == _browser).label("here"),
        exists().where(*_of_account).label("anywhere"),
    )
)
"""Whether a session of an account is kept in a browser, and whether one is anywhere.

Not how many: somebody who signs in by a program has thousands of them.
"""

TOUCH_SESSIONS = statement(
    update(sessions)
    .where(sessions.c.org_id == _org, sessions.c.browser_id == _browser, _alive)
    .values(last_seen_at=_now)
)
"""Only those that are alive: one that was idle for too long must not wake up beside another."""

LIST_SESSIONS = statement(
    select(*_session_columns)
    .select_from(sessions.join(accounts, _with_account))
    .where(sessions.c.org_id == _org, sessions.c.account_id == _account, _alive)
    .order_by(sessions.c.last_seen_at.desc())
)

FIND_FLOW = statement(
    select(
        flows.c.digest,
        flows.c.browser_id,
        flows.c.continue_path,
        flows.c.restart_path,
        flows.c.cancel_path,
        flows.c.account_kind,
        flows.c.app_name,
        flows.c.form_target,
        flows.c.login_hint,
        flows.c.ui_locales,
        flows.c.chosen_session_id,
        flows.c.reauthenticate_id,
        flows.c.created_at,
        flows.c.expires_at,
        flows.c.finished_at,
        flows.c.by_two,
        flows.c.proven_account_id,
        flows.c.proven_at,
        flows.c.proven_methods,
    ).where(flows.c.org_id == _org, flows.c.id == _id)
)
CHOOSE_SESSION = statement(
    update(flows)
    .where(flows.c.org_id == _org, flows.c.id == _id, flows.c.finished_at.is_(None))
    .values(
        chosen_session_id=bindparam("chosen", type_=BigInteger),
        reauthenticate_id=None,
        # What was proved is used up by the sign-in, and worth nothing for another person.
        proven_account_id=None,
        proven_at=None,
        proven_methods=None,
    )
)
SET_REAUTHENTICATE = statement(
    update(flows)
    .where(flows.c.org_id == _org, flows.c.id == _id, flows.c.finished_at.is_(None))
    .values(reauthenticate_id=bindparam("again", type_=BigInteger))
)
ASK_FOR_TWO = statement(
    update(flows)
    .where(flows.c.org_id == _org, flows.c.id == _id, flows.c.finished_at.is_(None))
    .values(by_two=1)
)
PROVE_IN_FLOW = statement(
    update(flows)
    .where(flows.c.org_id == _org, flows.c.id == _id, flows.c.finished_at.is_(None))
    .values(
        proven_account_id=_account,
        proven_at=_now,
        proven_methods=bindparam("proven", type_=Text),
    )
)
FINISH_FLOW = statement(
    update(flows)
    .where(flows.c.org_id == _org, flows.c.id == _id, flows.c.finished_at.is_(None))
    .values(finished_at=_now)
    .returning(flows.c.id)
)

EXPIRE_BROWSERS = expires_by_time(browsers)
EXPIRE_SESSIONS = expires_by_time(sessions)
EXPIRE_FLOWS = expires_by_id(flows)
