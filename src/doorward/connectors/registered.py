"""A connector as an organization has it: a manifest, where it comes from, and whether it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from doorward.connectors.model import Manifest
from doorward.db import Row

__all__ = ["CATALOGUE_ID", "Connector", "Origin"]

Origin = Literal["catalogue", "registered", "plugin"]

CATALOGUE_ID = 0
"""The ``connector_id`` of the catalogue's and of plugins: nobody can take those away and replace
them."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector of one organization.

    A slug can be taken again after a removal, by somebody else and with other addresses: whoever
    keeps credentials for a connector keeps its ``connector_id`` too, and compares it before they
    leave. ``version`` counts the changes of a registered manifest. Times are microseconds.
    """

    org_id: str
    slug: str
    connector_id: int
    manifest: Manifest
    origin: Origin
    version: int = 0
    enabled: bool = False
    owner_account_id: int | None = None
    created_at: int = 0
    changed_at: int = 0

    @classmethod
    def of_catalogue(
        cls, org_id: str, manifest: Manifest, *, enabled: bool, origin: Origin = "catalogue"
    ) -> Connector:
        """The catalogue's entry, or a plugin's, as ``org_id`` has it."""
        return cls(
            org_id=org_id,
            slug=manifest.slug,
            connector_id=CATALOGUE_ID,
            manifest=manifest,
            origin=origin,
            enabled=enabled,
        )

    @classmethod
    def from_row(cls, row: Row) -> Connector:
        """Read a row of a registered connector in the order of its columns."""
        org_id, slug, connector_id, manifest, _, version, enabled, owner, created, changed = row
        return cls(
            org_id=org_id,
            slug=slug,
            connector_id=connector_id,
            manifest=msgspec.json.decode(manifest, type=Manifest),
            origin="registered",
            version=version,
            enabled=bool(enabled),
            owner_account_id=owner,
            created_at=created,
            changed_at=changed,
        )
