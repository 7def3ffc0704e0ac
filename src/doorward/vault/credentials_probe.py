"""A dry run of credentials: a hint before anybody is sent to the platform with them."""

from __future__ import annotations

from doorward.connectors import ClientProbe, UpstreamFailure
from doorward.vault.credentials_plans import PlatformAccess
from doorward.vault.credentials_rules import Place, find_client_option
from doorward.vault.flows_beginning import VISIT_TYPES
from doorward.vault.forms_model import Filled, NotConnected, cause_of
from doorward.vault.forms_rules import with_managed
from doorward.vault.model import ORGANIZATION

__all__ = ["CredentialsProbe"]


class CredentialsProbe:
    """Asks the platform's token endpoint with a code that cannot be, and listens to how it says no.

    A refused code means that the client was accepted. Some platforms answer otherwise: what comes
    of it is shown as a hint, and proves nothing.
    """

    def __init__(self, *, access: PlatformAccess) -> None:
        """Ask by ``access``."""
        self._access = access

    async def probe(self, place: Place, account_id: int) -> ClientProbe:
        """What the platform says of what this account would connect with.

        Raises ``AskAdmin`` where there is nothing, ``NotForCredentials``, and ``NotConnected``
        where the platform cannot be reached.
        """
        option = find_client_option(place.manifest)
        if option.type not in VISIT_TYPES:
            return ClientProbe.UNKNOWN
        stored = await self._access.managed.find(place.connector, option, ORGANIZATION)
        filled = with_managed(place.manifest, option, Filled({}, {}), stored)
        opened = await self._access.plans.choose(place, option, account_id)
        planned = self._access.plans.put(place, option, filled, opened)
        try:
            return await self._access.upstream.probe_client(planned.plan)
        except UpstreamFailure as failure:
            raise NotConnected(cause_of(failure, by_client=True, names_host=True)) from failure
