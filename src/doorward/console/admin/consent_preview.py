"""The consent page of an application as people would see it, in both languages and themes."""

from __future__ import annotations

from urllib.parse import urlsplit

from doorward.clients import Application, logo_path
from doorward.http import LOCALES, Locale, message
from doorward.orgs import Tenant
from doorward.protocol import OAuthError, RedirectUri, parse_redirect_uri
from doorward.scopes import Catalogue

__all__ = ["preview_consent"]

_THEMES = ("light", "dark")
_CAPTIONS = {
    ("en", "light"): message("English, light"),
    ("en", "dark"): message("English, dark"),
    ("ja", "light"): message("Japanese, light"),
    ("ja", "dark"): message("Japanese, dark"),
}
_READERS = {
    "en": {"name": "Hana Sample", "email": "hana@example.org"},
    "ja": {"name": "見本 花子", "email": "hana@example.org"},
}


def preview_consent(
    tenant: Tenant, application: Application, catalogue: Catalogue, *, reviewed: bool
) -> list[dict[str, object]]:
    """The values of each preview, for ``consent_previews.html``.

    ``reviewed`` is whether it is shown as it will be once it is approved.
    """
    return [
        {
            "locale": locale,
            "theme": theme,
            "caption": _CAPTIONS[locale, theme],
            "suffix": f"-{locale}-{theme}",
            "account": _READERS[locale],
            "new_scopes": _lines(application, catalogue, locale),
            **_shown(tenant, application, reviewed=reviewed),
        }
        for locale in LOCALES
        for theme in _THEMES
    ]


def _shown(tenant: Tenant, application: Application, *, reviewed: bool) -> dict[str, object]:
    redirect = _first_address(application)
    logo = logo_path(application.logo, small=True)
    where = "" if redirect is None else redirect.host or redirect.scheme
    host = _host_of(application.homepage_url) or where
    port = None if redirect is None or redirect.is_private_scheme else redirect.port
    return {
        "app": {
            "name": application.name,
            "publisher": application.publisher,
            "host": host or application.name,
            "reviewed": reviewed,
            "logo_url": None if logo is None else tenant.base + logo,
            "privacy_url": application.privacy_url,
            "terms_url": application.terms_url,
        },
        "destination": where if port is None else f"{where}:{port}",
        "custom_scheme": redirect is not None and redirect.is_private_scheme,
    }


def _first_address(application: Application) -> RedirectUri | None:
    try:
        return parse_redirect_uri(next(iter(application.redirect_uris)))
    except (OAuthError, StopIteration):
        return None


def _host_of(address: str | None) -> str | None:
    return urlsplit(address).hostname if address else None


def _lines(
    application: Application, catalogue: Catalogue, locale: Locale
) -> list[dict[str, object]]:
    known = [catalogue.scopes[name] for name in application.scopes if name in catalogue.scopes]
    return [
        {
            "name": scope.name,
            "sentence": scope.sentence_ja if locale == "ja" else scope.sentence_en,
            "sensitivity": scope.sensitivity,
            "purpose": application.purposes.get(scope.name),
            "optional": scope.name in application.optional_scopes,
        }
        for scope in known
    ]
