"""The authorization endpoint: who asks, who is here, what was allowed, and then one code.

It owns the dispatcher and the consent page; sign-in belongs to ``sessions``, tokens to ``token``.
Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.authorize.service import Authorizations, Services
from doorward.authorize.web import AuthorizePages

__all__ = ["Authorizations", "AuthorizePages", "Services"]
