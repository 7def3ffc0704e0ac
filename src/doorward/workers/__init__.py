"""The processes that serve: one that listens and looks after the others, and their way to speak.

It owns starting, replacing and ending them; it knows nothing of what they serve. ``cli`` calls it
in the process that looks after them, ``app`` in each of the others.
"""

from __future__ import annotations

from doorward.workers.listening import CannotListen, bind
from doorward.workers.model import Plan, Seat, Word
from doorward.workers.parent import Parent
from doorward.workers.service import supervise

__all__ = ["CannotListen", "Parent", "Plan", "Seat", "Word", "bind", "supervise"]
