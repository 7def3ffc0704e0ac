"""The vault at scale: reading fresh tokens, and renewing what is due, at two sizes.

The services of the room are called directly, in one process on one core; the database server and
the platform that is asked have the other one.
"""

from __future__ import annotations

from bench.vault.measuring import WORK, measure_vault

__all__ = ["WORK", "measure_vault"]
