"""App Connect manifests in the shapes that public platforms have there, written for these tests."""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

REDIRECT = "https://apps.example/redirect.html"

# What its other features keep beside the sections on signing in.
NEIGHBOURS: Document = {
    "developer": {"name": "River Labs", "url": "https://river.example"},
    "embedUrls": ["https://*.example/*"],
    "logoUrl": "https://river.example/logo.png",
    "documentationUrl": "https://river.example/docs",
    "contactTypes": [{"display": "Lead", "value": "lead"}],
    "contactPageUrl": "https://{hostname}/person/{contactId}",
    "canOpenLogPage": True,
    "settings": [{"id": "options", "type": "section", "items": [{"id": "a", "defaultValue": 2}]}],
    "page": {"callLog": {"additionalFields": [{"const": "deals", "type": "selection"}]}},
    "rcAdditionalSubmission": ["x"],
}

REGIONS: Document = {
    "name": "clio",
    "displayName": "Clio",
    "environment": {
        "type": "selectable",
        "selections": [
            {"const": "https://app.clio.com", "name": "US"},
            {"const": "https://eu.app.clio.com", "name": "EU"},
        ],
    },
    "auth": {
        "type": "oauth",
        "oauth": {
            "authUrl": "https://app.clio.com/oauth/authorize",
            "clientId": "client-of-us",
            "redirectUri": REDIRECT,
        },
    },
    "override": [
        {
            "triggerType": "hostname",
            "triggerValue": "eu.app.clio.com",
            "overrideObjects": [
                {"path": "auth.oauth.authUrl", "value": "https://eu.app.clio.com/oauth/authorize"},
                {"path": "auth.oauth.clientId", "value": "client-of-eu"},
                {"path": "contactPageUrl", "value": "https://eu.app.clio.com/{contactId}"},
            ],
        },
        {
            "triggerType": "meta",
            "triggerValue": "clio-sandbox",
            "overrideObjects": [{"path": "auth.oauth.clientId", "value": "client-of-sandbox"}],
        },
    ],
}

KEY: Document = {
    "name": "insightly",
    "displayName": "Insightly",
    "environment": {
        "type": "dynamic",
        "urlIdentifier": "*.insightly.com",
        "instructions": ["Sign in to your account", "Copy the address"],
    },
    "auth": {
        "type": "apiKey",
        "apiKey": {
            "page": {
                "title": "Insightly",
                "warning": "Copy both from your settings.",
                "content": [
                    {
                        "const": "getKey",
                        "title": "Get API key",
                        "type": "string",
                        "uiSchema": {
                            "ui:field": "button",
                            "ui:variant": "contained",
                            "ui:fullWidth": True,
                        },
                    },
                    {"const": "apiKey", "title": "API key", "type": "string", "required": True},
                    {
                        "const": "apiUrl",
                        "title": "API URL",
                        "type": "string",
                        "required": True,
                        "managed": True,
                        "managedScope": "account",
                        "managedFieldType": "input",
                    },
                ],
            }
        },
    },
}

PASSWORD: Document = {
    "name": "redtail",
    "displayName": "Redtail",
    "environment": {"type": "fixed", "url": "https://crm.redtailtechnology.com/"},
    "auth": {
        "type": "apiKey",
        "apiKey": {
            "page": {
                "content": [
                    {
                        "const": "hint",
                        "description": "Sign in as you do there.",
                        "uiSchema": {"ui:field": "typography", "ui:variant": "body2"},
                    },
                    {"const": "username", "title": "User name", "required": True},
                    {
                        "const": "pin",
                        "title": "Pin",
                        "required": True,
                        "uiSchema": {"ui:widget": "password"},
                    },
                    {
                        "const": "team",
                        "title": "Team",
                        "oneOf": [{"const": "1", "title": "One"}, {"const": "2", "title": "Two"}],
                        "default": "1",
                        "hidden": True,
                        "managed": True,
                        "managedScope": "user",
                        "managedFieldType": "dynamic",
                    },
                ]
            }
        },
    },
}

CUSTOM_STATE: Document = {
    "name": "bullhorn",
    "displayName": "Bullhorn",
    "environment": {"type": "fixed", "url": "https://app.bullhornstaffing.com"},
    "auth": {
        "type": "oauth",
        "oauth": {
            "authUrl": "https://auth.bullhornstaffing.com/oauth/authorize",
            "clientId": "client",
            "scope": "access_type=offline&prompt=consent&scope=a b:{c}",
            "customState": "filler,platform=bullhorn",
        },
    },
}

PLAIN: Document = {
    "name": "pipedrive",
    "displayName": "Pipedrive",
    "environment": {"type": "dynamic", "urlIdentifier": "*.pipedrive.com"},
    "auth": {
        "type": "oauth",
        "oauth": {"authUrl": "https://oauth.pipedrive.com/oauth/authorize", "clientId": "client"},
    },
}

_ALL = {
    "pipedrive": PLAIN,
    "insightly": KEY,
    "clio": REGIONS,
    "redtail": PASSWORD,
    "bullhorn": CUSTOM_STATE,
}


def whole() -> Document:
    """Everything in one document, each platform with its neighbours."""
    return {
        "serverUrl": "https://server.example",
        "redirectUri": REDIRECT,
        "author": {"name": "River Labs"},
        "version": "1.7.0",
        "platforms": {
            key: copy.deepcopy({**NEIGHBOURS, **platform}) for key, platform in _ALL.items()
        },
    }


def only(platform: Document) -> Document:
    """A document of one platform, whose key is ``crm``."""
    return {"platforms": {"crm": copy.deepcopy(platform)}}
