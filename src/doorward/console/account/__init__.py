"""A person's own pages: profile, devices, connected applications, and the way in by invitation.

It owns what they show; it changes nothing but through the rooms' services. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.account.invitation import InvitationPages
from doorward.console.account.profile import ProfilePages
from doorward.console.account.web import AccountPages

__all__ = ["AccountPages", "InvitationPages", "ProfilePages"]
