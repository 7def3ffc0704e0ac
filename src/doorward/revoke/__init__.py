"""Token revocation (RFC 7009): a client gives back what it holds.

It owns who may revoke what; the rows belong to ``tokens``. Only ``app`` mounts it.
"""

from __future__ import annotations

from doorward.revoke.service import Revocation
from doorward.revoke.web import RevokeEndpoint

__all__ = ["Revocation", "RevokeEndpoint"]
