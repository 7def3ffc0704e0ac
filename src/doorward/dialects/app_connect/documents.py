"""Our manifests as clients of App Connect read them: only what they need to sign people in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from doorward.connectors import AuthOption, Connector, Localized, Manifest, Variable
from doorward.dialects.app_connect.rooms import PREFIX, declared, option_of
from doorward.orgs import Tenant
from doorward.vault import callback_of

__all__ = ["AUTHORIZE", "field_document", "interfaces_of", "is_oauth", "manifest_document"]

AUTHORIZE: Final = "/oauth/authorize"
"""Where clients send people: under ``PREFIX``."""

_VISITS: Final = frozenset({"oauth2_code", "identity_only"})
_NOT_SIGNING_IN: Final = (
    "createCallLog", "updateCallLog", "getCallLog", "createMessageLog", "updateMessageLog",
    "createContact", "findContact", "findContactWithName", "upsertCallDisposition",
    "listAppointments", "createAppointment", "updateAppointment", "confirmAppointment",
    "cancelAppointment", "getLogFormatType", "cacheCallNote",
)  # fmt: skip
_FIELDS: Final[Mapping[str, str]] = MappingProxyType({"button": "button", "text": "typography"})


def is_oauth(option: AuthOption) -> bool:
    """Whether people are sent to the platform's own page."""
    return option.type in _VISITS


def interfaces_of(
    connector: Connector, auth_type: str, is_own: Callable[[str], bool]
) -> dict[str, bool]:
    """What this server does for the platform, by the names of the contract.

    ``is_own`` says whether a connector in Python answers for one of its methods.
    """
    option = option_of(connector.manifest)
    fields = declared(connector.manifest, option).values()
    kind = "getOauthInfo" if auth_type == "oauth" else "getBasicAuth"
    identifies = option.identity is not None or is_own("get_user_info")
    offers = any(each.dynamic is not None for each in fields)
    done = {
        "getAuthType": True,
        kind: True,
        "getUserInfo": True,
        "refreshUserInfo": identifies or is_own("refresh_user_info"),
        "unAuthorize": True,
        "getManagedAuthOptions": offers or is_own("get_managed_auth_options"),
        "getLicenseStatus": True,
        "getUserList": is_own("get_user_list"),
    }
    return done | dict.fromkeys(_NOT_SIGNING_IN, False)


def manifest_document(tenant: Tenant, connector: Connector, author: str) -> dict[str, object]:
    """The platform's manifest of one connector."""
    manifest, option = connector.manifest, option_of(connector.manifest)
    auth = _oauth(tenant, connector, option) if is_oauth(option) else _api_key(manifest, option)
    platform = {
        "name": manifest.slug,
        "displayName": manifest.name,
        "documentationUrl": manifest.docs_url,
        "environment": _environment(manifest, option),
        "auth": auth,
    }
    return {
        "serverUrl": f"{tenant.issuer}{PREFIX}",
        "redirectUri": _redirect_uri(tenant, connector, option),
        "author": {"name": author, "websiteUrl": tenant.issuer},
        "platforms": {manifest.slug: platform},
        "version": str(connector.version),
    }


def _oauth(tenant: Tenant, connector: Connector, option: AuthOption) -> dict[str, object]:
    oauth = {
        # People pass by here, so that what comes back is known to belong to who left.
        "authUrl": f"{tenant.issuer}{PREFIX}{AUTHORIZE}",
        "clientId": option.client_id or connector.slug,
        "redirectUri": _redirect_uri(tenant, connector, option),
        "scope": "",
    }
    return {"type": "oauth", "oauth": oauth}


def _redirect_uri(tenant: Tenant, connector: Connector, option: AuthOption) -> str:
    fixed = option.authorize.redirect_uri if option.authorize is not None else None
    return fixed or callback_of(tenant.issuer, connector.slug)


def _api_key(manifest: Manifest, option: AuthOption) -> dict[str, object]:
    page = {
        "title": _english(option.form.title) or manifest.name,
        "warning": _english(option.form.warning),
        "content": [
            field_document(each)
            for each in declared(manifest, option).values()
            if each.source == "form" and each.scope != "app" and not each.hidden
        ],
    }
    return {"type": "apiKey", "apiKey": {"page": page}}


def field_document(variable: Variable) -> dict[str, object]:
    """One field of the page on which somebody types a key."""
    look: dict[str, Any] = {f"ui:{name}": value for name, value in variable.ui.items()}
    if variable.type in _FIELDS:
        look["ui:field"] = _FIELDS[variable.type]
    elif variable.secret:
        look["ui:widget"] = "password"
    field: dict[str, object] = {
        "const": variable.name,
        "title": _english(variable.title) or variable.name,
        "type": "string",
        "required": variable.required and variable.type not in _FIELDS,
        "description": _english(variable.description),
        "uiSchema": look,
    }
    if variable.default is not None and not variable.secret:
        field["default"] = variable.default
    if variable.managed:
        field |= {
            "managed": True,
            "managedScope": "account" if variable.scope == "account" else "user",
            "managedFieldType": "input" if variable.dynamic is None else "dynamic",
        }
    return field


def _environment(manifest: Manifest, option: AuthOption) -> dict[str, object]:
    if manifest.environments:
        choices = [
            {"const": each.name, "name": _english(each.title) or each.name}
            for each in manifest.environments
        ]
        return {"type": "selectable", "selections": choices}
    hosts = [each for each in declared(manifest, option).values() if each.type == "hostname"]
    if any(each.source == "form" and each.scope == "user" for each in hosts):
        return {"type": "dynamic", "urlIdentifier": hosts[0].example, "instructions": []}
    return {"type": "fixed", "url": _home(manifest, option)}


def _home(manifest: Manifest, option: AuthOption) -> str:
    """The platform's own site, as far as its addresses tell."""
    addresses = (
        manifest.proxy.base_url,
        "" if option.authorize is None else option.authorize.url,
        "" if option.verify is None else option.verify.url,
        "" if option.identity is None else option.identity.url,
        manifest.docs_url,
    )
    for each in addresses:
        parts = urlsplit(each)
        if parts.netloc and "{" not in parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return "about:blank"


def _english(text: Localized) -> str:
    return text if isinstance(text, str) else text.get("en", "")
