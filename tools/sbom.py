"""Write build/sbom.json, what a server is made of, in CycloneDX: what `make sbom` runs.

It is made from requirements/run.txt alone, so anybody makes the same from the same checkout: every
package with its version and the hashes of its archives, and the address of no index.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "sbom.json"
VERSION = "1.6"


def generated() -> dict[str, Any]:
    """What the generator reads from the pinned requirements."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "sbom.json"
        command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
        command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
        command += ["--short-PURLs", "--spec-version", VERSION, "--output-file", str(made)]
        subprocess.run([*command, str(ROOT / "requirements" / "run.txt")], check=True)
        document: dict[str, Any] = json.loads(made.read_text())
        return document


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` without addresses, each hash at its package, and packages below Doorward."""
    for component in document["components"]:
        found = component.pop("externalReferences", [])
        hashes = [each for reference in found for each in reference.get("hashes", [])]
        component["hashes"] = sorted(hashes, key=lambda each: str(each["content"]))
        component["bom-ref"] = component["purl"]
        component.pop("description", None)
    document["components"].sort(key=lambda each: str(each["purl"]))
    for tool in document["metadata"]["tools"]["components"]:
        tool.pop("externalReferences", None)
    references = [each["bom-ref"] for each in document["components"]]
    root = document["metadata"]["component"]["bom-ref"]
    document["dependencies"] = [
        {"ref": root, "dependsOn": references},
        *({"ref": each} for each in references),
    ]
    return document


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(exist_ok=True)
    document = settled(generated())
    TARGET.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(document['components'])} packages")


if __name__ == "__main__":
    main()
