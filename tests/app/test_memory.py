"""What a server does about memory once everything is loaded."""

from __future__ import annotations

import gc

from doorward.app.memory import settle_memory


def test_garbage_is_looked_for_again_once_everything_is_loaded() -> None:
    """The command puts it off while it loads; a server that never looked would grow."""
    gc.disable()
    try:
        settle_memory()
        assert gc.isenabled()
    finally:
        gc.enable()
