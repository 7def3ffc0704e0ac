"""Rows of codes, families, access and refresh tokens.

All of them are keyed by a time-ordered identifier: inserts append, look-ups are one integer key,
and what has expired is a range at the front.
"""

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
    insert,
    select,
    update,
)

from doorward.accounts.store import accounts
from doorward.db import expires_by_id, expires_by_time, metadata, statement

__all__ = [
    "EXPIRE_ACCESS",
    "EXPIRE_CODES",
    "EXPIRE_FAMILIES",
    "EXPIRE_REFRESH",
    "FIND_ACCESS",
    "FIND_ACCESS_ANYWHERE",
    "FIND_CODE",
    "FIND_REFRESH",
    "INSERT_ACCESS",
    "INSERT_CODE",
    "INSERT_FAMILY",
    "INSERT_REFRESH",
    "IS_ROTATED",
    "KEEP_FAMILY",
    "REDEEM_CODE",
    "REVOKE_ACCESS",
    "REVOKE_CODES_OF_CONSENT",
    "REVOKE_FAMILIES_OF_CONSENT",
    "REVOKE_FAMILY",
    "ROTATE_REFRESH",
    "access_tokens",
    "codes",
    "families",
    "refresh_tokens",
]

codes = Table(
    "codes",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("consent_id", BigInteger, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("resources", Text, nullable=False),
    Column("code_challenge", Text),
    Column("nonce", Text),
    Column("auth_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("redeemed_at", BigInteger),
    Column("family_id", BigInteger),
    Column("dialect", Text),
    Column("methods", Text, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("codes_by_consent", "consent_id", "org_id"),
    sqlite_with_rowid=False,
)

families = Table(
    "token_families",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("consent_id", BigInteger, nullable=False),
    Column("scope", Text, nullable=False),
    Column("resources", Text, nullable=False),
    Column("auth_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_reason", Text),
    Column("methods", Text, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("token_families_by_expiry", "expires_at"),
    Index("token_families_by_consent", "consent_id", "org_id"),
    sqlite_with_rowid=False,
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("family_id", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("rotated_at", BigInteger),
    Column("successor_id", BigInteger),
    Column("successor", LargeBinary),
    PrimaryKeyConstraint("id", "org_id"),
    Index("refresh_tokens_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("family_id", BigInteger),
    Column("scope", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)

INSERT_CODE = statement(insert(codes))
INSERT_FAMILY = statement(insert(families))
INSERT_REFRESH = statement(insert(refresh_tokens))
INSERT_ACCESS = statement(insert(access_tokens))

FIND_CODE = statement(
    select(
        codes.c.id,
        codes.c.org_id,
        codes.c.digest,
        codes.c.client_id,
        codes.c.account_id,
        codes.c.session_id,
        codes.c.consent_id,
        codes.c.redirect_uri,
        codes.c.scope,
        codes.c.resources,
        codes.c.code_challenge,
        codes.c.nonce,
        codes.c.auth_at,
        codes.c.dialect,
        codes.c.expires_at,
        codes.c.redeemed_at,
        codes.c.family_id,
        codes.c.methods,
        accounts.c.status,
    )
    .select_from(
        codes.outerjoin(
            accounts,
            and_(accounts.c.org_id == codes.c.org_id, accounts.c.account_id == codes.c.account_id),
        )
    )
    .where(codes.c.org_id == _org, codes.c.id == _id)
)

REDEEM_CODE = statement(
    update(codes)
    .where(codes.c.org_id == _org, codes.c.id == _id, codes.c.redeemed_at.is_(None))
    .values(redeemed_at=_now, family_id=bindparam("family", type_=BigInteger))
    .returning(codes.c.id)
)

FIND_REFRESH = statement(
    select(
        refresh_tokens.c.id,
        refresh_tokens.c.digest,
        refresh_tokens.c.expires_at,
        refresh_tokens.c.rotated_at,
        refresh_tokens.c.successor,
        families.c.id,
        families.c.client_id,
        families.c.account_id,
        families.c.session_id,
        families.c.consent_id,
        families.c.scope,
        families.c.resources,
        families.c.auth_at,
        families.c.created_at,
        families.c.expires_at,
        families.c.revoked_at,
        accounts.c.status,
        refresh_tokens.c.successor_id,
        families.c.methods,
    )
    .select_from(
        refresh_tokens.join(
            families,
            and_(
                families.c.id == refresh_tokens.c.family_id,
                families.c.org_id == refresh_tokens.c.org_id,
            ),
        ).outerjoin(
            accounts,
            and_(
                accounts.c.org_id == families.c.org_id,
                accounts.c.account_id == families.c.account_id,
            ),
        )
    )
    .where(refresh_tokens.c.org_id == _org, refresh_tokens.c.id == _id)
)

IS_ROTATED = statement(
    select(refresh_tokens.c.rotated_at).where(
        refresh_tokens.c.org_id == _org, refresh_tokens.c.id == _id
    )
)

KEEP_FAMILY = statement(
    select(families.c.id)
    .where(families.c.org_id == _org, families.c.id == _id, families.c.revoked_at.is_(None))
    .with_for_update()
)
"""Locks the family's row, and answers nothing when the family has ended."""

ROTATE_REFRESH = statement(
    update(refresh_tokens)
    .where(
        refresh_tokens.c.org_id == _org,
        refresh_tokens.c.id == _id,
        refresh_tokens.c.rotated_at.is_(None),
    )
    .values(
        rotated_at=_now,
        successor_id=bindparam("successor_id", type_=BigInteger),
        successor=bindparam("successor", type_=LargeBinary),
    )
    .returning(refresh_tokens.c.id)
)

FIND_ACCESS = statement(
    select(
        access_tokens.c.digest,
        access_tokens.c.client_id,
        access_tokens.c.account_id,
        access_tokens.c.family_id,
        access_tokens.c.scope,
        access_tokens.c.audience,
        access_tokens.c.issued_at,
        access_tokens.c.expires_at,
        access_tokens.c.revoked_at,
        families.c.revoked_at,
        families.c.session_id,
        families.c.auth_at,
        families.c.methods,
        accounts.c.status,
    )
    .select_from(
        access_tokens.outerjoin(
            families,
            and_(
                families.c.id == access_tokens.c.family_id,
                families.c.org_id == access_tokens.c.org_id,
            ),
        ).outerjoin(
            accounts,
            and_(
                accounts.c.org_id == access_tokens.c.org_id,
                accounts.c.account_id == access_tokens.c.account_id,
            ),
        )
    )
    .where(access_tokens.c.org_id == _org, access_tokens.c.id == _id)
)

# The value is all that a caller at the installation's root says, and it names no organization.
FIND_ACCESS_ANYWHERE = statement(
    select(access_tokens.c.org_id, access_tokens.c.digest).where(access_tokens.c.id == _id)
)

REVOKE_ACCESS = statement(
    update(access_tokens)
    .where(
        access_tokens.c.org_id == _org,
        access_tokens.c.id == _id,
        access_tokens.c.revoked_at.is_(None),
    )
    .values(revoked_at=_now)
)

REVOKE_FAMILY = statement(
    update(families)
    .where(families.c.org_id == _org, families.c.id == _id, families.c.revoked_at.is_(None))
    .values(revoked_at=_now, revoked_reason=bindparam("reason", type_=Text))
)

REVOKE_CODES_OF_CONSENT = statement(
    update(codes)
    .where(
        codes.c.org_id == _org,
        codes.c.consent_id == bindparam("consent", type_=BigInteger),
        codes.c.redeemed_at.is_(None),
    )
    .values(redeemed_at=_now)
)

# By the range of their identifiers, which are times: an index by session would cost each code.
_unused_code = (
    codes.c.org_id == _org,
    codes.c.id >= bindparam("oldest", type_=BigInteger),
    codes.c.redeemed_at.is_(None),
)
END_CODES_OF_SESSION = statement(
    update(codes)
    .where(*_unused_code, codes.c.session_id == bindparam("session", type_=BigInteger))
    .values(redeemed_at=_now)
)
END_CODES_OF_OTHERS = statement(
    update(codes)
    .where(
        *_unused_code,
        codes.c.account_id == bindparam("account", type_=BigInteger),
        codes.c.session_id != bindparam("kept", type_=BigInteger),
    )
    .values(redeemed_at=_now)
)

REVOKE_FAMILIES_OF_CONSENT = statement(
    update(families)
    .where(
        families.c.org_id == _org,
        families.c.consent_id == bindparam("consent", type_=BigInteger),
        families.c.revoked_at.is_(None),
    )
    .values(revoked_at=_now, revoked_reason=bindparam("reason", type_=Text))
)

EXPIRE_CODES = expires_by_id(codes)
EXPIRE_FAMILIES = expires_by_time(families)
EXPIRE_REFRESH = expires_by_time(refresh_tokens)
EXPIRE_ACCESS = expires_by_id(access_tokens)
