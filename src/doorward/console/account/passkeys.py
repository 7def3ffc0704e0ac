"""``/account/passkeys``: a person's own passkeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from doorward.accounts import Accounts
from doorward.console.account.frame import AccountFrame, Person
from doorward.http import ASGIApp, Call, Mishap, Reply, json_reply, message, redirect_reply
from doorward.orgs import TenantPages
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
from doorward.sessions import Sessions, SignInPages, name_device, visitor_of

__all__ = ["PasskeyPages"]

_PATH: Final = "/account/passkeys"
_REMOVE: Final = f"{_PATH}/remove"
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


class PasskeyPages:
    """The list, with what can be done to each. Adding and removing want a recent proof."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        passkeys: Passkeys,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Show ``passkeys`` to whoever ``sessions`` know."""
        self._frame = AccountFrame(sessions=sessions, sign_in=sign_in, pages=pages)
        self._sessions = sessions
        self._accounts = accounts
        self._passkeys = passkeys
        self._sign_in = sign_in
        self._pages = pages

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/passkeys``."""
        return await self._frame.signed_in(call, self._show)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys``: add one, rename one, or confirm who it is."""
        return await self._frame.signed_in(call, self._change)

    async def options(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys/options``: what the script hands to the browser."""
        return await self._frame.signed_in(call, self._options)

    async def ask(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/passkeys/remove``: whether to remove one."""
        return await self._frame.signed_in(call, self._ask)

    async def remove(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/passkeys/remove``."""
        return await self._frame.signed_in(call, self._remove)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        return await self._page(call, person)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        part = form.get("part")
        if part == "rename":
            return await self._rename(call, person, form)
        if not self._sessions.is_fresh(person.session):
            return await self._confirm(person, _PATH)
        if part != "add":
            return redirect_reply(f"{person.tenant.base}{_PATH}")
        try:
            await self._passkeys.enrol(
                person.tenant,
                Ceremony(
                    Purpose.ENROL,
                    person.browser.browser_id,
                    account_id=person.session.account_id,
                ),
                form.get("credential") or "",
                name=name_device(call.header(b"user-agent"), self._pages.locale_of(call)),
                by=visitor_of(call).as_actor(person.session.account_id),
            )
        except PasskeysRefusal as refusal:
            return await self._page(call, person, problem=refusal.sentence)
        return _done(person, "added")

    async def _rename(self, call: Call, person: Person, form: Parameters) -> Reply | ASGIApp:
        passkey_id = _number(form.get("passkey"))
        by = visitor_of(call).as_actor(person.session.account_id)
        try:
            await self._passkeys.rename(*person.whose, passkey_id, form.get("name") or "", by)
        except UnknownPasskey:
            return redirect_reply(f"{person.tenant.base}{_PATH}")
        except PasskeysRefusal as refusal:
            return await self._page(call, person, problem=refusal.sentence, renamed=passkey_id)
        return _done(person, "renamed")

    async def _options(self, call: Call, person: Person) -> Reply:
        self._frame.verified_form(call, person)
        if not self._sessions.is_fresh(person.session):
            return json_reply({"error": "proof_needed"}, status=403)
        account = await self._accounts.get(*person.whose)
        try:
            options = await self._passkeys.begin_enrolment(
                person.tenant, account, person.browser.browser_id
            )
        except PasskeysRefusal as refusal:
            return json_reply({"error": refusal.code}, status=refusal.status)
        return json_reply(options)

    async def _ask(self, call: Call, person: Person) -> Reply | ASGIApp:
        passkey = await self._find(person, call.query().get("passkey"))
        if passkey is None:
            return self._pages.mishap(call, Mishap.NOT_FOUND)
        named = ("passkey", str(passkey.passkey_id))
        if not self._sessions.is_fresh(person.session):
            return await self._confirm(person, f"{_REMOVE}?passkey={named[1]}")
        values: dict[str, object] = {"passkey": {"id": named[1], "name": passkey.name}}
        return self._frame.page(
            call, person, "account_passkey_remove.html", _REMOVE, values, query=(named,)
        )

    async def _remove(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        passkey = await self._find(person, form.get("passkey"))
        if passkey is None:
            return redirect_reply(f"{person.tenant.base}{_PATH}")
        if not self._sessions.is_fresh(person.session):
            return await self._confirm(person, f"{_REMOVE}?passkey={passkey.passkey_id}")
        by = visitor_of(call).as_actor(person.session.account_id)
        try:
            await self._passkeys.remove(
                person.tenant, person.session.account_id, passkey.passkey_id, by
            )
        except UnknownPasskey:
            return redirect_reply(f"{person.tenant.base}{_PATH}")
        except PasskeysRefusal as refusal:
            return await self._page(call, person, problem=refusal.sentence)
        return _done(person, "removed")

    async def _confirm(self, person: Person, way_back: str) -> Reply:
        return await self._sign_in.ask_again(
            person.tenant, person.browser, person.session, way_back
        )

    async def _find(self, person: Person, number: str | None) -> Passkey | None:
        kept = await self._passkeys.list_of_account(*person.whose)
        return next((each for each in kept if each.passkey_id == _number(number)), None)

    async def _page(
        self,
        call: Call,
        person: Person,
        *,
        problem: str | None = None,
        renamed: int | None = None,
    ) -> ASGIApp:
        kept = await self._passkeys.list_of_account(*person.whose)
        party = find_relying_party(person.tenant)
        here = None if party is None else party.rp_id
        values: dict[str, object] = {
            "passkeys": [_described(each, here) for each in kept],
            "here": here is not None,
            "full": len(kept) >= MOST_PASSKEYS,
            "fresh": self._sessions.is_fresh(person.session),
            "problem": problem,
            "problems": problem,
            "renamed": None if renamed is None else str(renamed),
            "notices": _NOTICES,
        }
        return self._frame.page(call, person, "account_passkeys.html", _PATH, values)


def _described(passkey: Passkey, here: str | None) -> Mapping[str, object]:
    return {
        "id": str(passkey.passkey_id),
        "name": passkey.name,
        "synced": passkey.backed_up,
        "alone": passkey.user_verified,
        "host": None if passkey.rp_id == here else passkey.rp_id,
        "created": passkey.created_at,
        "used": passkey.used_at,
    }


def _number(text: str | None) -> int:
    """An id as a form says it; 0, which is nobody's, for what is none."""
    fits = text is not None and text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if fits and text else 0


def _done(person: Person, what: str) -> Reply:
    return redirect_reply(f"{person.tenant.base}{_PATH}?done={what}")
