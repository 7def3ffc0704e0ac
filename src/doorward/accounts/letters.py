"""People as letters address them, and where letters lead them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from doorward.accounts.model import Account, AccountKind
from doorward.crypto import Secret
from doorward.http import Locale, negotiate_locale
from doorward.mail import Letter, Recipient, Template
from doorward.orgs import Tenant, sender_of

__all__ = ["STAFF_SIGN_IN", "compose_notice", "own_page_url", "recipient_of"]

STAFF_SIGN_IN = ("sign_in", "staff")
"""What the address of a page for everybody says where it was given to somebody of the staff."""


def own_page_url(tenant: Tenant, account: Account, path: str) -> str:
    """The address of a page of ``account``'s own; staff are led to their own sign-in."""
    query = f"?{urlencode([STAFF_SIGN_IN])}" if account.kind is AccountKind.SYSTEM else ""
    return f"{tenant.issuer}{path}{query}"


def recipient_of(account: Account, default: Locale) -> Recipient | None:
    """``account`` in its own language, or else in ``default``; None when it has no address."""
    if account.email is None:
        return None
    return Recipient(
        address=account.email,
        locale=negotiate_locale(account.locale, None, None, default),
        name=account.name,
        given_name=account.given_name,
        family_name=account.family_name,
    )


def compose_notice(
    tenant: Tenant,
    account: Account,
    template: Template,
    path: str | None,
    values: Mapping[str, str] | None = None,
    *,
    expires_at: int | None = None,
) -> Letter | None:
    """A letter to ``account`` that leads to the page ``path`` of its own, where there is one.

    None when there is no address to write to. ``expires_at`` (microseconds) is what it tells.
    """
    recipient = recipient_of(account, tenant.org.default_locale)
    if recipient is None:
        return None
    return Letter(
        org_id=account.org_id,
        template=template,
        sender=sender_of(tenant.org),
        recipient=recipient,
        values=dict(values or {}),
        link=None if path is None else Secret(own_page_url(tenant, account, path)),
        expires_at=expires_at,
    )
