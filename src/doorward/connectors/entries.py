"""The catalogue: manifests that come with Doorward, one file for each connector."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from doorward.connectors.model import Manifest

__all__ = ["CATALOGUE", "catalogue_entries"]

CATALOGUE = Path(__file__).with_name("catalogue")


@cache
def catalogue_entries() -> Mapping[str, Manifest]:
    """Every manifest of the catalogue by slug; read once. The tests hold each against its rules."""
    decoder = msgspec.json.Decoder(Manifest)
    found = (decoder.decode(path.read_bytes()) for path in sorted(CATALOGUE.glob("*.json")))
    return MappingProxyType({manifest.slug: manifest for manifest in found})
