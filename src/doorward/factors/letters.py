"""What people are told by mail about their second step."""

from __future__ import annotations

from doorward.accounts import Account, own_page_url, recipient_of
from doorward.crypto import Secret
from doorward.mail import Letter, Template
from doorward.orgs import Tenant, sender_of

__all__ = ["compose_notice"]


def compose_notice(
    tenant: Tenant, account: Account, template: Template, **values: str
) -> Letter | None:
    """The letter to ``account``; None when there is no address to write to."""
    recipient = recipient_of(account, tenant.org.default_locale)
    if recipient is None:
        return None
    return Letter(
        org_id=account.org_id,
        template=template,
        sender=sender_of(tenant.org),
        recipient=recipient,
        values=values,
        link=Secret(own_page_url(tenant, account, "/account/two-step")),
    )
