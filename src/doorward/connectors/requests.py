"""What a manifest says of single requests: how each is made, and where its answer has what.

Texts marked *template* hold ``{name}`` or ``{name|filter}`` and nothing else that is computed.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = [
    "Assertion",
    "Authorize",
    "Callback",
    "CallbackSignature",
    "Capture",
    "Delivery",
    "Described",
    "ErrorMap",
    "Expiry",
    "Identity",
    "PostConnect",
    "Proxy",
    "RefreshPolicy",
    "ResponseMap",
    "Revocation",
    "ScopeRule",
    "Signature",
    "StateRule",
    "Success",
    "TokenRequest",
    "Verify",
]


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown fields are refused: a misspelt quirk would silently not be one."""


class Success(Described, frozen=True, kw_only=True):
    """What a good answer looks like, where the status alone does not say."""

    status: tuple[int, ...] = (200, 201)
    path: str | None = None
    equals: str | int | bool | None = None


class ErrorMap(Described, frozen=True, kw_only=True):
    """Where an answer names its error, and what names that no RFC knows mean."""

    code_path: str = "error"
    message_path: str = "error_description"
    map: dict[
        str,
        Literal["dead_grant", "user_action", "configuration", "manifest", "transient"],
    ] = msgspec.field(default_factory=dict)


class Assertion(Described, frozen=True, kw_only=True):
    """The JWT that a client signs, to prove itself or as the grant itself (RFC 7523).

    ``alg`` follows the kind of key where it is not given. ``audience`` is a template, the token
    URL unless it is given. ``key_id`` and ``claims`` are templates; claims come over the
    standard's own.
    """

    alg: Literal["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256"] | None = None
    key_id: str = ""
    audience: str = ""
    claims: dict[str, str] = msgspec.field(default_factory=dict)
    lifetime_s: int = 300


class TokenRequest(Described, frozen=True, kw_only=True):
    """How a token is asked for. ``param_names`` renames a parameter, or drops it with null.

    ``client_auth`` ``custom`` sends ``auth_headers`` (templates of ``client_id``,
    ``client_secret`` and the variables) and nothing else. ``basic_user`` and ``basic_password``
    are templates for the platforms that put something else there. ``tls_client_auth`` shows the
    certificates that stand behind the client's private key. ``oauth1`` signs the request (RFC 5849)
    by ``signature_method``, with nothing of OAuth 2.0 in it. ``include_redirect_uri`` and
    ``echo_state`` are about the exchange of a code; where a refresh wants either, ``params`` has
    it.
    """

    url: str = ""
    method: Literal["POST", "GET"] = "POST"
    body: Literal["form", "json", "query", "xml", "multipart"] = "form"
    xml_template: str = ""
    client_auth: Literal[
        "basic",
        "post",
        "query",
        "none",
        "custom",
        "client_secret_jwt",
        "private_key_jwt",
        "tls_client_auth",
        "oauth1",
    ] = "post"
    basic_user: str = "{client_id}"
    basic_password: str = "{client_secret}"  # noqa: S105 - a template, not a password
    auth_headers: dict[str, str] = msgspec.field(default_factory=dict)
    param_names: dict[str, str | None] = msgspec.field(default_factory=dict)
    params: dict[str, str] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    assertion: Assertion = Assertion()
    include_redirect_uri: bool = True
    include_scope: bool = False
    echo_state: bool = False
    signature_method: Literal["HMAC-SHA1", "HMAC-SHA256"] = "HMAC-SHA1"
    skip_empty: bool = True
    success: Success = Success()
    error: ErrorMap = ErrorMap()
    timeout_s: int = 30
    max_bytes: int = 262_144


class Capture(Described, frozen=True, kw_only=True):
    """A value taken from an answer (dotted ``path``) or a callback parameter, kept as ``to``."""

    path: str
    to: str
    required: bool = False


class ResponseMap(Described, frozen=True, kw_only=True):
    """Where an answer has what. ``named`` are further tokens that come with the first."""

    root: str = ""
    format: Literal["auto", "json", "form", "xml"] = "auto"
    access_token: str = "access_token"  # noqa: S105 - a path
    refresh_token: str = "refresh_token"  # noqa: S105 - a path
    token_type: str = "token_type"  # noqa: S105 - a path
    scope: str = "scope"
    scope_separator: str = " "
    expires_in: str = "expires_in"
    expires_at: str | None = None
    expires_unit: Literal["s", "ms", "iso", "epoch", "epoch_ms"] = "s"
    refresh_expires_in: str | None = None
    id_token: str = "id_token"  # noqa: S105 - a path
    captures: tuple[Capture, ...] = ()
    named: dict[str, str] = msgspec.field(default_factory=dict)


class ScopeRule(Described, frozen=True, kw_only=True):
    """How scopes are asked for. Each is percent-encoded exactly once."""

    default: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    optional_param: str | None = None
    user: tuple[str, ...] = ()
    user_param: str = "user_scope"
    separator: str = " "
    param: str | None = "scope"
    raw: str | None = None
    """A query fragment sent as it is, key included, as App Connect's ``scope``."""


class StateRule(Described, frozen=True, kw_only=True):
    """What the platform does to ``state``."""

    send: bool = True
    min_length: int = 22
    max_length: int = 512
    custom: str | None = None
    """A fixed state (App Connect's ``customState``): the browser is bound by its cookie then."""


class Authorize(Described, frozen=True, kw_only=True):
    """The address that a person is sent to.

    With ``request_token`` the visit is that of OAuth 1.0a (RFC 5849 2): a token is asked for first,
    and the address carries it and ``params`` alone.
    """

    url: str
    params: dict[str, str] = msgspec.field(default_factory=dict)
    param_names: dict[str, str | None] = msgspec.field(default_factory=dict)
    response_type: str = "code"
    in_fragment: bool = False
    skip_empty: bool = True
    scope: ScopeRule = ScopeRule()
    pkce: Literal["required", "on", "off"] = "on"
    state: StateRule = StateRule()
    nonce: bool = False
    prompt_on_reconnect: str | None = None
    redirect_uri: str | None = None
    """A value to send in the place of our callback address, such as a registered name."""
    request_token: TokenRequest | None = None


class CallbackSignature(Described, frozen=True, kw_only=True):
    """A signature over the callback's parameters (HMAC-SHA-256 under the client secret)."""

    param: str = "hmac"
    exclude: tuple[str, ...] = ("hmac", "signature")
    encoding: Literal["hex", "base64"] = "hex"


class Callback(Described, frozen=True, kw_only=True):
    """What comes back with the person."""

    code_param: str = "code"
    error_param: str = "error"
    capture: tuple[Capture, ...] = ()
    verify: CallbackSignature | None = None
    check_issuer: str | None = None
    """The issuer that ``iss`` must equal where it is sent (RFC 9207)."""


class Expiry(Described, frozen=True, kw_only=True):
    """When an access token ends, where the answer does not say or says it in its own way."""

    source: Literal["response", "jwt", "none"] = "response"
    default_lifetime_s: int | None = None
    zero_is_never: bool = False
    refresh_on_status: tuple[int, ...] = (401,)
    skew_s: int = 300


class RefreshPolicy(Described, frozen=True, kw_only=True):
    """What refreshing does to the token that it uses. Times in seconds or days, as named."""

    kind: Literal["rotating", "reusable", "none", "access_token_exchange", "relogin"] = "rotating"
    grace_s: int = 0
    idle_expiry_days: int | None = None
    keepalive_days: int | None = None
    resend_on_network_error: bool = False
    max_per_window: int | None = None
    window_s: int = 600


class PostConnect(Described, frozen=True, kw_only=True):
    """A call made after the tokens came, whose answer holds what later calls need."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    params: dict[str, str] = msgspec.field(default_factory=dict)
    body: dict[str, str] = msgspec.field(default_factory=dict)
    success: Success = Success()
    captures: tuple[Capture, ...] = ()
    accounts: str | None = None
    """Path of a list of accounts behind one token; ``captures`` are read in the chosen one."""
    session_ttl_s: int | None = None
    """The captures are a session with this lifetime: the call is repeated after it."""


class Identity(Described, frozen=True, kw_only=True):
    """Whose account it is. Paths in the answer; without ``url``, in the token answer."""

    url: str = ""
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: dict[str, str] = msgspec.field(default_factory=dict)
    success: Success = Success()
    root: str = ""
    account_id: str = "id"
    account_name: str = "name"
    email: str = "email"
    organization: str = ""
    captures: tuple[Capture, ...] = ()


class Verify(Described, frozen=True, kw_only=True):
    """A call that proves credentials before they are kept."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: dict[str, str] = msgspec.field(default_factory=dict)
    success: Success = Success()
    forbidden_is_valid: bool = False


class Revocation(Described, frozen=True, kw_only=True):
    """One way to take a token back. ``token`` says which; ``gone`` are statuses of one gone."""

    url: str
    method: Literal["POST", "GET", "DELETE"] = "POST"
    client_auth: Literal["basic", "post", "none", "custom", "bearer"] = "post"
    auth_headers: dict[str, str] = msgspec.field(default_factory=dict)
    token: Literal["access", "refresh", "both"] = "refresh"  # noqa: S105 - which one
    token_param: str | None = "token"  # noqa: S105 - a parameter's name
    body: Literal["form", "json", "query", "none"] = "form"
    params: dict[str, str] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    gone: tuple[int, ...] = (200, 202, 204, 400, 401, 404)


class Signature(Described, frozen=True, kw_only=True):
    """How each call to the platform's API is signed. Values are templates.

    ``oauth1`` is RFC 5849 with tokens that were made beforehand: ``key`` and ``secret`` are the
    application's, ``token`` and ``token_secret`` the person's. ``sigv4`` is the fourth version of
    Amazon's signatures: ``token`` is that of a session, ``region`` and ``service`` the scope.
    """

    kind: Literal["oauth1", "sigv4"]
    key: str
    secret: str
    token: str = ""
    token_secret: str = ""
    method: Literal["HMAC-SHA1", "HMAC-SHA256"] = "HMAC-SHA256"
    realm: str = ""
    region: str = ""
    service: str = ""


class Delivery(Described, frozen=True, kw_only=True):
    """How the credential goes into a call to the platform's API. Values are templates.

    ``basic`` joins ``basic_user`` and ``basic_password`` under ``basic_scheme``. ``value`` of the
    others usually holds ``{access_token}`` or a secret variable. ``signature`` comes on top, with
    whatever the rest says; ``place`` is ``none`` where there is nothing but it.
    """

    place: Literal["header", "query", "basic", "cookie", "none"] = "header"
    name: str = "Authorization"
    value: str = "Bearer {access_token}"
    basic_scheme: str = "Basic"
    basic_user: str = ""
    basic_password: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    user_agent: str | None = None
    signature: Signature | None = None
    client_certificate: bool = False
    """Whether calls show the client's certificate in TLS, beside what they carry."""


class Proxy(Described, frozen=True, kw_only=True):
    """Where calls for a connection may go. ``base_url`` and hosts are templates."""

    base_url: str = ""
    allow_hosts: tuple[str, ...] = ()
    retry_after: tuple[str, ...] = ("retry-after",)
    max_bytes: int = 10_485_760
    timeout_s: int = 60
