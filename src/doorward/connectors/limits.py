"""How much of everything a manifest may hold, and how names in it are spelt.

These go into the published schema; the sentences are for whoever wrote the manifest.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BROAD", "NARROW", "SPELLINGS", "WHOLE_NUMBERS"]

BROAD: Final = {"string": 4_096, "array": 200, "object": 100}
"""Characters of a text, entries of a list, fields of a map, where nothing narrower is said."""

NAME: Final = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
SLUG: Final = r"^[a-z0-9](-?[a-z0-9]){1,62}$"

NARROW: Final[dict[tuple[str, str], dict[str, object]]] = {
    ("Manifest", "slug"): {"pattern": SLUG},
    ("Manifest", "name"): {"minLength": 1, "maxLength": 100},
    ("Manifest", "notes"): {"maxLength": 2_000},
    ("Manifest", "categories"): {"maxItems": 10},
    ("Manifest", "variables"): {"maxItems": 60},
    ("Manifest", "environments"): {"maxItems": 40},
    ("Manifest", "auth_options"): {"minItems": 1, "maxItems": 20},
    ("AuthOption", "name"): {"pattern": NAME},
    ("AuthOption", "variables"): {"maxItems": 60},
    ("AuthOption", "post_connect"): {"maxItems": 10},
    ("AuthOption", "revoke"): {"maxItems": 10},
    ("Environment", "name"): {"pattern": NAME},
    ("Environment", "overrides"): {"maxItems": 60},
    ("Override", "path"): {"minLength": 1, "maxLength": 200},
    ("Variable", "name"): {"pattern": NAME},
    ("Variable", "pattern"): {"maxLength": 400},
    ("Variable", "prefix"): {"maxLength": 100},
    ("Variable", "suffix"): {"maxLength": 100},
    ("Capture", "to"): {"pattern": NAME},
    ("Capture", "path"): {"minLength": 1, "maxLength": 200},
    ("Authorize", "url"): {"minLength": 1},
    ("PostConnect", "url"): {"minLength": 1},
    ("Verify", "url"): {"minLength": 1},
    ("Revocation", "url"): {"minLength": 1},
    ("OptionsRequest", "url"): {"minLength": 1},
    ("TokenRequest", "xml_template"): {"maxLength": 20_000},
}
"""What holds for one field of one kind of section."""

WHOLE_NUMBERS: Final[dict[str, tuple[int, int]]] = {
    "timeout_s": (1, 120),
    "max_bytes": (1_024, 104_857_600),
    "min_length": (0, 512),
    "max_length": (16, 2_048),
    "default_lifetime_s": (1, 3_153_600_000),
    "skew_s": (0, 86_400),
    "grace_s": (0, 86_400),
    "idle_expiry_days": (1, 3_650),
    "keepalive_days": (1, 3_650),
    "max_per_window": (1, 100_000),
    "window_s": (1, 86_400),
    "session_ttl_s": (1, 31_536_000),
    "status": (100, 599),
    "refresh_on_status": (100, 599),
    "gone": (100, 599),
}
"""The smallest and the largest, by the name of the field; of each entry, where it is a list."""

SPELLINGS: Final = {
    NAME: "A name starts with a letter and has up to 64 letters, digits, _ and -.",
    SLUG: ("A slug is 2 to 63 lower-case letters and digits, with single hyphens between them."),
}
"""What to say when a name is spelt otherwise."""
