"""A manifest: everything that is particular about one upstream platform, as data.

The fields are the union of what such platforms do; nothing elsewhere knows a platform's name.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from doorward.connectors.requests import (
    Authorize,
    Callback,
    Delivery,
    Described,
    Expiry,
    Identity,
    PostConnect,
    Proxy,
    RefreshPolicy,
    ResponseMap,
    Revocation,
    TokenRequest,
    Verify,
)

__all__ = [
    "AuthOption",
    "Choice",
    "DynamicOptions",
    "Environment",
    "Form",
    "Localized",
    "Manifest",
    "OptionsRequest",
    "Override",
    "Variable",
    "localize",
]

Localized = str | dict[str, str]
"""A sentence, or one for each language (``en``, ``ja``)."""


def localize(text: Localized, locale: str) -> str:
    """``text`` in ``locale``; in English where it is not there in that language."""
    if isinstance(text, str):
        return text
    return text.get(locale) or text.get("en", "")


class Choice(Described, frozen=True, kw_only=True):
    """One value that can be chosen."""

    const: str
    title: Localized = ""


class OptionsRequest(Described, frozen=True, kw_only=True):
    """Where the choices of a field are asked for, and where in the answer they are."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: dict[str, str] = msgspec.field(default_factory=dict)
    items: str = ""
    value: str = "id"
    label: str = "name"


class DynamicOptions(Described, frozen=True, kw_only=True):
    """Choices that the platform itself lists, from values given before (and not kept)."""

    request: OptionsRequest
    needs: tuple[str, ...] = ()


class Variable(Described, frozen=True, kw_only=True):
    """One thing that must be known before or after connecting, and who supplies it.

    ``scope`` says whose it is: each person's (``user``), one for the organization (``account``),
    or the application's (``app``). A ``hostname`` or ``url`` needs a ``pattern`` that ends in the
    platform's own domain, since what is typed there decides who receives credentials.
    """

    name: str
    title: Localized = ""
    description: Localized = ""
    type: Literal["string", "select", "hostname", "url", "button", "text", "date"] = "string"
    pattern: str | None = None
    example: str = ""
    default: str | None = None
    prefix: str = ""
    suffix: str = ""
    options: tuple[Choice, ...] = ()
    dynamic: DynamicOptions | None = None
    required: bool = True
    secret: bool = False
    hidden: bool = False
    managed: bool = False
    scope: Literal["user", "account", "app"] = "user"
    persist: bool = True
    source: Literal["form", "callback", "token", "userinfo", "post_connect"] = "form"
    help_url: str = ""
    visible_when: dict[str, str] = msgspec.field(default_factory=dict)
    ui: dict[str, str | bool] = msgspec.field(default_factory=dict)


class Override(Described, frozen=True, kw_only=True):
    """What an environment sets: values by dotted path, such as ``token.url``."""

    path: str
    value: str | tuple[str, ...] | bool | int | None


class Environment(Described, frozen=True, kw_only=True):
    """A region or edition of the platform, often with a client registration of its own."""

    name: str
    title: Localized = ""
    values: dict[str, str] = msgspec.field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    match_hostname: str | None = None


class Form(Described, frozen=True, kw_only=True):
    """The page on which a person types what the platform wants."""

    title: Localized = ""
    warning: Localized = ""


class AuthOption(Described, frozen=True, kw_only=True):
    """One way to connect; a platform may offer several.

    ``type`` says which sections count: ``oauth2_code`` needs ``authorize`` and ``token``;
    ``oauth2_client_credentials`` and ``two_step`` need ``token``; ``api_key`` and ``basic`` need
    ``delivery``; ``identity_only`` is OAuth whose answer names an account and opens no API.
    """

    name: str
    title: Localized = ""
    type: Literal[
        "oauth2_code",
        "oauth2_client_credentials",
        "oauth2_password",
        "two_step",
        "api_key",
        "basic",
        "identity_only",
        "jwt_bearer",
    ]
    client_id: str = ""
    admin_managed: bool = False
    admin_instructions: Localized = ""
    authorize: Authorize | None = None
    callback: Callback = Callback()
    token: TokenRequest | None = None
    refresh: TokenRequest | None = None
    response: ResponseMap = ResponseMap()
    expiry: Expiry = Expiry()
    refresh_policy: RefreshPolicy = RefreshPolicy()
    post_connect: tuple[PostConnect, ...] = ()
    identity: Identity | None = None
    verify: Verify | None = None
    revoke: tuple[Revocation, ...] = ()
    delivery: Delivery = Delivery()
    form: Form = Form()
    variables: tuple[Variable, ...] = ()


class Manifest(Described, frozen=True, kw_only=True):
    """A connector's description. ``doorward`` is the version of the format."""

    doorward: Literal[1] = 1
    slug: str
    name: str
    summary: Localized = ""
    categories: tuple[str, ...] = ()
    docs_url: str = ""
    setup_guide: Localized = ""
    verified: bool = False
    """Whether its facts were seen in at least one dependable source."""
    notes: str = ""
    variables: tuple[Variable, ...] = ()
    environments: tuple[Environment, ...] = ()
    auth_options: tuple[AuthOption, ...]
    proxy: Proxy = Proxy()
