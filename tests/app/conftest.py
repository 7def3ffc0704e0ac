"""One small world for each test, on each engine."""

from __future__ import annotations

from tests.support.house import house, mail_house, world

__all__ = ["house", "mail_house", "world"]
