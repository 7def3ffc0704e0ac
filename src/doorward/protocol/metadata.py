"""The discovery document (OpenID Connect Discovery 3, RFC 8414 2)."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.protocol.assurance import ACR_VALUES

__all__ = ["server_metadata"]

_CLIENT_METHODS = ("client_secret_basic", "client_secret_post", "none")
_PROMPTS = ("none", "login", "consent", "select_account")
_CONFIDENTIAL_METHODS = ("client_secret_basic", "client_secret_post")


def server_metadata(
    issuer: str,
    *,
    scopes: Sequence[str],
    algorithms: Sequence[str],
    claims: Sequence[str],
    sign_up: bool = False,
) -> dict[str, object]:
    """The document for ``issuer``: only what this server really does.

    ``algorithms`` are the signing algorithms of its keys, the default first. Where people
    ``sign_up`` themselves, an application may ask for that.
    """
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/auth",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "end_session_endpoint": f"{issuer}/oauth2/sessions/logout",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": list(scopes),
        "claims_supported": list(claims),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "acr_values_supported": list(ACR_VALUES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": list(_CLIENT_METHODS),
        "introspection_endpoint_auth_methods_supported": list(_CONFIDENTIAL_METHODS),
        "revocation_endpoint_auth_methods_supported": list(_CLIENT_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": [*_PROMPTS, *(["create"] if sign_up else [])],
        "ui_locales_supported": ["en", "ja"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
