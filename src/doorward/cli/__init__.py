"""The command line: the server, its set-up, and the daily work on people and applications.

It owns how a person or a script asks; it decides nothing that a service decides.
Nobody calls it but the shell; it loads a room only when a command needs it.
"""

from __future__ import annotations

from doorward.cli.tree import main

__all__ = ["main"]
