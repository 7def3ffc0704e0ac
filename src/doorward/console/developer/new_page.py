"""The form for a new application: everything that a reviewer asks for, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doorward.clients import (
    MAX_LOGO_BYTES,
    Application,
    ClientsRefusal,
    NewApplication,
    RegistrationClosed,
    UnknownLogo,
    list_faults,
    logo_path,
)
from doorward.console.admin import KINDS, Problem, problem_of, typed_texts
from doorward.console.developer.details import LOGO_FAULTS
from doorward.console.developer.fields import ADDRESSES, DETAILS, advise, find_kind, parse_new
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.scope_choice import (
    NOTHING_CHOSEN,
    boxes_of,
    list_offered,
    parse_choice,
    placed,
    untold_scopes,
)
from doorward.console.developer.welcome import may_register, welcome_of
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, UploadRefused, message
from doorward.protocol import Parameters, parse_parameters
from doorward.scopes import Scope

__all__ = ["NewPages"]

_PATH = "/developer/new"
_FIELDS = (*DETAILS, *ADDRESSES, "kind", "logo")
_KEPT_LOGO = "kept_logo"
_NO_KIND = message("Choose where it runs.")
_ORDER = ("kind", *ADDRESSES, *DETAILS)
_YOURS = {"en": "your application", "ja": "あなたのアプリ"}


@dataclass(frozen=True, slots=True)
class _Sent:
    """What came with a form: its fields, the picture, and what was wrong with the picture."""

    form: Parameters
    picture: bytes | None = None
    problems: tuple[Problem, ...] = ()


class NewPages:
    """``/developer/new``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Register with ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PATH, self.ask),
            DeveloperRoute("POST", _PATH, self.create, streamed=True),
        )

    async def ask(self, call: Call, developer: Developer) -> ASGIApp:
        """The form, or why there is none."""
        kind = find_kind(call.query())
        return await self._form(call, developer, Parameters({} if kind is None else {"kind": kind}))

    async def create(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep a draft; its secret, where it has one, is shown this once."""
        sent = await self._receive(call, developer)
        if not may_register(developer):
            return await self._form(call, developer, sent.form, status=422)
        logo, problems = await self._keep_logo(developer, sent)
        offered = list_offered(await self._use.scopes.catalogue(developer.org_id))
        chosen = parse_choice(sent.form, offered, NOTHING_CHOSEN)
        new = parse_new(sent.form, developer, **chosen, logo=logo)
        problems += _wrong_with(new, sent.form, offered)
        if not problems:
            try:
                return await self._created(call, developer, new)
            except RegistrationClosed:
                return await self._form(call, developer, sent.form, status=422)
            except ClientsRefusal as refusal:
                problems = [placed(refusal, offered, _FIELDS)]
        return await self._form(call, developer, sent.form, problems, new)

    async def _receive(self, call: Call, developer: Developer) -> _Sent:
        """The form, which may have a picture at its end."""
        if not call.is_streamed:
            return _Sent(call.form(wide=True))
        try:
            upload = await self._frame.receive_file(
                call, developer, "logo", max_bytes=MAX_LOGO_BYTES, among_fields=True
            )
        except UploadRefused as refused:
            problem = Problem(LOGO_FAULTS[refused.fault], "logo")
            return _Sent(_parameters(refused.fields), None, (problem,))
        try:
            picture = upload.file.read() if upload.file_name else None
        finally:
            upload.close()
        return _Sent(_parameters(upload.fields), picture)

    async def _keep_logo(
        self, developer: Developer, sent: _Sent
    ) -> tuple[str | None, list[Problem]]:
        """The key of the logo: of the picture that came, or of one that came before.

        A form that fails cannot be given its file again: the picture is kept by its key.
        """
        problems = list(sent.problems)
        if sent.picture is not None:
            try:
                kept = await self._use.logos.keep(
                    developer.org_id, sent.picture, developer.author.actor
                )
            except ClientsRefusal as refusal:
                problems.append(problem_of(refusal, ("logo",)))
            else:
                return kept.key, problems
        try:
            before = await self._use.logos.get(developer.org_id, sent.form.get(_KEPT_LOGO) or "")
        except UnknownLogo:
            return None, problems
        return before.key, problems

    async def _created(
        self, call: Call, developer: Developer, new: NewApplication
    ) -> Reply | ASGIApp:
        made, secret = await self._use.applications.create(new, developer.author)
        if secret is None:
            return self._frame.back(developer, "/developer/app", made, "created")
        return self._show_secret(call, developer, made, secret)

    def _show_secret(
        self, call: Call, developer: Developer, made: Application, secret: Secret[str]
    ) -> ASGIApp:
        page = DeveloperPage("developer_secret.html", "overview", "/developer/app")
        values: dict[str, object] = {"secret": secret.reveal(), "is_new": True}
        return self._frame.page(call, developer, page, values, made)

    async def _form(
        self,
        call: Call,
        developer: Developer,
        typed: Parameters,
        problems: Sequence[Problem] = (),
        new: NewApplication | None = None,
        *,
        status: int | None = None,
    ) -> ASGIApp:
        catalogue = await self._use.scopes.catalogue(developer.org_id)
        locale = self._frame.locale_of(call)
        given = parse_choice(typed, list_offered(catalogue), NOTHING_CHOSEN)
        name = (typed.get("name") or "").strip()
        kind = find_kind(typed)
        values: dict[str, object] = {
            "form_values": typed_texts(typed, *DETAILS, *ADDRESSES),
            "kinds": list(KINDS.items()),
            "kind": "web" if kind is None and new is None else kind,
            "calls_from_backend": "calls_from_backend" in typed,
            "boxes": boxes_of(
                given, catalogue, locale, app=name or _YOURS[locale], org=developer.tenant.org.name
            ),
            "kept_logo": None if new is None else new.logo,
            "logo": None if new is None else logo_path(new.logo),
            "name": name,
            "problems": list(problems),
            **welcome_of(developer, locale),
        }
        shown = status or (422 if problems else 200)
        page = DeveloperPage("developer_new.html", "new", _PATH, status=shown)
        return self._frame.page(call, developer, page, values)


def _parameters(fields: Mapping[str, str]) -> Parameters:
    return parse_parameters(fields.items(), wide=True)


def _wrong_with(new: NewApplication, form: Parameters, offered: list[Scope]) -> list[Problem]:
    """Everything that is wrong with what was typed, in the order of the page."""
    problems = [] if find_kind(form) is not None else [Problem(_NO_KIND, "kind")]
    problems += advise({name: getattr(new, name) for name in ADDRESSES})
    problems += [placed(each, offered, _FIELDS) for each in list_faults(new)]
    chosen = {"scopes": tuple(new.scopes), "purposes": new.purposes}
    problems += untold_scopes(chosen, offered, NOTHING_CHOSEN)
    places = {field: place for place, field in enumerate(_ORDER)}
    return sorted(problems, key=lambda each: places.get(each.field or "", len(places)))
