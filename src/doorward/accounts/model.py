"""What an account is, and what may be written in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

import msgspec

from doorward.accounts.details import AccountDetails
from doorward.accounts.keys import is_email, login_key
from doorward.accounts.refusals import (
    AccountIdTaken,
    AccountsRefusal,
    BadAccount,
    EmailTaken,
    LastOwner,
    UnknownAccount,
    UsernameTaken,
    WeakPassword,
)
from doorward.audit import is_plain_line
from doorward.crypto import Secret
from doorward.db import Row
from doorward.orgs import Permission
from doorward.protocol import is_web_url

__all__ = [
    "Account",
    "AccountChange",
    "AccountIdTaken",
    "AccountKind",
    "AccountStatus",
    "AccountsRefusal",
    "BadAccount",
    "EmailTaken",
    "LastOwner",
    "NewAccount",
    "SignInRefused",
    "UnknownAccount",
    "UserType",
    "UsernameTaken",
    "WeakPassword",
    "login_key",
    "verify_account",
    "verify_account_id",
]

_PERMISSIONS = frozenset(str(permission) for permission in Permission)
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")
_MAX_USERNAME = 128
_MAX_NAME = 200
_MAX_ACCOUNT_ID = (1 << 53) - 1


class AccountKind(StrEnum):
    """Donors, members and players, or staff."""

    CONSTITUENT = "constituent"
    SYSTEM = "system"


class AccountStatus(StrEnum):
    """Whether a person may come in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class UserType(StrEnum):
    """One person, or a company whose name is the account's ``name``."""

    INDIVIDUAL = "individual"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Account:
    """A person, or a company, in an organization. Times are microseconds.

    ``given_name`` and ``family_name`` of a company are those of its contact. ``created_by`` and
    ``updated_by`` say in words who it was (``account 7``); None where that is not known. Sign-ins
    from before ``signed_out_at`` are over.
    """

    org_id: str
    account_id: int
    kind: AccountKind
    username: str
    email: str | None
    email_verified: bool
    name: str | None
    given_name: str | None
    family_name: str | None
    locale: str | None
    picture_url: str | None
    status: AccountStatus
    permissions: frozenset[str]
    created_at: int
    updated_at: int
    password_changed_at: int | None
    user_type: UserType = UserType.INDIVIDUAL
    created_by: str | None = None
    updated_by: str | None = None
    signed_out_at: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether the person may come in."""
        return self.status is AccountStatus.ACTIVE

    @property
    def is_owner(self) -> bool:
        """Whether the person may come in and do everything here."""
        staff = self.kind is AccountKind.SYSTEM and self.is_active
        return staff and self.permissions >= _PERMISSIONS

    @property
    def subject(self) -> str:
        """The account id as the ``sub`` of tokens."""
        return str(self.account_id)

    @classmethod
    def from_row(cls, row: Row) -> Account:
        """Read the columns ``store.ACCOUNT_COLUMNS`` in their order."""
        return cls(
            org_id=row[0],
            account_id=row[1],
            kind=AccountKind(row[2]),
            username=row[3],
            email=row[4],
            email_verified=bool(row[5]),
            name=row[6],
            given_name=row[7],
            family_name=row[8],
            locale=row[9],
            picture_url=row[10],
            status=AccountStatus(row[11]),
            permissions=msgspec.json.decode(row[12], type=frozenset[str]),
            created_at=row[13],
            updated_at=row[14],
            password_changed_at=row[15],
            user_type=UserType(row[16]),
            created_by=row[17],
            updated_by=row[18],
            signed_out_at=row[19],
        )


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is said to create an account. An import may name its ``account_id``.

    For a company, ``name`` is its name and must be given.
    """

    org_id: str
    kind: AccountKind
    username: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    locale: str | None = None
    picture_url: str | None = None
    permissions: Collection[str] = ()
    password: Secret[str] | None = None
    account_id: int | None = None
    user_type: UserType = UserType.INDIVIDUAL
    details: AccountDetails | None = None

    def born(self, now: int, by: str) -> Account:
        """The account that ``by`` makes at ``now``, still numbered 0. Raises ``BadAccount``."""
        return verify_account(
            Account(
                org_id=self.org_id,
                account_id=0,
                kind=AccountKind(self.kind),
                username=self.username,
                email=self.email,
                email_verified=self.email_verified,
                name=self.name,
                given_name=self.given_name,
                family_name=self.family_name,
                locale=self.locale,
                picture_url=self.picture_url,
                status=AccountStatus.ACTIVE,
                permissions=frozenset(str(permission) for permission in self.permissions),
                created_at=now,
                updated_at=now,
                password_changed_at=now if self.password is not None else None,
                user_type=UserType(self.user_type),
                created_by=by,
                updated_by=by,
            )
        )


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What to change; a field that is ``msgspec.UNSET`` stays as it is.

    A new e-mail address is unverified unless ``email_verified`` says otherwise.
    """

    username: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    email_verified: bool | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType | None = msgspec.UNSET
    given_name: str | msgspec.UnsetType | None = msgspec.UNSET
    family_name: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType | None = msgspec.UNSET
    picture_url: str | msgspec.UnsetType | None = msgspec.UNSET
    permissions: Collection[str] | msgspec.UnsetType = msgspec.UNSET
    user_type: UserType | msgspec.UnsetType = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def applied(self, account: Account, now: int) -> Account:
        """``account`` with the change, at ``now``. Raises ``BadAccount``."""
        given = {name: getattr(self, name) for name in self.names()}
        if "permissions" in given:
            given["permissions"] = frozenset(str(each) for each in given["permissions"])
        changed = verify_account(replace(account, **given, updated_at=now))
        if "email_verified" not in given and login_key(changed.email) != login_key(account.email):
            changed = replace(changed, email_verified=False)
        return changed


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The one answer to an unknown name, a wrong password and a disabled account.

    Two are always equal and look the same. ``account_id`` (whose password it would have been)
    and ``detail`` are for counters and the log only.
    """

    account_id: int | None = field(default=None, compare=False, repr=False)
    detail: str = field(default="", compare=False, repr=False)


def verify_account_id(account_id: int) -> int:
    """``account_id``, when it is a whole number that JSON can carry. Raises ``BadAccount``."""
    if not 1 <= account_id <= _MAX_ACCOUNT_ID:
        raise BadAccount("An account id is a number from 1.", field="account_id")
    return account_id


def verify_account(account: Account) -> Account:
    """``account``, when every field may be kept and shown. Raises ``BadAccount``."""
    _verify_username(account)
    for name in ("name", "given_name", "family_name"):
        value = getattr(account, name)
        # A few characters compare as whole words; no key may outgrow what an index takes.
        if value is not None and not (
            is_plain_line(value, _MAX_NAME) and len(login_key(value)) <= 2 * _MAX_NAME
        ):
            raise BadAccount("A name is one line of up to 200 characters.", field=name)
    if account.email is not None and not is_email(account.email):
        raise BadAccount("This is not an e-mail address.", field="email")
    if account.locale is not None and not _LOCALE.match(account.locale):
        raise BadAccount("This is not a language tag.", field="locale")
    if account.picture_url is not None and not is_web_url(account.picture_url):
        raise BadAccount("A link starts with https:// or http://.", field="picture_url")
    if account.user_type is UserType.COMPANY:
        _verify_company(account)
    if account.permissions and account.kind is not AccountKind.SYSTEM:
        raise BadAccount("Only staff have permissions.", field="permissions")
    if not account.permissions <= _PERMISSIONS:
        raise BadAccount("There is no such permission.", field="permissions")
    return account


def _verify_company(account: Account) -> None:
    if account.kind is AccountKind.SYSTEM:
        raise BadAccount("Staff are individuals.", field="user_type")
    if account.name is None:
        raise BadAccount("A company has a name.", field="name")


def _verify_username(account: Account) -> None:
    username = account.username
    key = login_key(username)
    if (
        not is_plain_line(username, _MAX_USERNAME)
        or not is_plain_line(key, 4 * _MAX_USERNAME)
        or any(character.isspace() for character in key)
    ):
        raise BadAccount(
            "A user name is up to 128 visible characters without spaces.", field="username"
        )
    if "@" in key and key != login_key(account.email):
        # Or somebody could take the name under which another person signs in.
        raise BadAccount(
            "A user name that is an e-mail address must be the account's own.", field="username"
        )
