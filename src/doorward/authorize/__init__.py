"""The authorization endpoint: who asks, who is here, what was allowed, and then one code.

It owns the dispatcher and the consent page; sign-in belongs to ``sessions``, tokens to ``token``.
A dialect may add a front, an address with terms of its own. Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.authorize.front import OAUTH_PATH, Front, Terms
from doorward.authorize.service import Authorizations, Services
from doorward.authorize.web import AuthorizePages

__all__ = ["OAUTH_PATH", "Authorizations", "AuthorizePages", "Front", "Services", "Terms"]
