"""How hypothesis runs: without deadlines, and with the same examples every time in CI."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile(
    "doorward",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=50,  # `make fuzz` looks longer
)
settings.load_profile("doorward")
