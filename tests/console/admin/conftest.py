"""One small world for each test, on each engine, and somebody at its console."""

from __future__ import annotations

from tests.support.house import house, world

__all__ = ["house", "world"]
