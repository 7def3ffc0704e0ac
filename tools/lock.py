"""Compile the pinned requirement files from pyproject.toml: what `make lock` runs.

Four files come out, each with the hash of every published archive of every package, so one file
serves every CPython from 3.11 on and both machine types:

- requirements/run.txt: the server with its extras, and the build tool
- requirements/dev.txt: the same pins and the group `dev`
- requirements/peers.txt: the peers of the benchmark, with the pins of dev.txt where they share any
- requirements/node.txt: Node.js as a package, for machines without a recent one
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--quiet",
    "--generate-hashes",
    "--strip-extras",
    "--allow-unsafe",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--no-emit-options",
    "--no-header",
    "--no-annotate",
    "--newline=lf",
    "--resolver=backtracking",
]
HEADER = "# Compiled by `make lock` from pyproject.toml. Do not edit.\n"


def wanted(project: dict[str, Any]) -> dict[str, list[str]]:
    """Requirements of each file, from the parsed pyproject.toml."""
    table = project["project"]
    groups = project["dependency-groups"]
    extras = [
        item
        for name in ("postgres", "demo", "traces")
        for item in table["optional-dependencies"][name]
    ]
    run = [*table["dependencies"], *extras, *groups["build"]]
    files = {"run": run, "dev": [*run, *groups["dev"]]}
    return files | {name: list(groups[name]) for name in ("peers", "node")}


def compile_file(name: str, lines: list[str], *, upgrade: bool) -> None:
    """Write requirements/{name}.txt; run.txt binds dev.txt, which binds peers.txt."""
    target = ROOT / "requirements" / f"{name}.txt"
    binding = {"dev": "run", "peers": "dev"}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{name}.in"
        bound = [f"-c {target.with_name(binding[name])}.txt"] if name in binding else []
        source.write_text("\n".join([*lines, *bound]) + "\n")
        made = Path(folder) / f"{name}.txt"
        if target.exists() and not upgrade:
            made.write_text(target.read_text())
        command = [sys.executable, "-m", "piptools", "compile", *OPTIONS]
        command += ["--upgrade"] if upgrade else []
        command += ["--output-file", str(made), str(source)]
        subprocess.run(command, check=True, cwd=folder, env=dict(os.environ))
        target.write_text(HEADER + made.read_text().removeprefix(HEADER))


def main() -> None:
    """Compile all files; `--upgrade` moves every pin to the newest version."""
    upgrade = "--upgrade" in sys.argv[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, lines in wanted(project).items():
        compile_file(name, lines, upgrade=upgrade)
        print(f"requirements/{name}.txt written")


if __name__ == "__main__":
    main()
