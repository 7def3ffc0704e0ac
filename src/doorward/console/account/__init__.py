"""A person's own pages: profile, devices, applications, projects, and the way in by invitation.

It owns what they show; it changes nothing but through the rooms' services. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.account.activity import ActivityPages
from doorward.console.account.activity_words import SENTENCES
from doorward.console.account.checkup import (
    AppsCheck,
    Check,
    ConnectionsCheck,
    DeletionCheck,
    DevicesCheck,
    EmailCheck,
    PasskeysCheck,
    PasswordCheck,
    SecondStepCheck,
)
from doorward.console.account.data import DataPages
from doorward.console.account.deletion import DeletionPages
from doorward.console.account.email import EmailPage
from doorward.console.account.email_links import EmailLinkPage
from doorward.console.account.forgotten import ForgottenPages
from doorward.console.account.frame import AccountFrame, Person, account_values
from doorward.console.account.home import HomePage
from doorward.console.account.invitation import InvitationPages
from doorward.console.account.neon_group import OneGroupPages
from doorward.console.account.neon_groups import GroupListPages
from doorward.console.account.neon_keys import PersonalKeyPages
from doorward.console.account.neon_projects import ProjectPages
from doorward.console.account.passkeys import PasskeyPages
from doorward.console.account.password import PasswordPage, lead_to_password_page
from doorward.console.account.profile import ProfilePages
from doorward.console.account.public import PublicFrame
from doorward.console.account.sign_up import SignUpPages
from doorward.console.account.two_step import TwoStepPages
from doorward.console.account.web import AccountPages

__all__ = [
    "SENTENCES",
    "AccountFrame",
    "AccountPages",
    "ActivityPages",
    "AppsCheck",
    "Check",
    "ConnectionsCheck",
    "DataPages",
    "DeletionCheck",
    "DeletionPages",
    "DevicesCheck",
    "EmailCheck",
    "EmailLinkPage",
    "EmailPage",
    "ForgottenPages",
    "GroupListPages",
    "HomePage",
    "InvitationPages",
    "OneGroupPages",
    "PasskeyPages",
    "PasskeysCheck",
    "PasswordCheck",
    "PasswordPage",
    "Person",
    "PersonalKeyPages",
    "ProfilePages",
    "ProjectPages",
    "PublicFrame",
    "SecondStepCheck",
    "SignUpPages",
    "TwoStepPages",
    "account_values",
    "lead_to_password_page",
]
