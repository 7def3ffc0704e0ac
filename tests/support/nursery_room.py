"""Imported once by the process from which others are forked: every module of the product."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import doorward

_MADE_BY_ALEMBIC = "doorward.db.migrations"
"""Modules that are run by a migration, and cannot be imported."""

for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
    if not module.name.startswith(_MADE_BY_ALEMBIC):
        importlib.import_module(module.name)
# What was imported lives as long as the process: nobody searches it for garbage, or copies it so.
gc.collect()
gc.freeze()
