"""Doorward beside its peers: starts each server, loads it, checks every answer, prints a table.

Run as ``python -m bench`` (``make bench``). docs/performance.md describes the method.
"""

from __future__ import annotations
