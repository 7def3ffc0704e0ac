"""What the pages about connectors share: which connector, in which environment, in words."""

from __future__ import annotations

from typing import Final

from doorward.accounts import UnknownAccount
from doorward.connectors import AuthOption, Connector
from doorward.console.admin.connector_words import AUTH_TYPES, in_words
from doorward.console.admin.model import AdminServices, Staff
from doorward.http import Call, Locale
from doorward.vault import TAKES_CLIENT, Place, TenantCredentials, callback_of

__all__ = [
    "LIST",
    "ONE",
    "describe",
    "find_connector",
    "find_place",
    "name_of",
    "needs",
    "takes_client",
    "with_issuer_of",
]

LIST: Final = "/admin/connectors"
ONE: Final = f"{LIST}/connector"


async def find_connector(use: AdminServices, call: Call, staff: Staff) -> Connector:
    """The connector that ``connector`` in the address or the form names, on or off.

    Raises ``UnknownConnector``.
    """
    given = call.form() if call.method == "POST" else call.query()
    return await use.connectors.get(staff.org_id, given.get("connector") or "")


def find_place(call: Call, staff: Staff, connector: Connector) -> Place:
    """The environment that is meant: the named one, or the first. Raises ``NoSuchEnvironment``."""
    given = call.form() if call.method == "POST" else call.query()
    environments = connector.manifest.environments
    first = environments[0].name if environments else ""
    return Place(connector, given.get("environment") or first, (staff.tenant.issuer,))


def with_issuer_of(place: Place, kept: TenantCredentials | None) -> Place:
    """``place`` with the address under which ``kept`` was registered, beside the present one."""
    tail = callback_of("", place.connector.slug)
    if kept is None or not kept.redirect_uri.endswith(tail):
        return place
    issuers = (*place.issuers, kept.redirect_uri.removesuffix(tail))
    return Place(place.connector, place.environment, tuple(dict.fromkeys(issuers)))


def takes_client(connector: Connector) -> bool:
    """Whether it works with a registration of the organization's own."""
    return any(each.type in TAKES_CLIENT for each in connector.manifest.auth_options)


def needs(place: Place) -> tuple[tuple[str, str], ...]:
    """The parameters of every address of this connector's pages."""
    about = (("connector", place.connector.slug),)
    return (*about, ("environment", place.environment)) if place.environment else about


def describe(connector: Connector, locale: Locale) -> dict[str, object]:
    """What lists and pages show of a connector."""
    manifest = connector.manifest
    return {
        "slug": connector.slug,
        "name": manifest.name,
        "summary": in_words(manifest.summary, locale),
        "docs_url": manifest.docs_url,
        "verified": manifest.verified,
        "registered": connector.origin == "registered",
        "version": connector.version,
        "enabled": connector.enabled,
        "options": [_option(each, locale) for each in manifest.auth_options],
        "admin_managed": any(each.admin_managed for each in manifest.auth_options),
    }


async def name_of(use: AdminServices, staff: Staff, account_id: int) -> str:
    """Whose it is, as staff know them; the number alone of an account that is gone."""
    if not account_id:
        return staff.tenant.org.name
    try:
        found = await use.accounts.get(staff.org_id, account_id)
    except UnknownAccount:
        return str(account_id)
    return found.name or found.username or found.email or found.subject


def _option(option: AuthOption, locale: Locale) -> dict[str, object]:
    return {
        "name": option.name,
        "title": in_words(option.title, locale) or option.name,
        "type": AUTH_TYPES[option.type],
        "admin_managed": option.admin_managed,
    }
