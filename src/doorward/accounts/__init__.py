"""People: constituents and staff, their profile, their password, whether they may come in.

It owns who a person is and proves a password; it keeps no session, consent or token of theirs.
Sign-in, UserInfo and API keys ask it; staff and the command line change people here.
"""

from __future__ import annotations

from doorward.accounts.batch import AccountDrafts
from doorward.accounts.details import (
    AccountDetails,
    Address,
    Coded,
    Consent,
    ConsentAnswer,
    CustomField,
    DateOfBirth,
    Named,
    Origin,
)
from doorward.accounts.details_rules import parse_details
from doorward.accounts.keys import full_name, is_email, login_key
from doorward.accounts.letters import (
    STAFF_SIGN_IN,
    compose_notice,
    own_page_url,
    recipient_of,
)
from doorward.accounts.model import (
    Account,
    AccountChange,
    AccountIdTaken,
    AccountKind,
    AccountsRefusal,
    AccountStatus,
    BadAccount,
    EmailTaken,
    LastOwner,
    NewAccount,
    SignInRefused,
    UnknownAccount,
    UsernameTaken,
    UserType,
    WeakPassword,
)
from doorward.accounts.passwords import OWASP, PasswordProfile, Passwords
from doorward.accounts.platform_profiles import PlatformProfiles
from doorward.accounts.platforms import PatreonLink, PlatformProfile
from doorward.accounts.refusals import BadSearch, Busy, PasswordFault, PatreonChanged
from doorward.accounts.search import (
    MAX_PAGE_SIZE,
    AccountPage,
    Condition,
    ListWanted,
    Operator,
    PageWanted,
    SearchField,
    SearchWanted,
    Sort,
)
from doorward.accounts.service import Accounts
from doorward.accounts.sign_in import Doorway
from doorward.accounts.strength import LONGEST_PASSWORD, PasswordRules, rules_for

__all__ = [
    "LONGEST_PASSWORD",
    "MAX_PAGE_SIZE",
    "OWASP",
    "STAFF_SIGN_IN",
    "Account",
    "AccountChange",
    "AccountDetails",
    "AccountDrafts",
    "AccountIdTaken",
    "AccountKind",
    "AccountPage",
    "AccountStatus",
    "Accounts",
    "AccountsRefusal",
    "Address",
    "BadAccount",
    "BadSearch",
    "Busy",
    "Coded",
    "Condition",
    "Consent",
    "ConsentAnswer",
    "CustomField",
    "DateOfBirth",
    "Doorway",
    "EmailTaken",
    "LastOwner",
    "ListWanted",
    "Named",
    "NewAccount",
    "Operator",
    "Origin",
    "PageWanted",
    "PasswordFault",
    "PasswordProfile",
    "PasswordRules",
    "Passwords",
    "PatreonChanged",
    "PatreonLink",
    "PlatformProfile",
    "PlatformProfiles",
    "SearchField",
    "SearchWanted",
    "SignInRefused",
    "Sort",
    "UnknownAccount",
    "UserType",
    "UsernameTaken",
    "WeakPassword",
    "compose_notice",
    "full_name",
    "is_email",
    "login_key",
    "own_page_url",
    "parse_details",
    "recipient_of",
    "rules_for",
]
