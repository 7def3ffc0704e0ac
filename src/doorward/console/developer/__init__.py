"""The developer portal: people register applications, ask for a review, and look after them.

It owns pages under ``/developer`` and their frame; every rule about applications is a lower room's.
``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import Developer, DeveloperRoute, DeveloperServices
from doorward.console.developer.table import developer_table

__all__ = [
    "Developer",
    "DeveloperFrame",
    "DeveloperRoute",
    "DeveloperServices",
    "developer_table",
]
