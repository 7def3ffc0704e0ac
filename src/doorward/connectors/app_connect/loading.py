"""A whole document of App Connect: one manifest for each of its platforms."""

from __future__ import annotations

import re
from collections.abc import Mapping

from doorward.connectors.app_connect.nodes import Node
from doorward.connectors.app_connect.oauth import read_oauth
from doorward.connectors.app_connect.page import read_form, read_variables
from doorward.connectors.app_connect.places import read_places
from doorward.connectors.checks import manifest_faults
from doorward.connectors.model import AuthOption, Manifest
from doorward.connectors.reading import read_document
from doorward.connectors.refusals import BadManifest, Fault
from doorward.connectors.requests import Delivery

__all__ = ["load_app_connect"]

_WORD = re.compile(r"[^a-z0-9]+")
_MOST_PLATFORMS = 100


def load_app_connect(document: bytes | str | Mapping[str, object]) -> tuple[Manifest, ...]:
    """A connector for each platform of an App Connect manifest, in its order.

    Only what is said of signing in is read; settings, pages and contact types are left alone.
    Raises ``BadManifest`` with every fault by its path in the document.
    """
    root = Node("", read_document(document, lines=True))
    platforms = root.child("platforms", required=True)
    redirect_uri = root.text("redirectUri")
    if platforms is not None and not platforms.fields:
        root.fault("platforms", "Name at least one platform.")
    if platforms is not None and len(platforms.fields) > _MOST_PLATFORMS:
        root.fault("platforms", f"There are too many platforms: at most {_MOST_PLATFORMS}.")
    loaded: dict[str, Manifest] = {}
    for key in list(platforms.fields)[:_MOST_PLATFORMS] if platforms is not None else ():
        platform = platforms.child(key, required=True) if platforms is not None else None
        manifest = _read_platform(platform, key, redirect_uri) if platform is not None else None
        if platform is None or manifest is None:
            continue
        if manifest.slug in loaded:
            platform.fault("", "Another platform has nearly the same name.")
        loaded[manifest.slug] = manifest
    if root.faults:
        raise BadManifest(tuple(dict.fromkeys(root.faults)))
    return tuple(loaded.values())


def _read_platform(platform: Node, key: str, redirect_uri: str) -> Manifest | None:
    before = len(platform.faults)
    name = platform.text("displayName", longest=100) or platform.text("name", longest=100)
    if not name:
        platform.fault("name", "This is missing.")
    for neighbour in ("contactTypes", "override", "settings"):
        if not isinstance(platform.fields.get(neighbour, []), list):
            platform.fault(neighbour, "This must be a list.")
            platform.fields.pop(neighbour)
    places = read_places(platform)
    option = _read_auth(platform, redirect_uri)
    if option is None or len(platform.faults) > before:
        return None
    manifest = Manifest(
        slug=_slug_of(key),
        name=name,
        docs_url=_link(platform.text("documentationUrl")),
        variables=places.variables,
        environments=tuple(places.environments.values()),
        auth_options=(option,),
    )
    found = manifest_faults(manifest)
    platform.faults.extend(
        Fault(f"{platform.path}.{_theirs(fault.path)}", fault.sentence) for fault in found
    )
    return None if found else manifest


def _read_auth(platform: Node, redirect_uri: str) -> AuthOption | None:
    auth = platform.child("auth", required=True)
    kind = auth.text("type", required=True) if auth is not None else ""
    if auth is None or not kind:
        return None
    if kind == "oauth":
        return read_oauth(auth, redirect_uri)
    if kind == "apiKey":
        return _read_key(auth)
    auth.fault("type", "This is one of: apiKey, oauth.")
    return None


def _read_key(auth: Node) -> AuthOption | None:
    api_key = auth.child("apiKey", required=True)
    page = api_key.child("page", required=True) if api_key is not None else None
    if page is None:
        return None
    variables = read_variables(page)
    has_key = any(each.name == "apiKey" for each in variables)
    # What its proxy does with a key: the name of HTTP Basic, with an empty password.
    sent = Delivery(place="basic", basic_user="{apiKey}") if has_key else Delivery(place="none")
    return AuthOption(
        name="api-key",
        type="api_key",
        form=read_form(page),
        variables=variables,
        delivery=sent,
    )


_THEIRS = (
    ("name", "name"),
    ("variables", "environment"),
    ("environments", "override"),
    ("auth_options.0.authorize.url", "auth.oauth.authUrl"),
    ("auth_options.0.authorize.scope", "auth.oauth.scope"),
    ("auth_options.0.authorize.state", "auth.oauth.customState"),
    ("auth_options.0.authorize.redirect_uri", "auth.oauth.redirectUri"),
    ("auth_options.0.client_id", "auth.oauth.clientId"),
    ("auth_options.0.token", "auth.oauth.accessTokenUri"),
    ("auth_options.0.variables", "auth.apiKey.page.content"),
    ("auth_options.0.form", "auth.apiKey.page"),
)
"""The field of App Connect's from which each of ours was made."""


def _theirs(path: str) -> str:
    return next((theirs for ours, theirs in _THEIRS if path.startswith(ours)), "auth")


def _slug_of(key: str) -> str:
    slug = _WORD.sub("-", key.lower()).strip("-")[:63].rstrip("-")
    return slug if len(slug) > 1 else f"platform-{slug or 'x'}"


def _link(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""
