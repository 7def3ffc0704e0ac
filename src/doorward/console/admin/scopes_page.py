"""The catalogue of scopes: what applications may ask for, in the words that people read."""

from __future__ import annotations

from typing import Any

from doorward.clients import Application
from doorward.console.admin.application_words import SENSITIVITIES
from doorward.console.admin.forms import Problem, problem_of, typed_texts
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.protocol import Parameters
from doorward.scopes import Scope, ScopeChange, ScopeInUse, ScopesRefusal, UnknownScope

__all__ = ["ScopePages"]

_LIST = "/admin/scopes"
_ONE = "/admin/scopes/scope"
_TEXTS = ("title_en", "sentence_en", "title_ja", "sentence_ja")
_FIELDS = ("name", "api", "sensitivity", "claims", *_TEXTS)
_USED_BY_ONE = message(
    "One application uses this scope, or would after a change that waits for its review. "
    "Take it from there first."
)
_USED = message(
    "{count} applications use this scope, or would after a change that waits for its review. "
    "Take it from them first."
)
_NOTICES = {
    "created": message("The scope is created. Applications can ask for it now."),
    "saved": message("The scope is saved."),
    "deleted": message("The scope is deleted."),
}


class ScopePages:
    """``/admin/scopes`` and ``/admin/scopes/scope``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Change the catalogue through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.SCOPES_READ, Permission.SCOPES_WRITE
        return (
            AdminRoute("GET", _LIST, read, "scopes", self.show_all),
            AdminRoute("GET", f"{_LIST}/new", write, "scopes", self.ask),
            AdminRoute("POST", f"{_LIST}/new", write, "scopes", self.create),
            AdminRoute("GET", _ONE, read, "scopes", self.show),
            AdminRoute("POST", _ONE, write, "scopes", self.save),
            AdminRoute("POST", f"{_ONE}/delete", write, "scopes", self.delete),
        )

    async def show_all(self, call: Call, staff: Staff) -> ASGIApp:
        """Every scope, those of one API together."""
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        locale = self._frame.locale_of(call)
        groups: dict[str, list[dict[str, object]]] = {}
        for each in sorted(catalogue.scopes.values(), key=lambda s: (s.api or "", s.name)):
            groups.setdefault(each.api or "", []).append(
                {
                    "name": each.name,
                    "title": each.title(locale),
                    "sentence": each.sentence_ja if locale == "ja" else each.sentence_en,
                    "sensitivity": each.sensitivity,
                    "sensitivity_title": SENSITIVITIES[each.sensitivity],
                }
            )
        values: dict[str, object] = {
            "groups": [
                {"api": None if not api else catalogue.apis[api].name, "scopes": scopes}
                for api, scopes in groups.items()
            ],
            "may_write": staff.may(Permission.SCOPES_WRITE),
        }
        page = AdminPage("admin_scopes.html", "scopes", _LIST, notices=_NOTICES)
        return self._frame.page(call, staff, page, values)

    async def ask(self, call: Call, staff: Staff) -> ASGIApp:
        """The form for a new scope, of the API that ``api`` names."""
        first = {**_FIRST, "api": call.query().get("api") or ""}
        return await self._form(call, staff, None, {**dict.fromkeys(_FIELDS, ""), **first})

    async def create(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Offer it."""
        form = call.form()
        given = _parse(form)
        try:
            await self._use.scopes.create_scope(
                Scope(org_id=staff.org_id, name=(form.get("name") or "").strip(), **given),
                staff.actor,
            )
        except ScopesRefusal as refusal:
            typed = typed_texts(form, *_FIELDS)
            return await self._form(call, staff, None, typed, problem_of(refusal, _FIELDS))
        return self._frame.back(staff, _LIST, done="created")

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """One scope, and who asks for it."""
        scope = await self._find(call, staff)
        return await self._form(call, staff, scope, _shown(scope))

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Change everything but the name."""
        scope, form = await self._find(call, staff), call.form()
        given = _parse(form)
        if scope.is_standard:
            given = {name: given[name] for name in (*_TEXTS, "sensitivity")}
        try:
            await self._use.scopes.update_scope(
                staff.org_id, scope.name, ScopeChange(**given), staff.actor
            )
        except UnknownScope:
            raise
        except ScopesRefusal as refusal:
            typed = {**_shown(scope), **typed_texts(form, *_FIELDS), "name": scope.name}
            return await self._form(call, staff, scope, typed, problem_of(refusal, _FIELDS))
        return self._frame.back(staff, _ONE, done="saved", scope=scope.name)

    async def delete(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Stop offering it, unless an application asks for it."""
        scope = await self._find(call, staff)
        try:
            await self._use.scopes.delete_scope(staff.org_id, scope.name, staff.actor)
        except UnknownScope:
            raise
        except ScopeInUse as used:
            return await self._form(call, staff, scope, _shown(scope), _used(used.count))
        except ScopesRefusal as refusal:
            return await self._form(call, staff, scope, _shown(scope), problem_of(refusal))
        return self._frame.back(staff, _LIST, done="deleted")

    async def _find(self, call: Call, staff: Staff) -> Scope:
        """The scope that ``scope`` names. Raises ``UnknownScope``."""
        given = call.form() if call.method == "POST" else call.query()
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        found = catalogue.scopes.get(given.get("scope") or "")
        if found is None:
            raise UnknownScope
        return found

    async def _form(
        self,
        call: Call,
        staff: Staff,
        scope: Scope | None,
        shown: dict[str, str],
        problem: Problem | None = None,
    ) -> ASGIApp:
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        users: list[Application] = []
        if scope is not None:
            users = await self._use.applications.list_users_of(staff.org_id, scope.name)
        values: dict[str, object] = {
            "scope": None if scope is None else {"name": scope.name, "standard": scope.is_standard},
            "apis": [(each.identifier, each.name) for each in catalogue.apis.values()],
            "sensitivities": list(SENSITIVITIES.items()),
            "form_values": shown,
            "users": [each.name for each in users],
            "may_write": staff.may(Permission.SCOPES_WRITE),
            "problems": [] if problem is None else [problem],
        }
        page = AdminPage(
            "admin_scope.html",
            "scopes",
            f"{_LIST}/new" if scope is None else _ONE,
            query=() if scope is None else (("scope", scope.name),),
            status=200 if problem is None else 422,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _used(count: int) -> Problem:
    return Problem(_USED_BY_ONE if count == 1 else _USED, given={"count": count})


_FIRST = {"sensitivity": "personal"}


def _parse(form: Parameters) -> dict[str, Any]:
    texts = {name: (form.get(name) or "").strip() for name in _TEXTS}
    return {
        **texts,
        "api": form.get("api"),
        "sensitivity": form.get("sensitivity") or "",
        "claims": tuple((form.get("claims") or "").split()),
    }


def _shown(scope: Scope) -> dict[str, str]:
    texts = {name: getattr(scope, name) for name in _TEXTS}
    return {
        **texts,
        "name": scope.name,
        "api": scope.api or "",
        "sensitivity": scope.sensitivity,
        "claims": " ".join(scope.claims),
    }
