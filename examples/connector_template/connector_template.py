"""A connector in Python to copy: a platform of which a manifest says all but two things."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from doorward.connectors import (
    Asked,
    Category,
    License,
    OverridingOption,
    Party,
    PythonConnector,
    UpstreamFailure,
)
from doorward.http import OutboundRequest

__all__ = ["TemplateConnector"]

PLATFORM = "https://crm.example.com"


class TemplateConnector(PythonConnector):
    """People connect as the manifest says; who they are is put together here."""

    manifest: ClassVar[Mapping[str, object]] = {
        "doorward": 1,
        "slug": "template-crm",
        "name": "Template CRM",
        "auth_options": [
            {
                "name": "main",
                "type": "oauth2_code",
                "authorize": {
                    "url": f"{PLATFORM}/authorize",
                    "scope": {"default": ["contacts.read"]},
                },
                "token": {"url": f"{PLATFORM}/token"},
                "revoke": [{"url": f"{PLATFORM}/revoke"}],
            }
        ],
        "proxy": {"base_url": f"{PLATFORM}/api"},
    }

    async def get_overriding_oauth_option(self, asked: Asked, code: str) -> OverridingOption:
        """The platform wants a digest of the code beside it, which no template computes."""
        del asked
        return OverridingOption(headers={"X-Code-Digest": sha256(code.encode()).hexdigest()})

    async def get_user_info(self, asked: Asked) -> Party:
        """Whose account it is, the name in capitals as on the platform's own pages."""
        user = await _me(asked)
        name = str(user.get("name", ""))
        return Party(
            account_id=str(user["id"]), account_name=name.upper(), email=str(user.get("email", ""))
        )

    async def get_license_status(self, asked: Asked) -> License:
        """Whoever the platform knows has a license."""
        user = await _me(asked)
        return License(is_valid=True, status="Basic", description=f"Account {user['id']}")


async def _me(asked: Asked) -> dict[str, Any]:
    """What the platform says of the person. Raises ``UpstreamFailure``."""
    engine, plan, grant = asked.engine, asked.plan, asked.grant
    request = OutboundRequest("GET", engine.api_address(plan, grant, "me"))
    reply = await asked.send(engine.deliver(plan, grant, request))
    if reply.status == 401:
        raise UpstreamFailure(Category.DEAD_GRANT, "unauthorized", status=401)
    if reply.status != 200:
        raise UpstreamFailure(Category.TRANSIENT, "no_user", status=reply.status)
    user: dict[str, Any] = json.loads(reply.body)["user"]
    return user
