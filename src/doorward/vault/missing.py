"""What people were asked for on a platform and did not give, as far as the platform tells."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.connectors import BadOverride, Connectors, UpstreamFailure, missing_scopes
from doorward.crypto import SealBroken
from doorward.vault.credentials import Credentials, Opened
from doorward.vault.credentials_plans import put_together
from doorward.vault.forms_model import Filled, UnknownOption
from doorward.vault.forms_rules import find_option
from doorward.vault.model import Connection

__all__ = ["MissingScopes"]


class MissingScopes:
    """Compares what was granted with what is asked for now.

    That is no failure: some platforms let people choose. A connector that asks for more than it
    did when somebody connected is told in the same way.
    """

    def __init__(self, *, connectors: Connectors, credentials: Credentials) -> None:
        """Know what is asked for from ``connectors`` and the organization's ``credentials``."""
        self._connectors = connectors
        self._credentials = credentials

    async def find(self, row: Connection) -> tuple[str, ...]:
        """The scopes that are missing; none where the platform does not say what it granted."""
        return (await self.find_each([row]))[row.connection_id]

    async def find_each(self, rows: Sequence[Connection]) -> dict[int, tuple[str, ...]]:
        """The same for each of ``rows`` by number; credentials that they share are read once."""
        told = [row for row in rows if row.is_connected and row.scopes is not None]
        opened = {
            key: await self._open(*key)
            for key in {(row.org_id, row.credentials_id) for row in told}
        }
        found: dict[int, tuple[str, ...]] = {row.connection_id: () for row in rows}
        for row in told:
            own = opened[row.org_id, row.credentials_id]
            if own is not None or row.credentials_id is None:
                found[row.connection_id] = await self._compare(row, own)
        return found

    async def _open(self, org_id: str, credentials_id: int | None) -> Opened | None:
        if credentials_id is None:
            return None
        kept = await self._credentials.find(org_id, credentials_id)
        try:
            return None if kept is None or kept.sealed is None else self._credentials.open(kept)
        except SealBroken:
            return None

    async def _compare(self, row: Connection, own: Opened | None) -> tuple[str, ...]:
        connector = await self._connectors.find(row.org_id, row.connector)
        if connector is None or connector.connector_id != row.connector_id:
            return ()
        if own is not None and own.credentials.connector_id != row.connector_id:
            return ()
        try:
            option = find_option(connector.manifest, row.auth_option)
            filled = Filled(row.values, {})
            plan = put_together(connector.manifest, option, row.environment, filled, own)
            return missing_scopes(plan, row.scopes)
        except (UnknownOption, BadOverride, UpstreamFailure):
            return ()
