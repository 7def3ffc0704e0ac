"""The rules of OAuth 2.0 and OpenID Connect as pure functions over frozen values.

It owns parsing, deciding and rendering; it knows no storage, no clock and no randomness.
Every endpoint room calls it; anything it raises but ``OAuthError`` is a bug.
"""

from __future__ import annotations

from doorward.protocol.assurance import (
    ACR_VALUES,
    ONE_FACTOR,
    TWO_FACTORS,
    acr_of,
    amr_of,
)
from doorward.protocol.authorization import (
    AuthorizationRequest,
    ClientRules,
    Prompt,
    ResponseMode,
    ReturnAddress,
    parse_authorization_request,
    verify_return_address,
)
from doorward.protocol.bearer import bearer_challenge, parse_bearer
from doorward.protocol.claims import (
    STANDARD_CLAIMS,
    AccessTokenFacts,
    IdTokenFacts,
    access_token_claims,
    id_token_claims,
    select_claims,
    token_hash,
)
from doorward.protocol.client_credentials import (
    AuthMethod,
    PresentedClient,
    invalid_client,
    parse_client_credentials,
)
from doorward.protocol.decision import (
    AskConsent,
    Decision,
    Issue,
    PickAccount,
    SignedIn,
    SignIn,
    SignUp,
    Situation,
    choose_session,
    decide,
)
from doorward.protocol.errors import ErrorCode, OAuthError, Refusal
from doorward.protocol.metadata import server_metadata
from doorward.protocol.parameters import (
    MAX_FORM_BYTES,
    Parameters,
    parse_form,
    parse_parameters,
)
from doorward.protocol.pkce import challenge_of, parse_challenge, verify_code_verifier
from doorward.protocol.redirects import (
    RedirectUri,
    is_web_url,
    matches_registered,
    parse_redirect_uri,
)
from doorward.protocol.responses import code_fields, error_fields, redirect_location
from doorward.protocol.scope import (
    OFFLINE_SCOPES,
    OPENID,
    parse_scope,
    render_scope,
    verify_scope_within,
)

__all__ = [
    "ACR_VALUES",
    "MAX_FORM_BYTES",
    "OFFLINE_SCOPES",
    "ONE_FACTOR",
    "OPENID",
    "STANDARD_CLAIMS",
    "TWO_FACTORS",
    "AccessTokenFacts",
    "AskConsent",
    "AuthMethod",
    "AuthorizationRequest",
    "ClientRules",
    "Decision",
    "ErrorCode",
    "IdTokenFacts",
    "Issue",
    "OAuthError",
    "Parameters",
    "PickAccount",
    "PresentedClient",
    "Prompt",
    "RedirectUri",
    "Refusal",
    "ResponseMode",
    "ReturnAddress",
    "SignIn",
    "SignUp",
    "SignedIn",
    "Situation",
    "access_token_claims",
    "acr_of",
    "amr_of",
    "bearer_challenge",
    "challenge_of",
    "choose_session",
    "code_fields",
    "decide",
    "error_fields",
    "id_token_claims",
    "invalid_client",
    "is_web_url",
    "matches_registered",
    "parse_authorization_request",
    "parse_bearer",
    "parse_challenge",
    "parse_client_credentials",
    "parse_form",
    "parse_parameters",
    "parse_redirect_uri",
    "parse_scope",
    "redirect_location",
    "render_scope",
    "select_claims",
    "server_metadata",
    "token_hash",
    "verify_code_verifier",
    "verify_return_address",
    "verify_scope_within",
]
