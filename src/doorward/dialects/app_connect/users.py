"""The handlers of the platform's users, and of which of the client's people each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from doorward.connectors import ConnectorAuthor, Party
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.errors import OVER, Said, SessionRevoked, UserNotFound
from doorward.dialects.app_connect.replies import object_reply
from doorward.dialects.app_connect.rooms import Asking, Handler, Rooms
from doorward.http import Reply

__all__ = ["Users"]

_MAPPINGS: Final = "userMappings"
_MOST: Final = 5_000
_LONGEST: Final = 255
_Extension = Mapping[str, Any]


class Users:
    """Who uses the platform, as a connector in Python lists them; nobody where none does."""

    def __init__(self, rooms: Rooms) -> None:
        """Answer from ``rooms``."""
        self._use = rooms
        self._asking = Asking(rooms)

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Each handler by its method and address."""
        return {
            ("POST", "/admin/userMapping"): self.mapping,
            ("POST", "/admin/reinitializeUserMapping"): self.map_anew,
        }

    async def mapping(self, app: AppCall) -> Reply:
        """``POST /admin/userMapping``: as administrators set it, and for others as names tell."""
        await self._use.callers.get_session(app)
        await self._use.callers.get_admin(app)
        users, extensions = await self._list(app), _extensions_of(app)
        settings = await self._use.settings.find(app.org_id)
        known = _set_before(settings.get(_MAPPINGS))
        found = [
            (user, _of_ids(known[user.account_id], extensions))
            if user.account_id in known
            else (user, _alike(user, extensions))
            for user in users
        ]
        return object_reply([_document(user, theirs) for user, theirs in found])

    async def map_anew(self, app: AppCall) -> Reply:
        """``POST /admin/reinitializeUserMapping``: as names tell, in the place of what was set."""
        await self._use.callers.get_session(app)
        admin = await self._use.callers.get_admin(app)
        users, extensions = await self._list(app), _extensions_of(app)
        found = [(user, _alike(user, extensions)) for user in users]
        await self._keep(app, found, admin)
        return object_reply([_document(user, theirs) for user, theirs in found])

    async def _list(self, app: AppCall) -> tuple[Party, ...]:
        """The platform's users. Raises ``SessionRevoked``, ``UpstreamFailure``."""
        try:
            session = await self._use.callers.get_session(app)
            return await self._asking.ask(session.connection, self._use.upstream.users) or ()
        except (UserNotFound, *OVER) as over:
            raise SessionRevoked from over

    async def _keep(
        self, app: AppCall, found: list[tuple[Party, list[_Extension]]], admin: ConnectorAuthor
    ) -> None:
        mappings = [
            {"crmUserId": user.account_id, "rcExtensionId": [str(each["id"]) for each in theirs]}
            for user, theirs in found
            if theirs
        ]
        settings = await self._use.settings.find(app.org_id)
        await self._use.settings.replace(app.org_id, {**settings, _MAPPINGS: mappings}, admin)


def _extensions_of(app: AppCall) -> list[_Extension]:
    """The client's own people. Raises ``Said`` for what is no list of them."""
    given = app.body.get("rcExtensionList", [])
    if not isinstance(given, list) or len(given) > _MOST:
        raise Said(400, {"error": "Send a list as rcExtensionList, of 5,000 at most."})
    return [each for each in given if isinstance(each, dict) and _text(each.get("id"))]


def _set_before(given: object) -> dict[str, tuple[str, ...]]:
    """Whom administrators have matched, by the user there; older clients keep one id as text."""
    found: dict[str, tuple[str, ...]] = {}
    for each in given if isinstance(given, list) else []:
        if isinstance(each, dict) and (user := _text(each.get("crmUserId"))):
            ids = each.get("rcExtensionId")
            found[user] = tuple(map(_text, ids if isinstance(ids, list) else [ids]))
    return found


def _of_ids(ids: Iterable[str], extensions: list[_Extension]) -> list[_Extension]:
    wanted = set(ids)
    return [each for each in extensions if _text(each["id"]) in wanted]


def _alike(user: Party, extensions: list[_Extension]) -> list[_Extension]:
    """The first who has the user's address or name; an empty one is nobody's."""
    for each in extensions:
        by_mail = user.email and _text(each.get("email")).casefold() == user.email.casefold()
        if by_mail or (user.account_name and user.account_name in _names_of(each)):
            return [each]
    return []


def _names_of(extension: _Extension) -> tuple[str, str]:
    first, last = _text(extension.get("firstName")), _text(extension.get("lastName"))
    return _text(extension.get("name")), f"{first} {last}".strip()


def _document(user: Party, theirs: list[_Extension]) -> dict[str, object]:
    return {
        "crmUser": {"id": user.account_id, "name": user.account_name, "email": user.email},
        "rcUser": [
            {
                "extensionId": each["id"],
                "name": next(filter(None, _names_of(each)), ""),
                "extensionNumber": _text(each.get("extensionNumber")),
                "email": _text(each.get("email")),
            }
            for each in theirs
        ],
    }


def _text(value: object) -> str:
    """A text or a number as text; empty for everything else."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
