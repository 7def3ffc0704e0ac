"""An organization's accent colour, adjusted until it can be read in both themes.

The contrast formula is WCAG 2.2's (relative luminance); the hue is kept by moving only the
lightness in OKLCH, the colour space of CSS Color 4, and giving up chroma where sRGB ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of any size
LIGHT_GROUNDS = ("#f4f0e7", "#ece6d8", "#fffdf9", "#f9f5ed")  # the same four in assets/app.css
DARK_GROUNDS = ("#0d131c", "#121a26", "#151d29", "#1b2432")
_HEX = re.compile(r"#?([0-9a-fA-F]{6})\Z")

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Accent:
    """One brand colour as both themes show it; `adjusted` when either had to differ from it."""

    asked: str
    light: str
    dark: str

    @property
    def adjusted(self) -> bool:
        """True when a page cannot show the colour exactly as it was asked for."""
        return self.asked != self.light or self.asked != self.dark


def parse_colour(text: str) -> str:
    """Return `#rrggbb` in lower case for six hexadecimal digits; ValueError for anything else."""
    found = _HEX.match(text)
    if found is None:
        raise ValueError("a colour is written as six hexadecimal digits")
    return "#" + found[1].lower()


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1.0 to 21.0 (WCAG 2.2 definition)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def adjust_accent(colour: str) -> Accent:
    """Return the nearest readable colour of the same hue for each theme.

    Each answer has at least 4.5:1 on every ground of its theme. ValueError when `colour` is not
    six hexadecimal digits.
    """
    asked = parse_colour(colour)
    return Accent(
        asked=asked,
        light=_readable(asked, LIGHT_GROUNDS, toward=0.0),
        dark=_readable(asked, DARK_GROUNDS, toward=1.0),
    )


def letter_on(colour: str) -> str:
    """Return black or white, whichever reads better on `#rrggbb`: never below 4.58:1."""
    return max("#000000", "#ffffff", key=lambda letter: contrast(letter, colour))


def render_accent(accent: Accent) -> str:
    """Return the small stylesheet that replaces the accent; the semantic colours stay.

    Text and outlines take the adjusted colour of each theme, the arch takes the colour itself.
    """
    leaf = f"--leaf:{accent.asked};--on-leaf:{letter_on(accent.asked)}"
    light, dark = f"--accent:{accent.light}", f"--accent:{accent.dark}"
    return (
        f":root,[data-theme=light]{{{light}}}\n"
        f":root:root,[data-theme][data-theme]{{{leaf}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"[data-theme][data-theme=dark]{{{dark}}}\n"
    )


def _readable(colour: str, grounds: tuple[str, ...], toward: float) -> str:
    def passes(candidate: str) -> bool:
        return all(contrast(candidate, ground) >= CONTRAST for ground in grounds)

    if passes(colour):
        return colour
    lightness, chroma, hue = _to_oklch(colour)
    return _nearest(lightness, toward, lambda level: _from_oklch(level, chroma, hue), passes)


def _nearest(
    start: float, end: float, paint: Callable[[float], str], passes: Callable[[str], bool]
) -> str:
    # `end` (black or white) always passes, so bisection keeps a passing colour in hand.
    failing, passing = start, end
    for _ in range(20):
        middle = (failing + passing) / 2
        if passes(paint(middle)):
            passing = middle
        else:
            failing = middle
    return paint(passing)


def _channels(colour: str) -> Triple:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklch(colour: str) -> Triple:
    red, green, blue = map(_linear, _channels(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    # Lower the chroma in small steps until the colour exists in sRGB.
    tries = (_oklch_to_linear(lightness, chroma * (1 - step / 32), hue) for step in range(32))
    grey = _oklch_to_linear(lightness, 0.0, hue)
    channels = next((found for found in tries if _is_displayable(found)), grey)
    levels = [round(255 * _gamma(min(1.0, max(0.0, channel)))) for channel in channels]
    return "#" + "".join(f"{level:02x}" for level in levels)


def _is_displayable(channels: Triple) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in channels)


def _oklch_to_linear(lightness: float, chroma: float, hue: float) -> Triple:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
