"""The vault at scale: reading fresh tokens, and renewing what is due, at two sizes.

The services of the room are called directly, in one process on one core; the database server and
the platform that is asked have the other one. Tokens are read over HTTP as well, of a real server.
"""

from __future__ import annotations

from bench.vault.measuring import WORK, measure_vault
from bench.vault.serving import WORK as HTTP_WORK
from bench.vault.serving import Wanted, measure_reads

__all__ = ["HTTP_WORK", "WORK", "Wanted", "measure_reads", "measure_vault"]
