"""What may be submitted as tenant credentials, and what a change of them ends. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.audit import is_plain_line
from doorward.connectors import (
    AuthOption,
    Connector,
    Manifest,
    find_environment,
    names_in,
    verify_value,
)
from doorward.crypto import Secret
from doorward.http import Forbidden, is_public, parse_target
from doorward.vault.credentials_model import (
    Extra,
    Secrets,
    Slot,
    Submission,
)
from doorward.vault.credentials_refusals import (
    BadCredentials,
    MayNotSubmit,
    NoSuchEnvironment,
    NotForCredentials,
)
from doorward.vault.pasting import clean, declared_in

__all__ = [
    "TAKES_CLIENT",
    "WITH_CLIENT",
    "Checked",
    "Place",
    "Terms",
    "callback_of",
    "find_client_option",
    "is_row_id",
    "verify_chosen",
    "verify_complete",
    "verify_secret",
    "verify_submission",
]

WITH_CLIENT: Final = frozenset(
    {
        "oauth2_code",
        "identity_only",
        "oauth2_client_credentials",
        "oauth2_password",
        "jwt_bearer",
    }
)
"""Ways to connect that never work without a client."""
TAKES_CLIENT: Final = WITH_CLIENT | {"two_step"}
"""Those, and such as may have one."""
_KEYED: Final = frozenset({"private_key_jwt", "tls_client_auth"})
_SECRETLESS: Final = _KEYED | {"none"}
_MOST_SCOPES: Final = 200
_LONGEST: Final = {"client_id": 512, "label": 100, "scope": 512, "url": 2_048}
_LONGEST_SECRET: Final = 4_096
_LONGEST_KEY: Final = 16_384
_SCOPE: Final = re.compile(r"[!-~]+\Z")
_SECRET: Final = re.compile("[ -~\u00a1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+\\Z")
_KEY: Final = re.compile(
    r"-----BEGIN (?P<kind>(?:RSA |EC )?PRIVATE KEY)-----[A-Za-z0-9+/=\r\n]+"
    r"-----END (?P=kind)-----\s*"
    r"(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*){0,8}\Z"
)


@dataclass(frozen=True, slots=True)
class Place:
    """An organization's connector, in one of its environments (empty where it has none).

    ``issuers`` are all of the organization's addresses, the one that is used now first. Raises
    ``NoSuchEnvironment`` for one that the manifest has not.
    """

    connector: Connector
    environment: str
    issuers: tuple[str, ...]

    def __post_init__(self) -> None:
        """What comes from an address is looked up nowhere before it is known."""
        if self.environment and find_environment(self.manifest, self.environment) is None:
            raise NoSuchEnvironment

    @property
    def org_id(self) -> str:
        """The organization."""
        return self.connector.org_id

    @property
    def manifest(self) -> Manifest:
        """What the connector's description says."""
        return self.connector.manifest

    @property
    def slot(self) -> Slot:
        """The place that at most one active version has."""
        connector = self.connector
        return connector.org_id, connector.slug, connector.connector_id, self.environment


@dataclass(frozen=True, slots=True)
class Terms:
    """What is allowed to whom: ``issuers`` are the organization's addresses, the present one first.

    ``may_manage`` is an administrator; ``allowed`` the installation's list of private targets.
    """

    issuers: tuple[str, ...]
    may_manage: bool
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that keeps every rule. Only ``verify_submission`` makes it."""

    client_id: str
    redirect_uri: str
    extra: Extra
    label: str
    client_secret: Secret[str] | None
    private_key: Secret[str] | None
    secret_values: Mapping[str, Secret[str]]


def callback_of(issuer: str, connector: str) -> str:
    """Our callback address: one for each organization and connector, so that none serves two.

    draft-ietf-oauth-security-topics-update, cross-toolkit account takeover.
    """
    return f"{issuer}/connect/callback/{connector}"


def find_client_option(manifest: Manifest) -> AuthOption:
    """The first way to connect that works with a client. Raises ``NotForCredentials``."""
    found = [each for each in manifest.auth_options if each.type in TAKES_CLIENT]
    if not found:
        raise NotForCredentials
    return min(found, key=lambda each: not each.admin_managed)


def verify_chosen(place: Place) -> bool:
    """True where one environment is meant. Raises ``NoSuchEnvironment`` where none is named."""
    if place.manifest.environments and not place.environment:
        raise NoSuchEnvironment
    return True


def is_row_id(number: int) -> bool:
    """Whether a number can be that of a row."""
    return 0 <= number < 1 << 63


def verify_submission(
    manifest: Manifest, given: Submission, terms: Terms, kept: frozenset[str] = frozenset()
) -> Checked:
    """``given``, when it keeps every rule. ``kept`` are secret variables that stay as they are.

    Raises ``NotForCredentials``, ``BadCredentials``, ``BadVariable`` and ``MayNotSubmit``, each
    with the field that it is about.
    """
    option = find_client_option(manifest)
    if (given.authorization_url or given.token_url) and not terms.may_manage:
        # Whoever chooses these is handed everybody's codes and the client's secret.
        raise MayNotSubmit(field="authorization_url" if given.authorization_url else "token_url")
    values, secret_values = _verify_values(manifest, option, given.values, kept)
    extra = Extra(
        scopes=None if given.scopes is None else _verify_scopes(given.scopes),
        authorization_url=_verify_url(given.authorization_url, "authorization_url", terms),
        token_url=_verify_url(given.token_url, "token_url", terms),
        values=values,
    )
    secret = given.client_secret
    return Checked(
        client_id=_verify_client_id(given.client_id),
        redirect_uri=_verify_redirect(manifest, option, given.redirect_uri, terms),
        extra=extra,
        label=_verify_label(given.label),
        client_secret=verify_secret(secret) if secret is not None and secret else None,
        private_key=_verify_key(given.private_key),
        secret_values=secret_values,
    )


def verify_complete(manifest: Manifest, option: AuthOption, secrets: Secrets) -> bool:
    """True when ``secrets`` are what this way to connect proves the client by.

    Raises ``BadCredentials`` about the one that is missing.
    """
    if not secrets.client and _sends_secret(option):
        raise BadCredentials("Enter the client secret.", field="client_secret")
    wants_key = option.token is not None and option.token.client_auth in _KEYED
    typed = declared_in(manifest, option.variables)
    if wants_key and secrets.private_key is None and "private_key" not in typed:
        raise BadCredentials("Enter the private key.", field="private_key")
    return True


def _sends_secret(option: AuthOption) -> bool:
    """Whether anything that is sent for a token has the client secret in it."""
    token = option.token
    if token is None:
        return False
    if token.client_auth == "basic":
        templates: tuple[str, ...] = (token.basic_user, token.basic_password)
    elif token.client_auth == "custom":
        templates = tuple(token.auth_headers.values())
    else:
        return token.client_auth not in _SECRETLESS
    return any("client_secret" in names_in(each) for each in templates)


def verify_secret(secret: Secret[str]) -> Secret[str]:
    """``secret`` without white space around it. Raises ``BadCredentials``."""
    text = secret.reveal().strip()
    if not text or len(text) > _LONGEST_SECRET or not _SECRET.match(text):
        raise BadCredentials(
            "A client secret is one line of up to 4096 characters.", field="client_secret"
        )
    return Secret(text)


def _verify_client_id(text: str) -> str:
    text = text.strip()
    if not is_plain_line(text, _LONGEST["client_id"]):
        raise BadCredentials(
            "A client id is one line of up to 512 visible characters.", field="client_id"
        )
    return text


def _verify_label(text: str) -> str:
    text = text.strip()
    if text and not is_plain_line(text, _LONGEST["label"]):
        raise BadCredentials("A label is one line of up to 100 visible characters.", field="label")
    return text


def _verify_redirect(manifest: Manifest, option: AuthOption, text: str, terms: Terms) -> str:
    """One of our own addresses, or the one that the manifest fixes; ours where nothing is said."""
    fixed = option.authorize.redirect_uri if option.authorize is not None else None
    ours = [callback_of(issuer, manifest.slug) for issuer in terms.issuers]
    text = text.strip()
    if not text:
        return fixed or ours[0]
    if text not in {*ours, *([fixed] if fixed else [])}:
        raise BadCredentials(
            "The redirect URI must be the one that this page shows.", field="redirect_uri"
        )
    return text


def _verify_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if len(scopes) > _MOST_SCOPES or not all(
        len(each) <= _LONGEST["scope"] and _SCOPE.match(each) for each in scopes
    ):
        raise BadCredentials(
            "Scopes are words of visible ASCII characters, 200 at most.", field="scopes"
        )
    return tuple(dict.fromkeys(scopes))


def _verify_url(text: str, field: str, terms: Terms) -> str:
    """An address that requests may be sent to, without the braces of a template."""
    text = text.strip()
    if not text:
        return ""
    try:
        if len(text) > _LONGEST["url"] or "{" in text or "}" in text:
            raise Forbidden("url")
        target = parse_target(text, terms.allowed)
        if target.authority not in terms.allowed and _is_private_address(target.host):
            raise Forbidden("address")
    except Forbidden as error:
        raise BadCredentials(
            "This is not an https address on the public internet.", field=field
        ) from error
    return text


def _is_private_address(host: str) -> bool:
    """Whether ``host`` is an address by itself, and none of the public internet."""
    return (":" in host or host.replace(".", "").isdigit()) and not is_public(host)


def _verify_values(
    manifest: Manifest, option: AuthOption, given: Mapping[str, str], kept: frozenset[str]
) -> tuple[dict[str, str], dict[str, Secret[str]]]:
    """The organization's variables and its application's: each is declared, none is missing.

    What administrators may fill in elsewhere too is not missed here.
    """
    declared = {
        name: each
        for name, each in declared_in(manifest, option.variables).items()
        if each.scope != "user" and each.source == "form" and each.type != "button"
    }
    for name in given:
        if name not in declared:
            raise BadCredentials("There is no such field.", field=name[:64])
    values: dict[str, str] = {}
    secrets: dict[str, Secret[str]] = {}
    for name, variable in declared.items():
        text = given.get(name, "").strip()
        wanted = variable.required and not variable.managed and variable.default is None
        if not text and (not wanted or name in kept):
            continue
        value = verify_value(variable, clean(variable, text))
        if variable.secret:
            secrets[name] = Secret(value)
        else:
            values[name] = value
    return values, secrets


def _verify_key(key: Secret[str] | None) -> Secret[str] | None:
    if key is None or not key.reveal().strip():
        return None
    text = key.reveal().strip()
    if len(text) > _LONGEST_KEY or not _KEY.match(text):
        raise BadCredentials("A private key is a PEM block.", field="private_key")
    return Secret(text + "\n")
