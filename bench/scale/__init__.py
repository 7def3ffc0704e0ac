"""A large installation beside an empty one: ten million live tokens, both served and asked alike.

The database is filled once and kept in the scratch folder for the next run, until its tokens grow
old; a schema that has changed since is migrated.
"""

from __future__ import annotations

from bench.scale.filling import Filled, filled
from bench.scale.world import World

__all__ = ["Filled", "World", "filled"]
