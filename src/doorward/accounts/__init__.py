"""People: constituents and staff, their profile, their password, whether they may come in.

It owns who a person is and proves a password; it keeps no session, consent or token of theirs.
Sign-in, UserInfo and API keys ask it; staff and the command line change people here.
"""

from __future__ import annotations

from doorward.accounts.model import (
    Account,
    AccountChange,
    AccountIdTaken,
    AccountKind,
    AccountsRefusal,
    AccountStatus,
    BadAccount,
    EmailTaken,
    NewAccount,
    SignInRefused,
    UnknownAccount,
    UsernameTaken,
    WeakPassword,
    login_key,
)
from doorward.accounts.passwords import OWASP, PasswordProfile, Passwords
from doorward.accounts.refusals import Busy
from doorward.accounts.service import Accounts

__all__ = [
    "OWASP",
    "Account",
    "AccountChange",
    "AccountIdTaken",
    "AccountKind",
    "AccountStatus",
    "Accounts",
    "AccountsRefusal",
    "BadAccount",
    "Busy",
    "EmailTaken",
    "NewAccount",
    "PasswordProfile",
    "Passwords",
    "SignInRefused",
    "UnknownAccount",
    "UsernameTaken",
    "WeakPassword",
    "login_key",
]
