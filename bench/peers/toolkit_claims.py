"""Which claims the Django project tells of a person: name and e-mail address, by scope."""

from __future__ import annotations

from typing import Any, ClassVar

from oauth2_provider.oauth2_validators import OAuth2Validator

__all__ = ["Validator"]


class Validator(OAuth2Validator):
    """As the package's documentation adds claims."""

    oidc_claim_scope: ClassVar[dict[str, str]] = {
        **OAuth2Validator.oidc_claim_scope,
        "name": "profile",
        "given_name": "profile",
        "preferred_username": "profile",
        "email": "email",
    }

    def get_additional_claims(self, request: Any) -> dict[str, str]:  # noqa: ANN401
        """Of the person for whom the request is."""
        who = request.user
        return {
            "name": who.get_full_name(),
            "given_name": who.first_name,
            "preferred_username": who.username,
            "email": who.email,
        }
