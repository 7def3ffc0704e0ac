"""A passkey as the second step of a sign-in, after a password."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorward.brakes import Braked
from doorward.http import ASGIApp, Call, Reply, json_reply
from doorward.orgs import TenantPages
from doorward.passkeys import (
    Ceremony,
    NoPasskeysHere,
    PasskeyRefused,
    Passkeys,
    Purpose,
    find_relying_party,
)
from doorward.sessions.arrival import SECOND_STEP_PATH, step_path
from doorward.sessions.second_pages import Proven, SecondStepPages

__all__ = ["PasskeyStepPages"]

_PATH: Final = f"{SECOND_STEP_PATH}/passkey"
_STATUS: Final = {None: 200, "braked": 429}


class PasskeyStepPages:
    """``/signin/second/passkey``. Nobody is here without a proof of the first step."""

    def __init__(self, *, passkeys: Passkeys, second: SecondStepPages, pages: TenantPages) -> None:
        """Believe ``passkeys`` of whoever ``second`` knows; render with ``pages``."""
        self._passkeys = passkeys
        self._second = second
        self._pages = pages
        second.offer(Passkeys.name, _PATH)

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: the button that the script answers, and the other ways."""
        found = await self._second.find_proven(call, call.query().get("flow"))
        return await self._form(call, found) if isinstance(found, Proven) else found

    async def options(self, call: Call) -> Reply:
        """``POST …/options``: what the script hands to the browser."""
        found = await self._second.find_posted(call, call.form())
        if not isinstance(found, Proven):
            return json_reply({"error": "flow_gone"}, status=410)
        try:
            options = await self._passkeys.begin_proof(
                found.tenant, _step(found), address=call.client_address
            )
            return json_reply(options)
        except NoPasskeysHere as refusal:
            return json_reply({"error": refusal.code}, status=refusal.status)

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST``: what the passkey answered."""
        form = call.form()
        found = await self._second.find_posted(call, form)
        if not isinstance(found, Proven):
            return found
        try:
            outcome = await self._passkeys.verify(
                found.tenant,
                _step(found),
                form.get("credential") or "",
                address=call.client_address,
            )
        except Braked as braked:
            return await self._form(call, found, error="braked", wait_s=braked.retry_after_s)
        if isinstance(outcome, PasskeyRefused):
            return await self._form(call, found, error="passkey")
        methods = (*found.flow.proven_methods, *outcome.methods)
        return await self._second.arrival.proved(
            call, found.browser, found.flow, found.account, methods
        )

    async def _form(
        self, call: Call, found: Proven, *, error: str | None = None, wait_s: int | None = None
    ) -> ASGIApp:
        kept = await self._passkeys.list_of_account(found.tenant.org_id, found.account.account_id)
        party = find_relying_party(found.tenant)
        hosts = {each.rp_id for each in kept}
        here = party is not None and party.rp_id in hosts
        values = {
            "person": found.person,
            "error": error,
            "wait_s": wait_s,
            "flow": found.flow.handle,
            "here": here,
            "hosts": sorted(hosts),
            "others": self._second.list_others(found, Passkeys.name),
            "start_url": step_path(found.tenant, "/signin", found.flow),
        }
        order = replace(
            found.order, path=_PATH, status=_STATUS.get(error, 400), retry_after_s=wait_s
        )
        return self._pages.page(call, "signin_second_passkey.html", values, order)


def _step(found: Proven) -> Ceremony:
    return Ceremony(
        Purpose.SECOND_STEP,
        found.browser.browser_id,
        found.flow.flow_id,
        found.account.account_id,
    )
