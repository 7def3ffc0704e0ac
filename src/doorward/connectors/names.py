"""What the templates of one way to connect may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.connectors.model import AuthOption, Environment, Manifest, Variable

__all__ = ["OF_CLIENT", "OF_TOKENS", "TOKEN_TYPES", "Names", "names_of"]

OF_CLIENT: Final = frozenset({"client_id", "client_secret", "redirect_uri", "scope"})
"""Of the registration with the platform, known wherever there is one."""

OF_TOKENS: Final = frozenset({"access_token", "refresh_token", "id_token", "state", "code"})
"""Of what a flow brings."""

TOKEN_TYPES: Final = frozenset(
    {
        "identity_only",
        "jwt_bearer",
        "oauth2_client_credentials",
        "oauth2_code",
        "oauth2_password",
        "two_step",
    }
)
"""Types that ask for tokens, and so have a client, or something like one."""


@dataclass(frozen=True, slots=True)
class Names:
    """The variables that are declared, by name, and every name that can be used."""

    declared: Mapping[str, Variable]
    from_callback: frozenset[str]
    known: frozenset[str]


def names_of(manifest: Manifest, option: AuthOption, environment: Environment | None) -> Names:
    """What templates of ``option`` may name in ``environment``."""
    declared = {each.name: each for each in (*manifest.variables, *option.variables)}
    callback = frozenset(each.to for each in option.callback.capture)
    captured = {each.to for each in option.response.captures}
    captured |= set(option.response.named)
    captured |= {each.to for step in option.post_connect for each in step.captures}
    if option.identity is not None:
        captured |= {each.to for each in option.identity.captures}
    own = OF_CLIENT | OF_TOKENS if option.type in TOKEN_TYPES else frozenset()
    set_here = frozenset(environment.values) if environment is not None else frozenset()
    return Names(
        declared=declared,
        from_callback=callback,
        known=own | callback | captured | set_here | frozenset(declared),
    )
