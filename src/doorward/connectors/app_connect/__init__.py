"""Manifests of App Connect as connectors: their sections on signing in, and nothing else."""

from __future__ import annotations

from doorward.connectors.app_connect.loading import load_app_connect

__all__ = ["load_app_connect"]
