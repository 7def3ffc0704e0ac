"""What the consent page says."""

from __future__ import annotations

from urllib.parse import urlsplit

from doorward.authorize.service import Caller
from doorward.clients import Application, logo_path
from doorward.orgs import Tenant
from doorward.protocol import AskConsent, parse_redirect_uri
from doorward.scopes import Catalogue, Scope
from doorward.sessions import Session

__all__ = ["consent_values"]


def consent_values(
    tenant: Tenant,
    caller: Caller,
    asked: AskConsent,
    session: Session,
    catalogue: Catalogue,
    locale: str,
) -> dict[str, object]:
    """The values of ``consent.html`` for ``session``'s person, scopes worded in ``locale``."""
    application = caller.application
    redirect = parse_redirect_uri(caller.address.redirect_uri)
    logo = logo_path(application.logo, small=True)
    host = urlsplit(application.homepage_url).hostname if application.homepage_url else None
    return {
        "app": {
            "name": application.name,
            "publisher": application.publisher,
            "host": host or redirect.host or redirect.scheme,
            "reviewed": application.is_live,
            "logo_url": None if logo is None else tenant.base + logo,
            "privacy_url": application.privacy_url,
            "terms_url": application.terms_url,
        },
        "account": {"name": session.name, "email": session.email or session.username},
        "new_scopes": [_line(catalogue.scopes[name], application, locale) for name in asked.fresh],
        "granted_scopes": [
            _line(catalogue.scopes[name], application, locale) for name in asked.known
        ],
        "destination": _destination(caller),
        "custom_scheme": redirect.is_private_scheme,
        "account_apps_url": f"{tenant.base}/account/apps",
    }


def _line(scope: Scope, application: Application, locale: str) -> dict[str, object]:
    return {
        "name": scope.name,
        "title": scope.title(locale),
        "sentence": scope.sentence_ja if locale == "ja" else scope.sentence_en,
        "sensitivity": scope.sensitivity,
        "purpose": application.purposes.get(scope.name),
        "optional": scope.name in application.optional_scopes,
    }


def _destination(caller: Caller) -> str:
    redirect = parse_redirect_uri(caller.address.redirect_uri)
    if redirect.is_private_scheme:
        return redirect.scheme
    return redirect.host if redirect.port is None else f"{redirect.host}:{redirect.port}"
