"""``/account/data``: everything that is kept about a person, to look at and to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlencode

from starlette.responses import StreamingResponse

from doorward.accounts import STAFF_SIGN_IN, AccountKind
from doorward.belongings import Teller
from doorward.console.account.frame import AccountFrame, Person
from doorward.http import ASGIApp, Call, Reply, message
from doorward.sessions import visitor_of, who_signs_in

__all__ = ["DataPages"]

_PATH: Final = "/account/data"
_WORDS: Final = {
    "details": message("Details of your profile"),
    "platform_profiles": message("What platforms know of you here"),
    "sessions": message("Where you were signed in"),
    "connected_apps": message("Apps that you allowed"),
    "connected_accounts": message("Accounts that you connected"),
    "values_for_platforms": message("Fields that you filled in for platforms"),
    "api_keys": message("API keys, by label"),
    "api_access": message("API access"),
    "api_sessions": message("Sessions of programs"),
    "personal_api_keys": message("Personal API keys, by name"),
    "passkeys": message("Passkeys, by name"),
    "authenticator_apps": message("Authenticator apps"),
    "recovery_codes": message("Recovery codes: when they were made and used"),
    "invitations": message("Invitations to this account"),
    "project_organizations": message("Organizations that your projects are in"),
    "applications_offered_to_you": message("Applications that were offered to you"),
    "applications": message("Applications that you registered"),
    "connectors": message("Connectors that you made"),
    "projects": message("Projects"),
    "own_organization": message("The organization that is yours alone"),
}


class DataPages:
    """The summary for everybody who is signed in; the file for who has just proved who they are."""

    def __init__(self, frame: AccountFrame, *, teller: Teller) -> None:
        """Tell whoever ``frame`` lets in what ``teller`` knows of them."""
        self._frame = frame
        self._teller = teller

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: what there is, and how much of each."""
        return await self._frame.signed_in_as(call, self._show, way_back=_address(call))

    async def download(self, call: Call) -> Reply | ASGIApp:
        """``POST``: all of it, as one JSON document that is made while it is sent."""
        return await self._frame.signed_in_as(call, self._download, way_back=_address(call))

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        counts = await self._teller.count(person.whose)
        values: dict[str, object] = {
            "profile": await self._teller.profile(person.whose),
            "sections": [(word, counts[name]) for name, word in _WORDS.items() if counts[name]],
        }
        return self._frame.page(
            call, person, "account_data.html", _PATH, values, query=person.as_whom
        )

    async def _download(self, call: Call, person: Person) -> Reply | ASGIApp:
        self._frame.verified_form(call, person)
        again = await self._frame.require_recent(person, way_back=_address(call))
        if again is not None:
            return again
        by = visitor_of(call).as_actor(person.session.account_id)
        await self._teller.note_download(person.whose, by)
        headers = {
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        parts: AsyncIterator[bytes] = self._teller.write(person.whose)
        return StreamingResponse(parts, media_type="application/json", headers=headers)


def _address(call: Call) -> str:
    if who_signs_in(call) is AccountKind.SYSTEM:
        return f"{_PATH}?{urlencode([STAFF_SIGN_IN])}"
    return _PATH
