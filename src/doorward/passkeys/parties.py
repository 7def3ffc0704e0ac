"""For which name a browser keeps a passkey: the host of the organization's page, by the settings.

An organization is reached under the installation's host, and under hosts of its own. Each host is
a relying party: a passkey that was made on one works there alone (WebAuthn level 3, 5.1.3).
Organizations on the shared host share that name, so that browsers show the passkeys of all of
them there; the credential is looked up in the organization of the page only.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from doorward.orgs import Tenant
from doorward.passkeys.model import NoPasskeysHere

__all__ = ["RelyingParty", "find_relying_party", "get_relying_party"]

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks browsers for passkeys.

    ``rp_id`` is the host, ``origin`` what a browser must say of its page, ``name`` for people.
    """

    rp_id: str
    origin: str
    name: str


def find_relying_party(tenant: Tenant) -> RelyingParty | None:
    """Who asks for passkeys on pages of ``tenant``; None where browsers would make none.

    That is so without TLS, but for ``localhost``, and where the host is an address.
    """
    parts = urlsplit(tenant.origin)
    if parts.netloc.count(":") > 1:  # an address of IPv6
        return None
    host = (parts.hostname or "").lower()
    if not host or _is_address(host):
        return None
    if parts.scheme != "https" and not _is_localhost(host):
        return None
    port = parts.port
    shown = "" if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{shown}", tenant.org.name)


def get_relying_party(tenant: Tenant) -> RelyingParty:
    """Who asks for passkeys on pages of ``tenant``. Raises ``NoPasskeysHere``."""
    party = find_relying_party(tenant)
    if party is None:
        raise NoPasskeysHere
    return party


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
