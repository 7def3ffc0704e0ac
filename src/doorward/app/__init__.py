"""The assembly: services, routes and layers in visible lists; the server and the demo.

It owns what is wired to what; it holds no rule of its own. ``cli`` calls it.
"""

from __future__ import annotations

from doorward.app.application import build_app
from doorward.app.assembly import Services, assemble, open_services
from doorward.app.demo import DemoOptions, OtherDemo, run_demo
from doorward.app.schema import Placement, SchemaStatus, placements, schema_status, upgrade_schema
from doorward.app.serving import serve_forever

__all__ = [
    "DemoOptions",
    "OtherDemo",
    "Placement",
    "SchemaStatus",
    "Services",
    "assemble",
    "build_app",
    "open_services",
    "placements",
    "run_demo",
    "schema_status",
    "serve_forever",
    "upgrade_schema",
]
