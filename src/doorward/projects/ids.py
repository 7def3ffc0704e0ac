"""Identifiers that people can read out: two words and a number, drawn at random."""

from __future__ import annotations

import re
from typing import Final

from doorward.crypto import Random

__all__ = ["draw_group_id", "draw_project_id", "is_group_id", "is_project_id"]

_FIRST_WORDS: Final = (
    "amber ancient autumn aged billowing bitter blue bold brave broad bright calm cold cool "
    "crimson curly damp dark dawn delicate divine dry early empty falling fancy flat floral "
    "fragrant frosty gentle green hidden holy icy jolly late lingering little lively long lucky "
    "misty morning muddy nameless noisy odd old orange patient plain polished proud purple quiet "
    "rapid raspy red restless rough round royal shiny shrill shy silent small snowy soft solitary "
    "sparkling spring square steep still summer super sweet throbbing tiny twilight wandering "
    "weathered white wild winter wispy withered yellow young"
)
_SECOND_WORDS: Final = (
    "art band bar base bird block boat bonus bread breeze brook bush butterfly cake cell cherry "
    "cloud credit darkness dawn dew disk dream dust example feather field fire firefly flower fog "
    "forest frog frost glade glitter grass hall hat haze heart hill king lab lake leaf limit math "
    "meadow mode moon morning mountain mouse mud night paper pine poetry pond queen rain recipe "
    "resonance rice river salad scene sea shadow shape silence sky smoke snow snowflake sound star "
    "sun sunset surf term thunder tooth tree truth union unit violet voice water waterfall wave "
    "wildflower wind wood"
)
_FIRST: Final = tuple(_FIRST_WORDS.split())
_SECOND: Final = tuple(_SECOND_WORDS.split())
_NUMBERS: Final = (100_000, 1_000_000)
_PROJECT = re.compile(r"[a-z]{1,24}-[a-z]{1,24}-[0-9]{6,8}\Z", re.ASCII)
_GROUP = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?\Z", re.ASCII)


def draw_project_id(random: Random) -> str:
    """An identifier like ``spring-example-302709``; one of some ten thousand million."""
    # Sixteen bytes for thirty-three bits: no word is drawn noticeably more often than another.
    drawn = int.from_bytes(random(16), "big")
    drawn, first = divmod(drawn, len(_FIRST))
    drawn, second = divmod(drawn, len(_SECOND))
    least, beyond = _NUMBERS
    return f"{_FIRST[first]}-{_SECOND[second]}-{least + drawn % (beyond - least)}"


def draw_group_id(random: Random) -> str:
    """An identifier like ``org-quiet-river-302709``."""
    return f"org-{draw_project_id(random)}"


def is_project_id(text: str) -> bool:
    """Whether ``text`` could be a project's identifier."""
    return _PROJECT.match(text) is not None


def is_group_id(text: str) -> bool:
    """Whether ``text`` could be a group's: up to 60 lower-case letters, digits and hyphens."""
    return _GROUP.match(text) is not None
