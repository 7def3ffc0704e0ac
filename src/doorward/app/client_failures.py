"""Counting what fails where programs prove themselves: who succeeds costs nothing."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.doors import Door, token_door
from doorward.brakes import Brake, Brakes, Try
from doorward.http import ASGIApp, Call, Endpoint, Reply, subscriber_of
from doorward.orgs import find_tenant
from doorward.protocol import AuthMethod, ErrorCode, OAuthError, parse_client_credentials

__all__ = ["ClientFailures", "proving_door"]

_EVERYWHERE = ""
"""At the root, where nothing that was presented names an organization."""


def proving_door(use: Services) -> Door:
    """The door of an endpoint where clients prove themselves."""
    failures = ClientFailures(use.brakes)
    return lambda endpoint: token_door(failures.around(endpoint))


class ClientFailures:
    """Slows down whoever fails, by application and network.

    A client that proves itself is never counted, also when what it presents is worth nothing: an
    application of many people comes with many that have ended. What a public client presents is
    all the proof there is of it, and counts.
    """

    def __init__(self, brakes: Brakes) -> None:
        """Count with ``brakes``."""
        self._brakes = brakes

    def around(self, endpoint: Endpoint) -> Endpoint:
        """``endpoint``, which raises ``Braked`` instead where too much of it fails."""

        async def counted(call: Call) -> Reply | ASGIApp:
            try:
                return await endpoint(call)
            except OAuthError as error:
                client_id = _failed_client(call, error)
                if client_id is not None:
                    await self._count(call, client_id)
                raise

        return counted

    async def _count(self, call: Call, client_id: str) -> None:
        tenant = find_tenant(call.scope)
        org_id = _EVERYWHERE if tenant is None else tenant.org_id
        subject = f"{client_id} from {subscriber_of(call.client_address)}"
        await self._brakes.admit(org_id, Try(Brake.CLIENT_FAILURES, subject))


def _failed_client(call: Call, error: OAuthError) -> str | None:
    """The client that failed to prove itself; empty when it did not even say which it is."""
    if error.code not in {ErrorCode.INVALID_CLIENT, ErrorCode.INVALID_GRANT}:
        return None
    try:
        presented = parse_client_credentials(call.authorization(), call.form())
    except OAuthError:
        return ""
    is_public = presented.method is AuthMethod.NONE
    return presented.client_id if is_public or error.code is ErrorCode.INVALID_CLIENT else None
