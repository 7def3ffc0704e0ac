"""Manifests for the tests: a plain one, and changes of it."""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

PLAIN: Document = {
    "doorward": 1,
    "slug": "acme-crm",
    "name": "Acme CRM",
    "summary": {"en": "Contacts and deals", "ja": "連絡先と商談"},
    "variables": [
        {"name": "subdomain", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$", "example": "river"},
    ],
    "auth_options": [
        {
            "name": "oauth",
            "type": "oauth2_code",
            "authorize": {
                "url": "https://{subdomain}.acme.example/oauth/authorize",
                "scope": {"default": ["contacts", "offline_access"]},
            },
            "token": {"url": "https://{subdomain}.acme.example/oauth/token"},
            "identity": {"url": "https://{subdomain}.acme.example/api/me"},
            "revoke": [{"url": "https://{subdomain}.acme.example/oauth/revoke"}],
        },
        {
            "name": "key",
            "type": "api_key",
            "variables": [{"name": "api_key", "secret": True}],
            "delivery": {"name": "X-Api-Key", "value": "{api_key}"},
        },
    ],
    "proxy": {"base_url": "https://{subdomain}.acme.example/api"},
}


def plain(**changed: object) -> Document:
    """The plain manifest with other fields at the top."""
    return {**copy.deepcopy(PLAIN), **changed}


def with_field(path: str, value: object) -> Document:
    """The plain manifest with one field set, by its dotted path; None as a name removes it."""
    document = plain()
    *steps, last = path.split(".")
    node: Any = document
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    if isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return document
