"""The assembly: services, routes and layers in visible lists; the server and the demo.

It owns what is wired to what; it holds no rule of its own. ``cli`` calls it.
"""

from __future__ import annotations

from doorward.app.application import build_app
from doorward.app.assembly import Services, assemble, open_services

__all__ = ["Services", "assemble", "build_app", "open_services"]
