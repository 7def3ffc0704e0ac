"""A person's own pages: profile, devices, applications, projects, and the way in by invitation.

It owns what they show; it changes nothing but through the rooms' services. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.account.activity import ActivityPages
from doorward.console.account.frame import AccountFrame, Person, account_values
from doorward.console.account.invitation import InvitationPages
from doorward.console.account.neon_group import OneGroupPages
from doorward.console.account.neon_groups import GroupListPages
from doorward.console.account.neon_keys import PersonalKeyPages
from doorward.console.account.neon_projects import ProjectPages
from doorward.console.account.passkeys import PasskeyPages
from doorward.console.account.profile import ProfilePages
from doorward.console.account.two_step import TwoStepPages
from doorward.console.account.web import AccountPages

__all__ = [
    "AccountFrame",
    "AccountPages",
    "ActivityPages",
    "GroupListPages",
    "InvitationPages",
    "OneGroupPages",
    "PasskeyPages",
    "Person",
    "PersonalKeyPages",
    "ProfilePages",
    "ProjectPages",
    "TwoStepPages",
    "account_values",
]
