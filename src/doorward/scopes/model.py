"""What may be asked for, and the wording of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Literal, cast

import msgspec

from doorward.audit import is_plain_line
from doorward.db import Row
from doorward.protocol import OAuthError, parse_scope
from doorward.scopes.refusals import BadApi, BadScope, StandardScope

__all__ = [
    "MANAGEMENT_SCOPE",
    "STANDARD_SCOPES",
    "Api",
    "ApiChange",
    "Catalogue",
    "Scope",
    "ScopeChange",
    "Sensitivity",
    "SigningAlg",
    "TokenFormat",
    "verify_api",
    "verify_scope",
]

Sensitivity = Literal["basic", "personal", "sensitive", "destructive"]
TokenFormat = Literal["opaque", "jwt"]
SigningAlg = Literal["ES256", "RS256"]

_SENSITIVITIES = frozenset({"basic", "personal", "sensitive", "destructive"})
_IDENTIFIER = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+\Z"
)
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,63}\Z")
_MAX_NAME = 128
_MAX_TITLE = 80
_MAX_SENTENCE = 300
_MAX_IDENTIFIER = 512
_MAX_CLAIMS = 30
_MAX_RESOURCE_CLIENTS = 50


@lru_cache(maxsize=1_000)
def _names(column: str) -> tuple[str, ...]:
    return msgspec.json.decode(column, type=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission. ``{app}`` and ``{org}`` in a sentence stand for the names of both.

    ``claims`` are what it adds to UserInfo and the ID token (OpenID Connect Core 5.4).
    """

    org_id: str
    name: str
    api: str | None
    title_en: str
    title_ja: str
    sentence_en: str
    sentence_ja: str
    sensitivity: Sensitivity
    claims: tuple[str, ...] = ()

    def title(self, locale: str) -> str:
        """The title in ``locale`` (``ja``, or English for anything else)."""
        return self.title_ja if locale == "ja" else self.title_en

    def sentence(self, locale: str, *, app: str, org: str) -> str:
        """The sentence in ``locale`` about the application ``app`` and the organization ``org``."""
        text = self.sentence_ja if locale == "ja" else self.sentence_en
        names = {"{app}": app, "{org}": org}
        # One pass: a name that contains a placeholder is not expanded again.
        return re.sub(r"\{app\}|\{org\}", lambda found: names[found.group()], text)

    @property
    def is_standard(self) -> bool:
        """Whether OpenID Connect defines it."""
        return self.name in _STANDARD_NAMES

    @classmethod
    def from_row(cls, row: Row) -> Scope:
        """Read a row of ``scopes`` in the order of its columns."""
        org_id, name, api, title_en, title_ja, sentence_en, sentence_ja, sensitivity, claims = row
        # Thousands of organizations offer the same scopes: each text is in memory once.
        return cls(
            org_id=intern(org_id),
            name=intern(name),
            api=api if api is None else intern(api),
            title_en=intern(title_en),
            title_ja=intern(title_ja),
            sentence_en=intern(sentence_en),
            sentence_ja=intern(sentence_ja),
            sensitivity=cast("Sensitivity", intern(sensitivity)),
            claims=_names(claims),
        )


@dataclass(frozen=True, slots=True)
class Api:
    """A protected resource: its identifier is the audience of tokens for it (RFC 8707, RFC 9068).

    ``access_token_s`` overrides the organization's lifetime, in seconds. The clients
    ``resource_client_ids`` act as this API and may introspect tokens for it.
    """

    org_id: str
    identifier: str
    name: str
    token_format: TokenFormat = "opaque"  # noqa: S105 - a format, not a token
    signing_alg: SigningAlg = "ES256"
    access_token_s: int | None = None
    resource_client_ids: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> Api:
        """Read a row of ``apis`` in the order of its columns."""
        org_id, identifier, name, token_format, alg, access_token_s, clients = row
        return cls(
            org_id=intern(org_id),
            identifier=intern(identifier),
            name=intern(name),
            token_format=cast("TokenFormat", intern(token_format)),
            signing_alg=cast("SigningAlg", intern(alg)),
            access_token_s=access_token_s,
            resource_client_ids=_names(clients),
        )


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What to change of a scope; a field that is ``msgspec.UNSET`` stays as it is."""

    api: str | msgspec.UnsetType | None = msgspec.UNSET
    title_en: str | msgspec.UnsetType = msgspec.UNSET
    title_ja: str | msgspec.UnsetType = msgspec.UNSET
    sentence_en: str | msgspec.UnsetType = msgspec.UNSET
    sentence_ja: str | msgspec.UnsetType = msgspec.UNSET
    sensitivity: Sensitivity | msgspec.UnsetType = msgspec.UNSET
    claims: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def applied(self, scope: Scope) -> Scope:
        """``scope`` with the change. Raises ``BadScope``, ``StandardScope``."""
        given = {name: getattr(self, name) for name in self.names()}
        changed = replace(scope, **given)
        if scope.is_standard and (changed.api, changed.claims) != (scope.api, scope.claims):
            raise StandardScope
        return verify_scope(changed)


@dataclass(frozen=True, slots=True)
class ApiChange:
    """What to change of an API; a field that is ``msgspec.UNSET`` stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    token_format: TokenFormat | msgspec.UnsetType = msgspec.UNSET
    signing_alg: SigningAlg | msgspec.UnsetType = msgspec.UNSET
    access_token_s: int | msgspec.UnsetType | None = msgspec.UNSET
    resource_client_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def applied(self, api: Api) -> Api:
        """``api`` with the change. Raises ``BadApi``."""
        return verify_api(replace(api, **{name: getattr(self, name) for name in self.names()}))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every scope and API of one organization, by name and by identifier."""

    scopes: Mapping[str, Scope]
    apis: Mapping[str, Api]

    @classmethod
    def of(cls, scopes: Iterable[Scope], apis: Iterable[Api]) -> Catalogue:
        """Build it once from its rows."""
        return cls(
            scopes=MappingProxyType({scope.name: scope for scope in scopes}),
            apis=MappingProxyType({api.identifier: api for api in apis}),
        )

    def audience_of(self, scope_names: Iterable[str]) -> tuple[Api, ...]:
        """The APIs that ``scope_names`` open, each once, in the order of the names."""
        found: dict[str, Api] = {}
        for name in scope_names:
            scope = self.scopes.get(name)
            if scope is not None and scope.api is not None and scope.api in self.apis:
                found[scope.api] = self.apis[scope.api]
        return tuple(found.values())


def verify_scope(scope: Scope) -> Scope:
    """``scope``, when every field may be kept and shown. Raises ``BadScope``."""
    try:
        well_formed = parse_scope(scope.name) == (scope.name,)
    except OAuthError:
        well_formed = False
    if not well_formed or len(scope.name) > _MAX_NAME:
        raise BadScope("A scope's name is up to 128 ASCII characters, no space.", field="name")
    for field, longest in _WORDING.items():
        if not is_plain_line(getattr(scope, field), longest):
            raise BadScope(f"This is one line of up to {longest} characters.", field=field)
    if scope.sensitivity not in _SENSITIVITIES:
        raise BadScope("The sensitivity is not one of the four.", field="sensitivity")
    if len(scope.claims) > _MAX_CLAIMS or not all(_CLAIM.match(name) for name in scope.claims):
        raise BadScope("A claim's name is up to 64 letters, digits and . _ : / -", field="claims")
    return scope


def verify_api(api: Api) -> Api:
    """``api``, when every field may be kept. Raises ``BadApi``."""
    if len(api.identifier) > _MAX_IDENTIFIER or not _IDENTIFIER.match(api.identifier):
        # RFC 8707 2: an absolute URI without a fragment.
        raise BadApi("An identifier is an absolute URI without a fragment.", field="identifier")
    if not is_plain_line(api.name, _MAX_TITLE):
        raise BadApi("A name is one line of up to 80 characters.", field="name")
    if api.token_format not in {"opaque", "jwt"}:
        raise BadApi("The token format is opaque or jwt.", field="token_format")
    if api.signing_alg not in {"ES256", "RS256"}:
        raise BadApi("The algorithm is ES256 or RS256.", field="signing_alg")
    if api.access_token_s is not None and not 60 <= api.access_token_s <= 86_400:
        raise BadApi("An access token lives 60 to 86400 seconds.", field="access_token_s")
    clients = tuple(dict.fromkeys(api.resource_client_ids))
    if len(clients) > _MAX_RESOURCE_CLIENTS or not all(is_plain_line(c, 128) for c in clients):
        raise BadApi("Up to 50 client ids.", field="resource_client_ids")
    return replace(api, resource_client_ids=clients)


_WORDING = {
    "title_en": _MAX_TITLE,
    "title_ja": _MAX_TITLE,
    "sentence_en": _MAX_SENTENCE,
    "sentence_ja": _MAX_SENTENCE,
}

STANDARD_SCOPES = (
    Scope(
        org_id="",
        name="openid",
        api=None,
        title_en="Sign you in",
        title_ja="ログイン",
        sentence_en="Know that it is you who signs in",
        sentence_ja="ログインしているのがあなたであることを確認する",
        sensitivity="basic",
        claims=("sub",),
    ),
    Scope(
        org_id="",
        name="profile",
        api=None,
        title_en="Name and profile photo",
        title_ja="名前とプロフィール写真",
        sentence_en="See your name and profile photo",
        sentence_ja="名前とプロフィール写真を見る",
        sensitivity="personal",
        claims=(
            "name",
            "given_name",
            "family_name",
            "preferred_username",
            "picture",
            "locale",
            "updated_at",
        ),
    ),
    Scope(
        org_id="",
        name="email",
        api=None,
        title_en="E-mail address",
        title_ja="メールアドレス",
        sentence_en="See your e-mail address",
        sentence_ja="メールアドレスを見る",
        sensitivity="personal",
        claims=("email", "email_verified"),
    ),
    Scope(
        org_id="",
        name="offline_access",
        api=None,
        title_en="Lasting access",
        title_ja="継続的なアクセス",
        sentence_en="Keep this access when you're not using {app}, until you remove it",
        sentence_ja="{app} を使っていないときも、取り消すまでアクセスを続ける",
        sensitivity="sensitive",
    ),
)
"""What OpenID Connect Core 5.4 and 11 define, for every organization (its ``org_id`` is empty)."""

_STANDARD_NAMES = frozenset(scope.name for scope in STANDARD_SCOPES)

MANAGEMENT_SCOPE = Scope(
    org_id="",
    name="management",
    api=None,
    title_en="Manage the organization",
    title_ja="組織の管理",
    sentence_en="Manage {org} with every permission that your staff account has",
    sentence_ja="スタッフアカウントの権限の範囲で {org} を管理する",
    sensitivity="destructive",
)
"""What an application asks a member of staff for, to call the management API on their behalf."""
