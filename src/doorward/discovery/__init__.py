"""Discovery (OpenID Connect Discovery, RFC 8414) and the published keys.

It owns the documents; scopes and keys belong to their rooms. Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.discovery.service import Discovery
from doorward.discovery.web import DiscoveryEndpoints

__all__ = ["Discovery", "DiscoveryEndpoints"]
