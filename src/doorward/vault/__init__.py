"""The vault: what an organization and its people keep of other platforms, sealed.

It owns tenant credentials, connections, and the flows by which people connect; what is particular
about a platform stands in its manifest. The connect pages, the staff console, the management API
and the dialects of applications that use connections call it.
"""

from __future__ import annotations

from doorward.vault import jobs

__all__ = ["jobs"]
