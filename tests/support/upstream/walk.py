"""Connecting to the platform as a person with a browser does."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from doorward.connectors import Grant, Plan, Upstream
from tests.support.upstream.server import UpstreamServer

__all__ = ["Walk"]

_VERIFIER = "a-verifier-that-is-long-enough-for-anybody-0123456789"
_NONCE = "a-nonce-of-this-visit"
_LENGTHS = {"long": 96, "short": 32}


@dataclass(frozen=True)
class Walk:
    """One person, one engine, one platform."""

    upstream: Upstream
    server: UpstreamServer

    @property
    def challenge(self) -> str:
        """RFC 7636 4.2."""
        digest = sha256(_VERIFIER.encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def there(self, plan: Plan) -> dict[str, str]:
        """The way to the platform; what comes back with the person."""
        wanted = self.server.platform.switches.state
        state = "s" * _LENGTHS.get(wanted, 43)
        address = self.upstream.authorization_url(
            plan, state=state, challenge=self.challenge, nonce=_NONCE
        )
        return self.server.visit(address)

    async def connect(self, plan: Plan) -> Grant:
        """The whole way, to a grant and what follows it."""
        if plan.option.authorize is None:
            grant = await self.upstream.obtain(plan)
        else:
            callback = self.there(plan)
            grant = await self.exchange(plan, callback)
        return await self.upstream.after_connecting(plan, grant)

    async def exchange(self, plan: Plan, callback: dict[str, str]) -> Grant:
        """The code of ``callback`` for a grant."""
        code = callback.get(plan.option.callback.code_param, "")
        return await self.upstream.exchange(
            plan, code=code, verifier=_VERIFIER, callback=callback, nonce=_NONCE
        )
