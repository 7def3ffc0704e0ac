"""Trials of credentials before they are kept: the platform is asked whether it knows the client."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorward.connectors import (
    BadOverride,
    By,
    Category,
    ClientProbe,
    Upstream,
    UpstreamFailure,
)
from doorward.db import Clock
from doorward.vault.credentials import Credentials, Opened
from doorward.vault.credentials_authors import keeps_connectors
from doorward.vault.credentials_changes import ends_sessions, merge_change
from doorward.vault.credentials_model import (
    Affected,
    CredentialsChange,
    Secrets,
    Submission,
    TenantCredentials,
)
from doorward.vault.credentials_plans import put_together
from doorward.vault.credentials_records import born
from doorward.vault.credentials_refusals import MayNotSubmit, UnknownCredentials
from doorward.vault.credentials_rules import (
    Checked,
    Place,
    find_client_option,
    verify_chosen,
    verify_complete,
    verify_submission,
)
from doorward.vault.credentials_secrets import first_secrets, merged_secrets
from doorward.vault.flows_beginning import VISIT_TYPES
from doorward.vault.forms_model import Cause, Filled, NotConnected

__all__ = ["CredentialTrials"]

_CAUSES: Final = {
    Category.TRANSIENT: Cause.NETWORK,
    Category.FORBIDDEN_ADDRESS: Cause.FORBIDDEN_ADDRESS,
}


class CredentialTrials:
    """Asks platforms about credentials. Nothing is kept, whatever they say.

    What they say is a hint: only a connection proves credentials.
    """

    def __init__(self, *, credentials: Credentials, upstream: Upstream, clock: Clock) -> None:
        """Speak through ``upstream``; what is kept already is in ``credentials``."""
        self._credentials = credentials
        self._upstream = upstream
        self._clock = clock

    async def probe(self, place: Place, given: Submission, by: By) -> ClientProbe:
        """Whether the platform seems to know what would be submitted.

        Raises what submitting it would, and ``NotConnected`` where the platform cannot be asked.
        """
        _verify_keeps(by)
        verify_chosen(place)
        checked = verify_submission(place.manifest, given, self._credentials.terms(place, by))
        return await self._ask(place, checked, first_secrets(checked, self._clock()))

    async def weigh(self, place: Place, change: CredentialsChange, by: By) -> Affected:
        """Whom a change of the active version would have connect again; nobody where it ends none.

        Raises what changing it would.
        """
        active, checked, _ = await self._changed(place, change, by)
        if not ends_sessions(find_client_option(place.manifest), active, checked):
            return Affected(0, 0)
        return await self._credentials.affected(place)

    async def probe_change(self, place: Place, change: CredentialsChange, by: By) -> ClientProbe:
        """Whether the platform seems to know the client as it would be after a change.

        Raises what changing it would, and ``NotConnected``.
        """
        _, checked, secrets = await self._changed(place, change, by)
        if checked.client_secret is not None:
            # The old one would be good for the new one, and nothing learnt.
            secrets = replace(secrets, client=secrets.client[:1])
        return await self._ask(place, checked, secrets)

    async def _changed(
        self, place: Place, change: CredentialsChange, by: By
    ) -> tuple[TenantCredentials, Checked, Secrets]:
        """The active version, and what a change would make of it and of its secrets."""
        _verify_keeps(by)
        active = await self._credentials.find_active(place)
        if active is None:
            raise UnknownCredentials
        wanted, moves = merge_change(place.manifest, active, change)
        kept = Secrets() if moves else self._credentials.open(active).secrets
        checked = verify_submission(
            place.manifest, wanted, self._credentials.terms(place, by), frozenset(kept.variables)
        )
        return active, checked, merged_secrets(kept, checked, self._clock())

    async def _ask(self, place: Place, checked: Checked, secrets: Secrets) -> ClientProbe:
        option = find_client_option(place.manifest)
        verify_complete(place.manifest, option, secrets)
        if option.type not in VISIT_TYPES:
            return ClientProbe.UNKNOWN
        opened = Opened(born(place, checked, 0, self._clock()), secrets)
        nothing = Filled({}, {})
        try:
            plan = put_together(place.manifest, option, place.environment, nothing, opened)
            return await self._upstream.probe_client(plan)
        except BadOverride:
            return ClientProbe.UNKNOWN
        except UpstreamFailure as failure:
            cause = _CAUSES.get(failure.category)
            if cause is None:
                # A person's own values are missing, or the description is wrong.
                return ClientProbe.UNKNOWN
            raise NotConnected(cause) from failure


def _verify_keeps(by: By) -> bool:
    """True for administrators. Raises ``MayNotSubmit``.

    Whoever chooses addresses and sees what they answer looks into the network.
    """
    if not keeps_connectors(by):
        raise MayNotSubmit
    return True
