"""``/connect/authorize``: people let a site see their Neos account."""

from __future__ import annotations

from doorward.authorize import Terms
from doorward.clients import Application
from doorward.http import Mishap, Wording
from doorward.protocol import Parameters

__all__ = ["AUTHORIZE_PATH", "DIALECT", "NeosFront"]

AUTHORIZE_PATH = "/connect/authorize"
DIALECT = "neos"


class NeosFront:
    """The authorization code flow as it is everywhere, for applications of users (OAuth page)."""

    @property
    def path(self) -> str:
        """The address under the organization."""
        return AUTHORIZE_PATH

    @property
    def dialect(self) -> str | None:
        """Organizations that speak Neos have it."""
        return DIALECT

    def find_terms(self, params: Parameters, application: Application) -> Terms | None:
        """The ordinary terms; None for applications of staff."""
        return Terms(params) if application.account_kind == "constituent" else None

    def word_bad_address(self, params: Parameters) -> Mishap | Wording:
        """One page, whatever is wrong with the address."""
        _ = params
        return Mishap.BAD_RETURN_ADDRESS
