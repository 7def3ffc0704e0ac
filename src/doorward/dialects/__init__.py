"""The wire contracts of named platforms, spoken over the same rooms.

It owns paths, parameter names, response shapes and error texts; every rule is a lower room's.
``app`` mounts each dialect.
"""

from __future__ import annotations

from doorward.dialects import app_connect, neon, neon_crm, neos
from doorward.dialects.root import RootClients

__all__ = ["RootClients", "app_connect", "neon", "neon_crm", "neos"]
