"""The APIs that applications call: the audience and the form of their tokens, and their scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.console.admin.forms import (
    Problem,
    in_unit,
    parse_number,
    problem_of,
    split_lines,
    typed_texts,
)
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.protocol import Parameters
from doorward.scopes import Api, ApiChange, ScopesRefusal, UnknownApi

__all__ = ["ApiPages"]

_LIST = "/admin/apis"
_NEW = "/admin/apis/new"
_ONE = "/admin/apis/api"
_MINUTE = 60
_FIELDS = (
    "identifier",
    "name",
    "token_format",
    "signing_alg",
    "access_token_s",
    "resource_client_ids",
)
_FIRST = {"token_format": "opaque", "signing_alg": "ES256"}
_FORMATS = {
    "opaque": message("Opaque: the API asks here what a token is good for"),
    "jwt": message("JWT: the API reads and verifies it by itself"),
}
_NO_NUMBER = message("Write a number, like 30.")
_OUT_OF_BOUNDS = message("An access token lives 1 to 1440 minutes.")
_NOTICES = {
    "created": message("The API is created. Give it scopes next."),
    "saved": message("The API is saved."),
    "deleted": message("The API is deleted."),
}


class ApiPages:
    """``/admin/apis`` and ``/admin/apis/api``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Change the catalogue through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.SCOPES_READ, Permission.SCOPES_WRITE
        return (
            AdminRoute("GET", _LIST, read, "apis", self.show_all),
            AdminRoute("GET", _NEW, write, "apis", self.ask),
            AdminRoute("POST", _NEW, write, "apis", self.create),
            AdminRoute("GET", _ONE, read, "apis", self.show),
            AdminRoute("POST", _ONE, write, "apis", self.save),
            AdminRoute("POST", f"{_ONE}/delete", write, "apis", self.delete),
        )

    async def show_all(self, call: Call, staff: Staff) -> ASGIApp:
        """Every API by its identifier, with the number of its scopes."""
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        owners = [each.api for each in catalogue.scopes.values()]
        values: dict[str, object] = {
            "apis": [
                {
                    "identifier": each.identifier,
                    "name": each.name,
                    "jwt": each.token_format == "jwt",  # noqa: S105 - a format, not a token
                    "alg": each.signing_alg,
                    "scopes": owners.count(each.identifier),
                }
                for each in catalogue.apis.values()
            ],
            "may_write": staff.may(Permission.SCOPES_WRITE),
        }
        page = AdminPage("admin_apis.html", "apis", _LIST, notices=_NOTICES)
        return self._frame.page(call, staff, page, values)

    async def ask(self, call: Call, staff: Staff) -> ASGIApp:
        """The form for a new API."""
        return await self._form(call, staff, None, {**dict.fromkeys(_FIELDS, ""), **_FIRST})

    async def create(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Protect it."""
        form = call.form()
        given, problem = _parse(form, None)
        if problem is None:
            identifier = (form.get("identifier") or "").strip()
            try:
                made = await self._use.scopes.create_api(
                    Api(org_id=staff.org_id, identifier=identifier, **given), staff.actor
                )
            except ScopesRefusal as refusal:
                problem = _placed(refusal)
            else:
                return self._frame.back(staff, _ONE, done="created", api=made.identifier)
        return await self._form(call, staff, None, typed_texts(form, *_FIELDS), problem)

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """One API, and the scopes that belong to it."""
        api = await self._find(call, staff)
        return await self._form(call, staff, api, _shown(api))

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Change everything but the identifier: tokens name it."""
        api, form = await self._find(call, staff), call.form()
        given, problem = _parse(form, api)
        if problem is None:
            try:
                await self._use.scopes.update_api(
                    staff.org_id, api.identifier, ApiChange(**given), staff.actor
                )
            except UnknownApi:
                raise
            except ScopesRefusal as refusal:
                problem = _placed(refusal)
            else:
                return self._frame.back(staff, _ONE, done="saved", api=api.identifier)
        typed = {**typed_texts(form, *_FIELDS), "identifier": api.identifier}
        return await self._form(call, staff, api, typed, problem)

    async def delete(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Stop protecting it, unless scopes belong to it."""
        api = await self._find(call, staff)
        try:
            await self._use.scopes.delete_api(staff.org_id, api.identifier, staff.actor)
        except UnknownApi:
            raise
        except ScopesRefusal as refusal:
            return await self._form(call, staff, api, _shown(api), problem_of(refusal))
        return self._frame.back(staff, _LIST, done="deleted")

    async def _find(self, call: Call, staff: Staff) -> Api:
        """The API that ``api`` names. Raises ``UnknownApi``."""
        given = call.form() if call.method == "POST" else call.query()
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        found = catalogue.apis.get(given.get("api") or "")
        if found is None:
            raise UnknownApi
        return found

    async def _form(
        self,
        call: Call,
        staff: Staff,
        api: Api | None,
        shown: Mapping[str, str],
        problem: Problem | None = None,
    ) -> ASGIApp:
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        locale = self._frame.locale_of(call)
        its = [s for s in catalogue.scopes.values() if api is not None and s.api == api.identifier]
        values: dict[str, object] = {
            "api": None if api is None else {"identifier": api.identifier, "name": api.name},
            "formats": list(_FORMATS.items()),
            "form_values": shown,
            "scopes": [{"name": each.name, "title": each.title(locale)} for each in its],
            "may_write": staff.may(Permission.SCOPES_WRITE),
            "problems": [] if problem is None else [problem],
        }
        page = AdminPage(
            "admin_api.html",
            "apis",
            _NEW if api is None else _ONE,
            query=() if api is None else (("api", api.identifier),),
            status=200 if problem is None else 422,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _parse(form: Parameters, now: Api | None) -> tuple[dict[str, Any], Problem | None]:
    """The fields as an API keeps them. An empty lifetime is the organization's."""
    given: dict[str, Any] = {
        "name": (form.get("name") or "").strip(),
        "token_format": form.get("token_format") or "",
        "signing_alg": form.get("signing_alg") or "",
        "resource_client_ids": split_lines(form.get("resource_client_ids")),
        "access_token_s": None if now is None else now.access_token_s,
    }
    text = (form.get("access_token_s") or "").strip()
    if text == _in_minutes(given["access_token_s"]):
        return given, None
    number = parse_number(text) if text else None
    if text and number is None:
        return given, Problem(_NO_NUMBER, "access_token_s")
    given["access_token_s"] = None if number is None else round(number * _MINUTE)
    return given, None


def _shown(api: Api) -> dict[str, str]:
    return {
        "identifier": api.identifier,
        "name": api.name,
        "token_format": api.token_format,
        "signing_alg": api.signing_alg,
        "access_token_s": _in_minutes(api.access_token_s),
        "resource_client_ids": "\n".join(api.resource_client_ids),
    }


def _in_minutes(seconds: int | None) -> str:
    return "" if seconds is None else in_unit(seconds, _MINUTE)


def _placed(refusal: ScopesRefusal) -> Problem:
    """The refusal beside its field; the room counts a lifetime in seconds, the page in minutes."""
    if refusal.field == "access_token_s":
        return Problem(_OUT_OF_BOUNDS, refusal.field)
    return problem_of(refusal, _FIELDS)
