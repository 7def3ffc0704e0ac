"""The letters of this room, and the addresses that their links have."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from doorward.accounts import Account, recipient_of
from doorward.crypto import Secret
from doorward.http import Locale
from doorward.mail import Letter, Recipient, Template
from doorward.orgs import Tenant, sender_of

__all__ = [
    "PATHS",
    "Issued",
    "compose_for",
    "compose_to",
    "page_url",
]

PATHS = {
    "sign_up": "/signup/confirm",
    "reset": "/reset",
    "verify": "/email/verify",
    "change": "/email/confirm",
    "undo": "/email/undo",
}
"""Where the link of each purpose is followed: opening the page changes nothing, its form does."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A link as it is told, once; ``code`` can be typed in its place. ``expires_at`` is in µs."""

    path: str
    link: Secret[str]
    code: Secret[str]
    expires_at: int

    def url(self, tenant: Tenant, *more: tuple[str, str]) -> Secret[str]:
        """Its address under the issuer of ``tenant``, which says ``more`` about where to go on."""
        return page_url(tenant, self.path, ("code", self.link.reveal()), *more)


def page_url(tenant: Tenant, path: str, *query: tuple[str, str]) -> Secret[str]:
    """A page of ours, as the link of a letter."""
    asked = f"?{urlencode(query)}" if query else ""
    return Secret(f"{tenant.issuer}{path}{asked}")


def compose_for(
    tenant: Tenant,
    account: Account,
    template: Template,
    link: Secret[str] | None,
    *,
    issued: Issued | None = None,
    values: dict[str, str] | None = None,
) -> Letter | None:
    """The letter to ``account``; None when there is no address to write to."""
    recipient = recipient_of(account, tenant.org.default_locale)
    if recipient is None:
        return None
    return _letter(tenant, recipient, template, link, issued=issued, values=values)


def compose_to(
    tenant: Tenant,
    address: tuple[str, Locale],
    template: Template,
    link: Secret[str] | None,
    *,
    issued: Issued | None = None,
) -> Letter:
    """The letter to an address without an account.

    It greets nobody by name: a stranger may have typed both, to advertise something.
    """
    recipient = Recipient(address=address[0], locale=address[1])
    return _letter(tenant, recipient, template, link, issued=issued)


def _letter(
    tenant: Tenant,
    recipient: Recipient,
    template: Template,
    link: Secret[str] | None,
    *,
    issued: Issued | None,
    values: dict[str, str] | None = None,
) -> Letter:
    return Letter(
        org_id=tenant.org_id,
        template=template,
        sender=sender_of(tenant.org),
        recipient=recipient,
        values=values or {},
        link=link,
        expires_at=None if issued is None else issued.expires_at,
        code=None if issued is None or issued.path not in _CODED else issued.code,
    )


_CODED = frozenset(PATHS[purpose] for purpose in ("sign_up", "verify", "change"))
"""Where a code can be typed instead of the link."""
