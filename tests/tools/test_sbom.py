"""The bill of materials: sound CycloneDX, every pinned package, nobody's address."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.architecture.tracked import REGISTRY
from tests.architecture.tree import ROOT
from tools import sbom


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What `make sbom` would write."""
    return sbom.settled(sbom.generated())


def test_it_is_valid(document: dict[str, Any]) -> None:
    """By the published schema of its version, in its strict form."""
    assert document["specVersion"] == sbom.VERSION
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(document)) is None


def test_it_names_every_package_that_a_server_runs_on(document: dict[str, Any]) -> None:
    """With the version and the hashes that are pinned."""
    pinned = (ROOT / "requirements" / "run.txt").read_text()
    names = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", pinned, re.MULTILINE)
    found = [(each["name"], each["version"]) for each in document["components"]]
    assert sorted(found) == sorted((name, version) for name, version in names)
    hashes = {h["content"] for each in document["components"] for h in each["hashes"]}
    assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", pinned))


def test_it_names_no_index_and_is_the_same_every_time(document: dict[str, Any]) -> None:
    """No address where anything was fetched, no time and no random number."""
    text = json.dumps(document)
    assert REGISTRY.findall(text) == []
    assert "timestamp" not in text
    assert "serialNumber" not in text
    assert sbom.settled(sbom.generated()) == document
