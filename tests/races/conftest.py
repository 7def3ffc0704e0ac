"""One small world for each test, on each engine."""

from __future__ import annotations

from tests.support.house import house, world
from tests.support.places import place

__all__ = ["house", "place", "world"]
