"""What the templates of one way to connect may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.connectors.model import AuthOption, Environment, Manifest, Variable

__all__ = ["RESERVED_NAMES", "TOKEN_TYPES", "Names", "names_of"]

_CLIENT: Final = frozenset({"client_id", "redirect_uri"})
_TOKENS: Final = frozenset({"access_token", "refresh_token"})
_IN_REQUEST: Final = _TOKENS | {"assertion", "client_secret", "code", "code_verifier"}
_IN_XML: Final = frozenset({"grant_type", "scope", "username", "password"})

_OF_SECTION: Final[Mapping[str, frozenset[str]]] = {
    "Assertion": frozenset(),
    "Authorize": frozenset(),
    "ScopeRule": frozenset(),
    "OptionsRequest": frozenset(),
    "TokenRequest": _IN_REQUEST,
    "Signature": _TOKENS | {"client_secret"},
    "Revocation": _TOKENS | {"client_secret", "token"},
}
"""What is known beside the client; other sections are about calls with the credential."""

RESERVED_NAMES: Final = _CLIENT | _IN_REQUEST | {"request_token", "request_token_secret", "token"}
"""Names that no variable takes: the engine gives them their values."""

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
    everywhere: frozenset[str]
    asks_tokens: bool

    def known_in(self, kind: str, field: str) -> frozenset[str]:
        """What a template in a section of this kind may name."""
        if not self.asks_tokens:
            return self.everywhere
        more = _IN_XML if field == "xml_template" else frozenset()
        return self.everywhere | _CLIENT | _OF_SECTION.get(kind, _TOKENS) | more


def names_of(manifest: Manifest, option: AuthOption, environment: Environment | None) -> Names:
    """What templates of ``option`` may name in ``environment``."""
    declared = {each.name: each for each in (*manifest.variables, *option.variables)}
    callback = frozenset(each.to for each in option.callback.capture)
    captured = {each.to for each in option.response.captures}
    captured |= set(option.response.named)
    captured |= {each.to for step in option.post_connect for each in step.captures}
    if option.identity is not None:
        captured |= {each.to for each in option.identity.captures}
    set_here = frozenset(environment.values) if environment is not None else frozenset()
    return Names(
        declared=declared,
        from_callback=callback,
        everywhere=callback | captured | set_here | frozenset(declared),
        asks_tokens=option.type in TOKEN_TYPES,
    )
