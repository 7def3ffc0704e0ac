"""The invitation as a letter, and the address that its link has."""

from __future__ import annotations

from urllib.parse import urlencode

from doorward.accounts import Account, recipient_of
from doorward.crypto import Secret
from doorward.mail import Letter, Template
from doorward.orgs import Tenant, sender_of

__all__ = ["compose_invitation", "invitation_url"]


def invitation_url(tenant: Tenant, link: Secret[str]) -> str:
    """Where ``link`` is followed: opening the page changes nothing, its form does."""
    return f"{tenant.issuer}/invitation?{urlencode({'code': link.reveal()})}"


def compose_invitation(
    tenant: Tenant, account: Account, link: Secret[str], expires_at: int
) -> Letter | None:
    """The letter to ``account`` with its ``link``; None when there is no address to write to."""
    recipient = recipient_of(account, tenant.org.default_locale)
    if recipient is None:
        return None
    return Letter(
        org_id=account.org_id,
        template=Template.INVITATION,
        sender=sender_of(tenant.org),
        recipient=recipient,
        link=Secret(invitation_url(tenant, link)),
        expires_at=expires_at,
    )
