"""What each field of a manifest is for: the schema's descriptions."""

from __future__ import annotations

from typing import Final

__all__ = ["NOTES"]

NOTES: Final[dict[tuple[str, str], str]] = {}
