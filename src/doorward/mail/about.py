"""What letters are about: an application, a connection to another platform, or the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doorward.crypto import Secret
from doorward.http import translator
from doorward.mail.model import Letter, Recipient, Sender, Template

__all__ = ["AboutAccount", "AboutApplication", "AboutConnection"]


@dataclass(frozen=True, slots=True)
class AboutAccount:
    """What a letter says of the recipient's own account: ``link`` is the page to look at.

    ``values`` fill its words.
    """

    link: str
    values: Mapping[str, str] = field(default_factory=dict)

    def compose(
        self, org_id: str, template: Template, sender: Sender, recipient: Recipient
    ) -> Letter:
        """The letter that tells ``recipient`` of it, in the name of ``sender``."""
        return Letter(
            org_id=org_id,
            template=template,
            sender=sender,
            recipient=recipient,
            values=self.values,
            link=Secret(self.link),
        )


@dataclass(frozen=True, slots=True)
class AboutApplication:
    """What a letter says of an application.

    ``link`` is the page where the recipient acts on it, under the organization's issuer.
    ``quote`` is what the reviewer wrote. ``person`` names who offers it, or who created the
    secret that ends in ``last4``; None where that is for nobody to know. An offer ends at
    ``expires_at`` (microseconds).
    """

    name: str
    link: str
    quote: str | None = None
    person: str | None = None
    last4: str | None = None
    expires_at: int | None = None

    def compose(
        self, org_id: str, template: Template, sender: Sender, recipient: Recipient
    ) -> Letter:
        """The letter that tells ``recipient`` of it, in the name of ``sender``.

        It goes to ``Outbox.enqueue``, in the unit of the change that it tells of.
        """
        known = {"app": self.name, "person": self.person, "last4": self.last4}
        return Letter(
            org_id=org_id,
            template=template,
            sender=sender,
            recipient=recipient,
            values={name: value for name, value in known.items() if value is not None},
            link=Secret(self.link),
            expires_at=self.expires_at,
            quote=self.quote,
        )


@dataclass(frozen=True, slots=True)
class AboutConnection:
    """What a letter says of a connection to ``platform``.

    ``matter`` is the msgid of what is wrong with it, ``link`` the page where that is mended.
    """

    platform: str
    matter: str
    link: str

    def compose(
        self, org_id: str, template: Template, sender: Sender, recipient: Recipient
    ) -> Letter:
        """The letter that tells ``recipient`` of it, in the name of ``sender``."""
        matter = translator(recipient.locale)(self.matter)
        return Letter(
            org_id=org_id,
            template=template,
            sender=sender,
            recipient=recipient,
            values={"platform": self.platform, "matter": matter},
            link=Secret(self.link),
        )
