"""The wire contracts of named platforms, spoken over the same rooms.

It owns paths, parameter names, response shapes and error texts; every rule is a lower room's.
``app`` mounts each dialect.
"""

from __future__ import annotations

from doorward.dialects import neon, neon_crm

__all__ = ["neon", "neon_crm"]
