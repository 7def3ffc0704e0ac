"""Accounts at scale: an organization of a thousand beside one of a million, on both databases.

The services of the room are called directly: what is compared is the cost of a list, a search or
the look-up of a sign-in, and the way there through HTTP would only hide a difference.
"""

from __future__ import annotations

from bench.accounts.measuring import WORK, Comparison, measure_accounts

__all__ = ["WORK", "Comparison", "measure_accounts"]
