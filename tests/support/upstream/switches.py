"""What is particular about the platform: one switch for each quirk. The defaults are the RFCs'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["NAMES", "Fault", "Switches"]

NAMES = {
    "client_id": "client_key",
    "client_secret": "app_secret",
    "code": "auth_code",
    "redirect_uri": "redirectUrl",
    "refresh_token": "refreshToken",
    "scope": "perms",
}
"""What a platform with names of its own calls the standard's parameters."""

ClientAuth = Literal[
    "basic", "post", "query", "none", "custom", "key_as_user", "client_secret_jwt",
    "private_key_jwt",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Switches:
    """A platform. It refuses whatever does not fit, so that only a manifest that says it works."""

    kind: Literal["oauth", "client_credentials", "password", "two_step", "jwt_bearer", "key"] = (
        "oauth"
    )

    # The visit.
    response_type: str | None = "code"
    """None: the parameter is refused."""
    in_fragment: bool = False
    renamed: bool = False
    scopes: tuple[str, ...] = ("contacts.read", "offline_access")
    scope_separator: Literal[" ", ",", "+"] = " "
    scope_style: Literal["param", "none", "raw"] = "param"
    optional_scopes: tuple[str, ...] = ()
    user_scopes: tuple[str, ...] = ()
    """A second list, answered with a second token."""
    granted: tuple[str, ...] | None = None
    """What is granted, where it is not what was asked."""
    pkce: Literal["required", "on", "off"] = "on"
    """``off``: the parameters are refused."""
    state: Literal["plain", "long", "short", "custom", "none"] = "plain"
    extra_params: tuple[tuple[str, str], ...] = ()
    registered_name: str | None = None
    """What stands in the place of the redirect URI."""
    code_param: str = "code"
    signed_callback: Literal["", "hex", "base64"] = ""
    tenant_in_callback: bool = False
    issuer: bool = False

    # Asking for tokens.
    client_auth: ClientAuth = "post"
    refresh_auth: ClientAuth | None = None
    body: Literal["form", "json", "query", "xml", "multipart"] = "form"
    grant_type: str = "authorization_code"
    redirect_uri_in_exchange: bool = True
    echo_state: bool = False
    refresh: Literal["rotating", "reusable", "access_token", "code_only"] = "rotating"
    refresh_elsewhere: bool = False
    refresh_wants_redirect: bool = False
    refresh_wants_scope: bool = False
    grace_s: int = 0

    # What is answered.
    answer: Literal["json", "form", "xml"] = "json"
    says_its_type: bool = True
    enveloped: bool = False
    success_status: int = 200
    errors_in_200: bool = False
    own_error_words: bool = False
    expiry: Literal[
        "seconds", "string", "ms", "iso", "epoch", "epoch_ms", "zero", "none", "jwt"
    ] = "seconds"
    repeats_refresh_token: bool = True
    """For reusable tokens: whether a refresh repeats it."""
    repeats_expiry: bool = True
    base_in_answer: bool = False
    lifetime_s: int = 3_600
    timeout_s: int = 20
    """How long the manifest waits for tokens."""

    # Afterwards.
    identity: Literal["userinfo", "token", "id_token", "none"] = "userinfo"
    after: Literal["nothing", "session", "accounts"] = "nothing"
    revoke: Literal["form", "basic_json", "bearer", "delete", "query", "none"] = "form"

    # Calls to the API.
    delivery: Literal["bearer", "scheme", "header", "query", "basic", "cookie", "several"] = (
        "bearer"
    )
    version_header: bool = False
    agent_header: bool = False


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong at the token endpoint, for so many requests."""

    kind: Literal["status", "html", "cut", "drip", "huge", "delay", "error"]
    times: int = 1
    status: int = 503
    retry_after: str = ""
    error: str = ""
    delay_s: float = 0.2
    after_work: bool = False
    """Whether the request is carried out before its answer goes wrong."""
