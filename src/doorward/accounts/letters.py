"""People as letters address them."""

from __future__ import annotations

from doorward.accounts.model import Account
from doorward.http import Locale, negotiate_locale
from doorward.mail import Recipient

__all__ = ["recipient_of"]


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
