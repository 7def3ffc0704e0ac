"""The published schema."""

from __future__ import annotations

from doorward.connectors.schema import manifest_schema
from doorward.http import Call, Reply, json_reply

__all__ = ["ConnectorSchema"]

_HEADERS = ((b"cache-control", b"public, max-age=3600"),)


class ConnectorSchema:
    """``/schemas/connector.json``: for editors, and for whoever writes a manifest."""

    async def answer(self, call: Call) -> Reply:
        """The schema; every page may read it."""
        del call
        return json_reply(manifest_schema(), headers=_HEADERS)
