"""What the figures were made on."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
from importlib import metadata
from pathlib import Path

import psutil

from bench.subjects.process import ROOT, SCRATCH

__all__ = ["describe_machine"]

_PYTHON_PACKAGES = ("doorward", "starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy")
_NODE_PACKAGES = ("oidc-provider", "koa", "jose")


def describe_machine() -> dict[str, object]:
    """Processor, cores, memory, file system, and the versions of everything that ran."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "file_system": _file_system(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "node": _node_version(),
        "packages": _package_versions(),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _file_system() -> str:
    """The kind of file system that the subjects' databases lie on: on tmpfs, durability is free."""
    place = SCRATCH.resolve()
    found = "unknown"
    longest = -1
    for part in psutil.disk_partitions(all=True):
        if place.is_relative_to(part.mountpoint) and len(part.mountpoint) > longest:
            found, longest = part.fstype, len(part.mountpoint)
    return found


def _node_version() -> str | None:
    try:
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _package_versions() -> dict[str, str]:
    versions = {}
    for name in _PYTHON_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for name in _NODE_PACKAGES:
        manifest = ROOT / "bench" / "node" / "node_modules" / name / "package.json"
        if manifest.is_file():
            versions[name] = json.loads(manifest.read_text())["version"]
    return versions
