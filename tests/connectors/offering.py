"""Packages that offer plugins, put where Python finds them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import invalidate_caches
from pathlib import Path

__all__ = ["TEMPLATE", "Offering"]

TEMPLATE = Path(__file__).resolve().parents[2] / "examples" / "connector_template"
_PLATFORM = "https://crm.example.com"


@dataclass(frozen=True)
class Offering:
    """A folder on the path of imports, with a package's description in it."""

    folder: Path

    def offer(self, module: str, source: str, **names: str) -> None:
        """A package of one module, whose objects it offers under these names."""
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        described = self.folder / f"{module}-1.0.dist-info"
        described.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n"
        (described / "METADATA").write_text(metadata, encoding="utf-8")
        lines = [f"{name} = {module}:{attribute}" for name, attribute in names.items()]
        text = "\n".join(["[doorward.connectors]", *lines, ""])
        (described / "entry_points.txt").write_text(text, encoding="utf-8")

    def install_template(self, url: str) -> str:
        """The example, as pip installs it from a copy for the platform at ``url``; its name."""
        copy = self.folder.with_name(f"{self.folder.name}-source")
        shutil.copytree(TEMPLATE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        module = copy / "connector_template.py"
        source = module.read_text(encoding="utf-8")
        module.write_text(source.replace(_PLATFORM, url), encoding="utf-8")
        # Nothing is fetched: what builds it is installed, and what it needs is what runs.
        given = ["--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
        pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
        command = [*pip, "--quiet", *given, "--target", str(self.folder), str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        invalidate_caches()
        return "template-crm"

    def offer_template(self, module: str, url: str = _PLATFORM) -> None:
        """The example, as its own description offers it, for the platform at ``url``."""
        project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))
        offered = project["project"]["entry-points"]["doorward.connectors"]
        ((name, target),) = offered.items()
        file, _, attribute = target.partition(":")
        source = (TEMPLATE / f"{file}.py").read_text(encoding="utf-8")
        self.offer(module, source.replace(_PLATFORM, url), **{name: attribute})
