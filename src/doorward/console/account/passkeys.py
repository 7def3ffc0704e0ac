"""``/account/passkeys``: a person's own passkeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.accounts import Accounts
from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.two_step import own_address, shown_codes
from doorward.db import find_row_id
from doorward.factors import Factors
from doorward.http import ASGIApp, Call, Reply, json_reply, message, redirect_reply
from doorward.orgs import PageOrder, render_session_cookie
from doorward.passkeys import (
    MOST_PASSKEYS,
    Ceremony,
    Passkey,
    Passkeys,
    PasskeysRefusal,
    Purpose,
    UnknownPasskey,
    find_relying_party,
)
from doorward.protocol import Parameters
from doorward.sessions import SecondSteps, Sessions, name_device, visitor_of

__all__ = ["PasskeyPages"]

_PATH: Final = "/account/passkeys"
_REMOVE: Final = f"{_PATH}/remove"
_CODES: Final = "account_two_step_codes.html"
_NOTICES: Final = {
    "added": message("The passkey was added."),
    "removed": message("The passkey was removed."),
    "renamed": message("The name is saved."),
}
_REFUSED: Final = (
    message("The passkey could not be added. Try again."),
    message("This passkey has been added before."),
    message("This is the only way into the account. Add another passkey or a password first."),
    message("A name is one line of up to 60 characters."),
    message("Passkeys do not work at this address: it has no TLS, or no name."),
)
"""What the room says, word for word."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong (a msgid), and with the name of which passkey, if that is what it is."""

    sentence: str
    renamed: int | None = None


class PasskeyPages:
    """The list, with what can be done to each. Adding and removing want a recent proof."""

    def __init__(
        self,
        frame: AccountFrame,
        *,
        sessions: Sessions,
        accounts: Accounts,
        passkeys: Passkeys,
        factors: Factors,
        second_steps: SecondSteps,
    ) -> None:
        """Show ``passkeys`` to whoever ``frame`` lets in.

        With the first second step come recovery codes of ``factors``, and they go with the last.
        """
        self._frame = frame
        self._sessions = sessions
        self._accounts = accounts
        self._passkeys = passkeys
        self._factors = factors
        self._second_steps = second_steps

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/passkeys``."""
        return await self._frame.signed_in_as(call, self._page, way_back=own_address(call, _PATH))

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys``: add one, rename one, or confirm who it is."""
        return await self._frame.signed_in_as(call, self._change, way_back=own_address(call, _PATH))

    async def options(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys/options``: what the script hands to the browser."""
        return await self._frame.signed_in_as(
            call, self._options, way_back=own_address(call, _PATH)
        )

    async def ask(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/passkeys/remove``: whether to remove one."""
        return await self._frame.signed_in_as(call, self._ask, way_back=own_address(call, _PATH))

    async def remove(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys/remove``."""
        return await self._frame.signed_in_as(call, self._remove, way_back=own_address(call, _PATH))

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        part = form.get("part")
        if part == "rename":
            return await self._rename(call, person, form)
        way_back = own_address(call, _PATH)
        again = await self._frame.require_recent(person, way_back=way_back)
        if again is not None:
            return again
        if part != "add":
            return redirect_reply(f"{person.tenant.base}{way_back}")
        try:
            made = await self._passkeys.enrol(
                person.tenant,
                Ceremony(
                    Purpose.ENROL,
                    person.browser.browser_id,
                    account_id=person.session.account_id,
                ),
                form.get("credential") or "",
                name=name_device(
                    call.header(b"user-agent"),
                    self._frame.locale_of(call),
                    otherwise=message("Passkey"),
                ),
                by=visitor_of(call).as_actor(person.session.account_id),
            )
        except PasskeysRefusal as refusal:
            return await self._page(call, person, _Wrong(refusal.sentence))
        return await self._added(call, person, made)

    async def _added(self, call: Call, person: Person, made: Passkey) -> Reply | ASGIApp:
        """The session is worth more from now on, so its cookie is a new one."""
        cookie = await self._sessions.strengthen(
            person.tenant.org, person.browser, person.session, made.methods
        )
        cookies = (render_session_cookie(person.tenant, cookie.reveal()),)
        standing = await self._factors.get_standing(*person.whose)
        if standing.codes_left or person.tenant.org.policy.second_step == "off":
            where = own_address(call, _PATH, "added")
            return redirect_reply(f"{person.tenant.base}{where}", cookies=cookies)
        codes = await self._factors.make_codes(
            person.tenant, person.session.account_id, person.actor
        )
        order = PageOrder(path=_PATH, query=person.as_whom, cookies=cookies)
        values = {**shown_codes(call, codes), "notice": _NOTICES["added"]}
        return self._frame.render(call, person, _CODES, values, order)

    async def _rename(self, call: Call, person: Person, form: Parameters) -> Reply | ASGIApp:
        passkey_id = find_row_id(form.get("passkey")) or 0
        by = visitor_of(call).as_actor(person.session.account_id)
        try:
            await self._passkeys.rename(*person.whose, passkey_id, form.get("name") or "", by)
        except UnknownPasskey:
            return _back(call, person)
        except PasskeysRefusal as refusal:
            return await self._page(call, person, _Wrong(refusal.sentence, passkey_id))
        return _back(call, person, "renamed")

    async def _options(self, call: Call, person: Person) -> Reply:
        self._frame.verified_form(call, person)
        if not await self._is_recent(person):
            return json_reply({"error": "proof_needed"}, status=403)
        account = await self._accounts.get(*person.whose)
        try:
            options = await self._passkeys.begin_enrolment(
                person.tenant, account, person.browser.browser_id, address=call.client_address
            )
        except PasskeysRefusal as refusal:
            return json_reply({"error": refusal.code}, status=refusal.status)
        return json_reply(options)

    async def _ask(self, call: Call, person: Person) -> Reply | ASGIApp:
        passkey = await self._find(person, call.query().get("passkey"))
        if passkey is None:
            return _back(call, person)
        again = await self._frame.require_recent(person, way_back=_removing(call, passkey))
        if again is not None:
            return again
        named = ("passkey", str(passkey.passkey_id))
        values: dict[str, object] = {
            "passkey": {"id": named[1], "name": passkey.name},
            "home_url": f"{person.tenant.base}{own_address(call, _PATH)}",
        }
        return self._frame.page(
            call,
            person,
            "account_passkey_remove.html",
            _REMOVE,
            values,
            query=(named, *person.as_whom),
        )

    async def _remove(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        passkey = await self._find(person, form.get("passkey"))
        if passkey is None:
            return _back(call, person)
        again = await self._frame.require_recent(person, way_back=_removing(call, passkey))
        if again is not None:
            return again
        org_id, account_id = person.whose
        by = visitor_of(call).as_actor(account_id)
        try:
            await self._passkeys.remove(person.tenant, account_id, passkey.passkey_id, by)
        except UnknownPasskey:
            return _back(call, person)
        except PasskeysRefusal as refusal:
            return await self._page(call, person, _Wrong(refusal.sentence))
        if not await self._second_steps.list_of(org_id, account_id):
            await self._factors.forget_codes(org_id, account_id)
        return _back(call, person, "removed")

    async def _is_recent(self, person: Person) -> bool:
        return await self._second_steps.is_recent(person.tenant.org, person.session)

    async def _find(self, person: Person, number: str | None) -> Passkey | None:
        kept = await self._passkeys.list_of_account(*person.whose)
        return next((each for each in kept if each.passkey_id == find_row_id(number)), None)

    async def _page(self, call: Call, person: Person, wrong: _Wrong | None = None) -> ASGIApp:
        kept = await self._passkeys.list_of_account(*person.whose)
        party = find_relying_party(person.tenant)
        here = None if party is None else party.rp_id
        renamed = None if wrong is None else wrong.renamed
        values: dict[str, object] = {
            "passkeys": [_described(call, each, here) for each in kept],
            "here": here is not None,
            "full": len(kept) >= MOST_PASSKEYS,
            "fresh": await self._is_recent(person),
            "problem": None if wrong is None else wrong.sentence,
            "problems": wrong,
            "renamed": None if renamed is None else str(renamed),
            "notices": _NOTICES,
        }
        return self._frame.page(
            call, person, "account_passkeys.html", _PATH, values, query=person.as_whom
        )


def _described(call: Call, passkey: Passkey, here: str | None) -> Mapping[str, object]:
    return {
        "id": str(passkey.passkey_id),
        "name": passkey.name,
        "synced": passkey.backed_up,
        "alone": passkey.user_verified,
        "host": None if passkey.rp_id == here else passkey.rp_id,
        "created": passkey.created_at,
        "used": passkey.used_at,
        "remove_path": _removing(call, passkey),
    }


def _removing(call: Call, passkey: Passkey) -> str:
    return own_address(call, _REMOVE, passkey=str(passkey.passkey_id))


def _back(call: Call, person: Person, done: str | None = None) -> Reply:
    return redirect_reply(f"{person.tenant.base}{own_address(call, _PATH, done)}")
