"""Tokens: what one is, and ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.cli.at import At, Confirmed, SecretFile, moment
from doorward.cli.command import command, group
from doorward.cli.exits import Stop
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.crypto import Secret

__all__ = ["tokens"]

tokens = group("Access and refresh tokens: what one is, and ending it.")

_SECOND = 1_000_000


@command(tokens, "introspect")
def introspect(at: At, org: Org, token_file: SecretFile = None) -> None:
    """Say what a token is good for; an unknown or ended one is only called inactive."""
    token = at.ask_secret("token", token_file, option="--token-file", twice=False)

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        found = await _find_access(use, org, token) or await _find_refresh(use, org, token)
        return found or {"active": False}

    at.show(perform(at, work))


@command(tokens, "revoke")
def revoke(at: At, org: Org, token_file: SecretFile = None, *, yes: Confirmed = False) -> None:
    """End a token, and all that descends from the same authorization."""
    token = at.ask_secret("token", token_file, option="--token-file", twice=False)
    at.confirm("The application loses this access at once. Go on?", yes=yes)

    async def work(use: Services) -> bool:
        await use.organizations.get(org)
        return await _revoke(use, org, token)

    if not perform(at, work):
        raise Stop("There is no such token, or it has ended already.")
    at.show({"revoked": True})


async def _find_access(use: Services, org: str, token: Secret[str]) -> dict[str, object] | None:
    active = await use.guard.find_active(org, token.reveal())
    if active is None:
        return None
    return {
        "active": True,
        "token_use": "access_token",
        "client_id": active.client_id,
        "account_id": None if active.account_id is None else str(active.account_id),
        "scopes": list(active.scopes),
        "audience": list(active.audience),
        "issued_at": moment(active.issued_at),
        "expires_at": moment(active.expires_at),
    }


async def _find_refresh(use: Services, org: str, token: Secret[str]) -> dict[str, object] | None:
    facts = await use.tokens.find_refresh(org, token.reveal())
    if facts is None or facts.family_revoked or facts.rotated_at is not None:
        return None
    expires_at = min(facts.expires_at, facts.family.expires_at)
    if expires_at <= use.clock() or not facts.account_active:
        return None
    return {
        "active": True,
        "token_use": "refresh_token",
        "client_id": facts.family.client_id,
        "account_id": str(facts.family.account_id),
        "scopes": list(facts.family.scopes),
        "audience": list(facts.family.resources),
        "issued_at": None,
        "expires_at": moment(expires_at),
    }


async def _revoke(use: Services, org: str, token: Secret[str]) -> bool:
    from doorward.audit import record
    from doorward.db import Transaction
    from doorward.tokens import RevocationReason

    family_id, token_id, client_id = await _identify(use, org, token)
    if family_id is None:
        return token_id is not None and await use.tokens.revoke_access(org, token_id)
    reason = RevocationReason.STAFF_REVOKED

    async def work(tx: Transaction) -> bool:
        ended = await use.tokens.revoke_family(tx, org, family_id, reason)
        if ended:
            event = cli_actor().did("token.revoked", org, ("application", client_id))
            await record(tx, event, event_id=use.db.next_id(), now=use.clock())
        return ended

    return await use.db.unit(work)


async def _identify(
    use: Services, org: str, token: Secret[str]
) -> tuple[int | None, int | None, str]:
    active = await use.tokens.find_active(org, token.reveal())
    if active is not None:
        return active.family_id, active.token_id, active.client_id
    facts = await use.tokens.find_refresh(org, token.reveal())
    if facts is not None and not facts.family_revoked:
        return facts.family.family_id, None, facts.family.client_id
    return None, None, ""
