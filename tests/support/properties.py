"""How hypothesis runs: without deadlines, and with the same examples every time in CI."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("doorward", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("doorward")
