"""``/oauth2/auth`` as Neon's clients know it: the granted scopes stand beside the code."""

from __future__ import annotations

from doorward.authorize import OAUTH_PATH, Terms
from doorward.clients import Application
from doorward.http import Mishap, Wording
from doorward.protocol import Parameters

__all__ = ["CODE_S", "DIALECT", "NeonFront"]

DIALECT = "neon"
CODE_S = 600
"""Authorization codes of the platform live ten minutes."""


class NeonFront:
    """The standard's front, with one parameter more in its answer."""

    @property
    def path(self) -> str:
        """The address under the organization."""
        return OAUTH_PATH

    @property
    def dialect(self) -> str | None:
        """Organizations that speak Neon have it in place of the standard's."""
        return DIALECT

    def find_terms(self, params: Parameters, application: Application) -> Terms | None:
        """Every application comes this way; a stray ``grant_type`` is never looked at."""
        _ = application
        return Terms(params, code_s=CODE_S, echoes_scope=True)

    def word_bad_address(self, params: Parameters) -> Mishap | Wording:
        """One page, whatever is wrong with the address."""
        _ = params
        return Mishap.BAD_RETURN_ADDRESS
