"""The rules that a registered application keeps."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import parse_qsl

from doorward.audit import is_plain_line
from doorward.clients.likeness import has_odd_marks
from doorward.clients.model import Application, NewApplication
from doorward.clients.refusals import BadApplication, BadClientId
from doorward.clients.review import INITIAL
from doorward.crypto import Random
from doorward.protocol import (
    OPENID,
    AuthMethod,
    OAuthError,
    is_web_url,
    parse_redirect_uri,
    parse_scope,
)

__all__ = [
    "is_client_id",
    "is_plain_text",
    "list_faults",
    "new_client_id",
    "verify_application",
    "verify_chosen_client_id",
    "verify_initial_status",
    "verify_quota_a_minute",
]

_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{3,128}\Z")
_EMAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,189}\Z")
_GRANTS = frozenset({"authorization_code", "refresh_token", "client_credentials"})
_ANSWERED = frozenset({"code", "state", "iss", "error", "error_description"})
_LOCAL_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
_LOGO = re.compile(r"[A-Za-z0-9._-]{1,200}\Z")
_HIDDEN = re.compile(r"%(?:0[0-9a-f]|1[0-9a-f]|7f|5c)", re.IGNORECASE)
_MAX_NAME = 80
_MAX_PURPOSE = 200
_MAX_TEXT = 2000
_MAX_URIS = 50
_MAX_SCOPES = 100
_MAX_QUOTA = 1_000_000
_Faults: TypeAlias = Iterator[BadApplication]


def new_client_id(random: Random) -> str:
    """``app_`` and 32 characters of base64url."""
    return "app_" + urlsafe_b64encode(random(24)).decode()


def is_client_id(text: str) -> bool:
    """Whether an application can have this client id at all."""
    return _CLIENT_ID.match(text) is not None and not text.isdigit()


def verify_chosen_client_id(text: str) -> str:
    """``text``, when a seed or an import may choose it. Raises ``BadClientId``.

    Never a number: the ``sub`` of a token that a client holds for itself must not be taken for an
    account (RFC 9700 4.15).
    """
    if not is_client_id(text):
        raise BadClientId
    return text


def verify_initial_status(application: Application) -> Application:
    """``application``, when a new one may have its status. Raises ``BadApplication``."""
    if application.status not in INITIAL:
        raise _bad("status", "A new application is a draft, submitted or approved.")
    return application


def verify_application(application: Application) -> Application:
    """``application`` with each URI and scope once. Raises ``BadApplication``."""
    whole = _with_each_once(application)
    for fault in _faults_of(whole):
        raise fault
    return whole


def verify_quota_a_minute(application: Application) -> Application:
    """``application``, when it may have its quota. Raises ``BadApplication``.

    A public one may not: whoever knows its client id could use the quota up.
    """
    quota = application.quota_a_minute
    if quota is None:
        return application
    if application.is_public:
        raise _bad("quota_a_minute", "An application without a secret has no quota.")
    if not 1 <= quota <= _MAX_QUOTA:
        raise _bad("quota_a_minute", "A quota is a whole number from 1 to 1,000,000.")
    return application


def list_faults(wanted: NewApplication | Application) -> list[BadApplication]:
    """Everything about ``wanted`` that is not acceptable by itself, each as it would be refused.

    The publisher of a form is its company once more: what is wrong with both is said once.
    """
    application = wanted.born("", 0, 0) if isinstance(wanted, NewApplication) else wanted
    found = list(_faults_of(_with_each_once(application)))
    fields = {each.field for each in found}
    return [each for each in found if each.field != "publisher" or "company" not in fields]


def _faults_of(application: Application) -> _Faults:
    for rule in _RULES:
        yield from rule(application)


def _with_each_once(application: Application) -> Application:
    def once(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(texts))

    return replace(
        application,
        redirect_uris=once(application.redirect_uris),
        post_logout_redirect_uris=once(application.post_logout_redirect_uris),
        scopes=once(application.scopes),
        optional_scopes=once(application.optional_scopes),
    )


def _bad(field: str, sentence: str, about: str | None = None) -> BadApplication:
    return BadApplication(sentence, field=field, about=about)


def _word_faults(application: Application) -> _Faults:
    for field in ("name", "publisher", "company"):
        text = getattr(application, field)
        if text is None:
            continue
        if not is_plain_line(text, _MAX_NAME):
            yield _bad(field, f"A {field} is one line of up to 80 visible characters.")
        elif has_odd_marks(text):
            yield _bad(field, f"A {field} has only characters that everybody can see.")
    for field in ("description", "reason"):
        text = getattr(application, field)
        if text is not None and not is_plain_text(text):
            yield _bad(field, f"A {field} has up to 2000 visible characters.")
    email = application.contact_email
    if email is not None and not (_EMAIL.match(email) and is_plain_line(email, 254)):
        yield _bad("contact_email", "This is not an e-mail address.")
    if application.logo is not None and not _LOGO.match(application.logo):
        yield _bad("logo", "This is not the key of a logo.")


def is_plain_text(text: str) -> bool:
    """Whether ``text`` is one or more visible lines, of up to 2000 characters."""
    return is_plain_line(text.replace("\r\n", " ").replace("\n", " "), _MAX_TEXT)


def _link_faults(application: Application) -> _Faults:
    for field in ("homepage_url", "privacy_url", "terms_url"):
        url = getattr(application, field)
        if url is not None and not is_web_url(url):
            yield _bad(field, "A link starts with https:// or http://.")


def _kind_faults(application: Application) -> _Faults:
    if application.kind not in {"web", "spa", "native", "service"}:
        yield _bad("kind", "The kind is web, spa, native or service.")
    if application.account_kind not in {"constituent", "system"}:
        yield _bad("account_kind", "The accounts are constituent or system.")
    if application.id_token_alg not in {"RS256", "ES256"}:
        yield _bad("id_token_alg", "The algorithm is RS256 or ES256.")
    if application.kind in {"spa", "native"} and not application.is_public:
        # RFC 6749 2.1 and 10.1: whoever has the program has its secret.
        yield _bad("auth_method", "An application in people's hands keeps no secret: use none.")
    if application.kind == "service" and application.is_public:
        yield _bad("auth_method", "A service needs a secret.")


def _grant_faults(application: Application) -> _Faults:
    grants = application.grant_types
    if not grants or not grants <= _GRANTS:
        yield _bad(
            "grant_types", "Choose from authorization_code, refresh_token and client_credentials."
        )
    if "client_credentials" in grants and application.auth_method is AuthMethod.NONE:
        # RFC 6749 4.4: only confidential clients.
        yield _bad("grant_types", "client_credentials needs a secret.")
    if application.kind == "service" and grants != {"client_credentials"}:
        yield _bad("grant_types", "A service uses client_credentials only.")


def _uri_faults(application: Application) -> _Faults:
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        uris: tuple[str, ...] = getattr(application, field)
        if len(uris) > _MAX_URIS:
            yield _bad(field, "An application has at most 50 of these.")
            continue
        for text in uris:
            yield from _faults_of_uri(application, field, text)
    redirects = application.redirect_uris
    if "authorization_code" in application.grant_types and not redirects:
        yield _bad("redirect_uris", "Name at least one redirect URI.")
    if application.kind == "service" and redirects:
        yield _bad("redirect_uris", "Nobody signs in to a service: it has no redirect URI.")


def _faults_of_uri(application: Application, field: str, text: str) -> _Faults:
    try:
        uri = parse_redirect_uri(text)
    except OAuthError as error:
        yield _bad(field, error.description, text)
        return
    if _HIDDEN.search(text):
        # A proxy that decodes it once more would see a line break or another path.
        sentence = "The address must not have encoded control characters or backslashes."
        yield _bad(field, sentence, text)
    if uri.is_private_scheme and application.kind != "native":
        yield _bad(field, "Only a native application has a scheme of its own.", uri.text)
    local = uri.host in _LOCAL_HOSTS or uri.host.endswith(".localhost")
    if uri.scheme == "http" and not local:
        # RFC 9700 2.6: a code never travels in the clear, but within one machine.
        sentence = "Use https://. Only this machine's own addresses may use http://."
        yield _bad(field, sentence, uri.text)
    named = {name for name, _ in parse_qsl(uri.rest.partition("?")[2], keep_blank_values=True)}
    if named & _ANSWERED:
        # RFC 6749 4.1.2: the answer adds these, and a client would read whichever comes first.
        sentence = "The address must not have the parameters of an answer in its query."
        yield _bad(field, sentence, uri.text)


def _scope_faults(application: Application) -> _Faults:
    scopes = application.scopes
    try:
        sound = len(scopes) <= _MAX_SCOPES and parse_scope(" ".join(scopes)) == scopes
    except OAuthError:
        sound = False
    if not sound:
        yield _bad("scopes", "A scope's name is ASCII without spaces; at most 100 of them.")
    for name, purpose in application.purposes.items():
        if name not in scopes:
            yield _bad("purposes", "A purpose belongs to a scope of the application.", name)
        elif not is_plain_line(purpose, _MAX_PURPOSE):
            yield _bad("purposes", "A purpose is one line of up to 200 visible characters.", name)
    for name in application.optional_scopes:
        if name not in scopes:
            yield _bad("optional_scopes", "An optional scope is one of the application's.", name)
        elif name == OPENID:
            # Without it the answer would be of another protocol (OpenID Connect Core 3.1.2.1).
            yield _bad("optional_scopes", "openid is not optional: it says who signs in.", name)


_RULES: tuple[Callable[[Application], _Faults], ...] = (
    _word_faults,
    _link_faults,
    _kind_faults,
    _grant_faults,
    _uri_faults,
    _scope_faults,
)
