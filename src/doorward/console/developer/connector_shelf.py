"""Connectors of developers: found for their owner, in words, with their own addresses."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from doorward.connectors import AuthOption, Connector, Connectors, UnknownConnector
from doorward.console.admin import AUTH_TYPES, in_words
from doorward.console.developer.model import Developer
from doorward.http import Call, Locale, Reply, redirect_reply
from doorward.orgs import Permission

__all__ = ["HOME", "back_to", "describe", "find_own", "list_own", "needs"]

HOME: Final = "/developer/connectors"


async def find_own(connectors: Connectors, call: Call, developer: Developer) -> Connector:
    """The person's own connector that ``connector`` in the address or the form names.

    Raises ``UnknownConnector``, also for somebody else's and for those of the catalogue.
    """
    form = call.method == "POST" and not call.is_streamed
    given = call.form(wide=True) if form else call.query()
    slug = given.get("connector") or call.query().get("connector") or ""
    found = await connectors.get(developer.org_id, slug)
    if found.origin != "registered" or found.owner_account_id != developer.account.account_id:
        raise UnknownConnector
    return found


async def list_own(connectors: Connectors, developer: Developer) -> list[Connector]:
    """Everything that the person registered, by slug."""
    return [
        each
        for each in await connectors.list_for(developer.org_id)
        if each.origin == "registered" and each.owner_account_id == developer.account.account_id
    ]


def needs(connector: Connector) -> tuple[tuple[str, str], ...]:
    """The parameters of every address of this connector's pages."""
    return (("connector", connector.slug),)


def back_to(developer: Developer, path: str, connector: Connector | None, done: str) -> Reply:
    """See the page at ``path`` with GET, saying that something is done."""
    query = {} if connector is None else dict(needs(connector))
    return redirect_reply(f"{developer.tenant.base}{path}?{urlencode({**query, 'done': done})}")


def describe(connector: Connector, developer: Developer, locale: Locale) -> dict[str, object]:
    """What stands above every page of it."""
    return {
        "slug": connector.slug,
        "name": connector.manifest.name,
        "summary": in_words(connector.manifest.summary, locale),
        "version": connector.version,
        "enabled": connector.enabled,
        "created_at": connector.created_at,
        "changed_at": connector.changed_at,
        "keeps": developer.kind == "system"
        and Permission.CONNECTORS_WRITE in developer.account.permissions,
        "options": [_option(each, locale) for each in connector.manifest.auth_options],
    }


def _option(option: AuthOption, locale: Locale) -> dict[str, object]:
    return {
        "name": option.name,
        "title": in_words(option.title, locale) or option.name,
        "type": AUTH_TYPES[option.type],
        "by_oauth": option.type in {"oauth2_code", "identity_only"},
        "admin_managed": option.admin_managed,
    }
