"""What people are told by mail about the deletion of their account."""

from __future__ import annotations

from doorward.accounts import Account, own_page_url, recipient_of
from doorward.belongings.model import Deletion
from doorward.crypto import Secret
from doorward.mail import Letter, Template
from doorward.orgs import Tenant, sender_of

__all__ = ["compose_notice"]


def compose_notice(
    tenant: Tenant, account: Account, template: Template, deletion: Deletion | None = None
) -> Letter | None:
    """The letter to ``account``; None when there is no address to write to.

    It leads to the page of the ``deletion``, if there is one: opening it changes nothing.
    """
    recipient = recipient_of(account, tenant.org.default_locale)
    if recipient is None:
        return None
    link = None
    if deletion is not None:
        link = Secret(own_page_url(tenant, account, "/account/delete"))
    return Letter(
        org_id=account.org_id,
        template=template,
        sender=sender_of(tenant.org),
        recipient=recipient,
        link=link,
        expires_at=None if deletion is None else deletion.due_at,
    )
