"""Token introspection (RFC 7662): whether a token is good, told only to those it concerns.

It owns who may ask; it stores nothing. Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.introspect.service import Introspection
from doorward.introspect.web import INTROSPECTIONS, IntrospectEndpoint

__all__ = ["INTROSPECTIONS", "IntrospectEndpoint", "Introspection"]
