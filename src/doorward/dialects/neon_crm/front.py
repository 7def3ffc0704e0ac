"""``/np/oauth/auth``: constituents sign in for a third-party site, as Neon CRM has it."""

from __future__ import annotations

from doorward.authorize import Terms
from doorward.clients import Application
from doorward.http import Wording, message
from doorward.protocol import (
    OPENID,
    ErrorCode,
    OAuthError,
    Parameters,
    matches_registered,
    parse_redirect_uri,
)

__all__ = [
    "AUTHORIZE_PATH",
    "CODE_S",
    "DIALECT",
    "STAFF_REFUSAL",
    "ConstituentFront",
    "complete_redirect_uri",
]

AUTHORIZE_PATH = "/np/oauth/auth"
DIALECT = "neon_crm"
CODE_S = 600
"""Authorization codes expire ten minutes after they are generated."""

STAFF_REFUSAL = "Logged in as system user not supported"
_BAD_ADDRESS = "Invalid redirect_uri parameter"

_READ = (
    "response_type",
    "client_id",
    "state",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "ui_locales",
)
"""What a plain request may say; whatever else old clients send is passed over."""
_PROMPTS = frozenset({"none", "login", "select_account"})

_ASK_DEVELOPER = message(
    "Go back to the application and try again. If it keeps happening, tell the people who run it "
    "what stands on this page."
)
_LOCALHOST = Wording(
    400,
    message("This return address can't be used"),
    message(
        "The application asked us to send you to localhost. Its developer should write 127.0.0.1 "
        "instead of localhost, and register that address."
    ),
    _ASK_DEVELOPER,
    original=_BAD_ADDRESS,
)
_NO_URL = Wording(
    400,
    message("This return address can't be used"),
    message(
        "The address that the application asked us to send you to is not a valid URL. Its "
        "developer should check how it is written."
    ),
    _ASK_DEVELOPER,
    original=_BAD_ADDRESS,
)
_NOT_REGISTERED = Wording(
    400,
    message("This return address can't be used"),
    message(
        "The application asked us to send you to an address that it has not registered. We "
        "stopped here to keep your account safe."
    ),
    _ASK_DEVELOPER,
    original=_BAD_ADDRESS,
)


class ConstituentFront:
    """The dialect's terms for an authorization (developer.neoncrm.com, OAuth 2.0)."""

    @property
    def path(self) -> str:
        """The address under the organization."""
        return AUTHORIZE_PATH

    @property
    def dialect(self) -> str | None:
        """Organizations that speak Neon CRM have it."""
        return DIALECT

    def find_terms(self, params: Parameters, application: Application) -> Terms | None:
        """Plain terms, or those of OpenID Connect; None for applications of staff.

        Raises ``invalid_request`` for a redirect URI on ``localhost``.
        """
        if application.account_kind != "constituent":
            return None
        redirect_uri = params.get("redirect_uri")
        given: dict[str, str] = {}
        if redirect_uri is not None:
            given["redirect_uri"] = complete_redirect_uri(redirect_uri, application.redirect_uris)
            if _names_localhost(given["redirect_uri"]):
                raise OAuthError(ErrorCode.INVALID_REQUEST, "Use 127.0.0.1 instead of localhost.")
        if is_openid(params, application):
            full = Parameters({**params, **given}, params.resources)
            return Terms(full, code_s=CODE_S, staff_refusal=STAFF_REFUSAL)
        given |= {name: params[name] for name in _READ if name in params}
        if params.get("prompt") in _PROMPTS:
            given["prompt"] = params["prompt"]
        return Terms(
            Parameters(given),
            code_s=CODE_S,
            dialect=DIALECT,
            names_issuer=False,
            asks_consent=False,
            staff_refusal=STAFF_REFUSAL,
        )

    def word_bad_address(self, params: Parameters) -> Wording:
        """What is wrong with the redirect URI, and the platform's own words for it."""
        redirect_uri = complete_redirect_uri(params.get("redirect_uri") or "", ())
        try:
            parse_redirect_uri(redirect_uri)
        except OAuthError:
            return _NO_URL
        return _LOCALHOST if _names_localhost(redirect_uri) else _NOT_REGISTERED


def is_openid(params: Parameters, application: Application) -> bool:
    """Whether the request asks for OpenID Connect, and its application is registered for it.

    Old clients send ``scope=openid`` as well, because their library does so by itself, together
    with ``approval_prompt``; they know neither a nonce nor PKCE, and take ``access_token`` for the
    account id.
    """
    wanted = OPENID in (params.get("scope") or "").split() and OPENID in application.scopes
    modern = "nonce" in params or "code_challenge" in params
    return wanted and (modern or "approval_prompt" not in params)


def complete_redirect_uri(text: str, registered: tuple[str, ...]) -> str:
    """``text`` with a scheme: ``http`` unless only its ``https`` form is ``registered``."""
    if "://" in text or not text:
        return text
    completed = f"http://{text}"
    if not matches_registered(completed, registered) and f"https://{text}" in registered:
        return f"https://{text}"
    return completed


def _names_localhost(redirect_uri: str) -> bool:
    try:
        return parse_redirect_uri(redirect_uri).host == "localhost"
    except OAuthError:
        return False
