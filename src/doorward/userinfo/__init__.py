"""The userinfo endpoint (OpenID Connect Core 5.3): claims about the person a token acts for.

It owns which claims leave; accounts and tokens belong to their rooms. Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.userinfo.service import UserInfo
from doorward.userinfo.web import UserInfoEndpoint

__all__ = ["UserInfo", "UserInfoEndpoint"]
