"""What ``/connect/start`` shows: the explanation, the platform's form, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from doorward.connectors import Choice, localize
from doorward.console.connect.frame import ConnectFrame, Visitor, Where
from doorward.console.connect.ways import Way, name_of
from doorward.console.connect.wording import (
    CHOICES_LOADED,
    NEEDED,
    NEEDED_NAME,
    NOTICES,
    Problem,
)
from doorward.http import ASGIApp, Call
from doorward.protocol import Parameters
from doorward.vault import Field, NotConnected, callback_of, wants_own_client

__all__ = ["CLIENT_TEXTS", "StartView"]

CLIENT_TEXTS: Final = ("client_id", "redirect_uri", "scopes")
"""What is typed of a client and shown again when something is wrong."""

_PATH: Final = "/connect/start"
_SECRETLESS: Final = frozenset({"none", "private_key_jwt", "tls_client_auth"})
_KEYED: Final = frozenset({"private_key_jwt", "tls_client_auth"})
_Choices = dict[str, tuple[Choice, ...]]


class StartView:
    """Puts the page together."""

    def __init__(self, frame: ConnectFrame) -> None:
        """Within ``frame``."""
        self._frame = frame
        self._use = frame.use

    async def page(
        self,
        call: Call,
        visitor: Visitor,
        way: Way,
        form: Parameters | None = None,
        *,
        problems: list[Problem] | None = None,
        with_choices: bool = False,
    ) -> ASGIApp:
        """The page, with what was typed before and what is wrong with it."""
        locale, problems = self._frame.locale_of(call), list(problems or ())
        fields = await self._use.connecting.forms.fields(
            way.place, way.option.name, visitor.account_id
        )
        choices: _Choices = {}
        if with_choices and form is not None:
            choices = await self._choices(way, fields, form, problems)
        problems = [_named(each, fields, locale) for each in problems]
        values: dict[str, object] = {
            **_words(way, locale),
            "connector": self._frame.shown(call, way.connector),
            "options": _options(visitor, way, locale),
            "chosen": [(n, v) for n, v in way.query if n != "environment"] + [*visitor.query],
            "fields": [_shown(each, locale, form, choices.get(each.name)) for each in fields],
            "loads_choices": any(each.is_dynamic for each in fields),
            "problems": problems,
            "notice": _notice(call, form, choices, fields),
            **await self._client(call, visitor, way, form),
        }
        return self._frame.page(
            call, visitor, "connect_start.html", Where(_PATH, way.query), values
        )

    async def _choices(
        self, way: Way, fields: tuple[Field, ...], form: Parameters, problems: list[Problem]
    ) -> _Choices:
        """What the platform offers for each field that asks it, by what was typed so far."""
        typed = {each.name: form.get(name_of(each)) or "" for each in fields}
        found: _Choices = {}
        for each in fields:
            if not each.is_dynamic:
                continue
            missing = [name for name in each.choices_wait_for if not typed.get(name)]
            shown = {other.name for other in fields}
            if set(missing) & shown:
                problems += [Problem(NEEDED, f"v_{name}") for name in missing]
                continue
            try:
                found[each.name] = await self._use.connecting.forms.options(
                    way.connector, way.option.name, each.name, typed
                )
            except NotConnected as refusal:
                problems.append(Problem(refusal.sentence, name_of(each)))
        return found

    async def _client(
        self, call: Call, visitor: Visitor, way: Way, form: Parameters | None
    ) -> dict[str, object]:
        """Whether the organization's own client is there, and what this person can do if not."""
        ready: dict[str, object] = {"client": "ready", "is_first": False}
        if not wants_own_client(way.connector.manifest, way.option):
            return ready
        if way.connector.manifest.environments and not way.place.environment:
            return {"client": "choose", "is_first": False}
        credentials = self._use.connecting.credentials
        submits = form is not None and form.get("action") == "credentials"
        if not submits:
            pending = await credentials.find_pending(way.place, visitor.account_id)
            edits = call.method == "GET" and call.query().get("edit") == "yes"
            if pending is not None and not edits:
                edit_url = visitor.address(_PATH, *way.query, ("edit", "yes"))
                return {"client": "ready", "is_first": True, "edit_url": edit_url}
            if await credentials.find_active(way.place) is not None:
                return ready
        if not await credentials.may_submit(way.place, visitor.author):
            return {"client": "ask", "is_first": False, "may_ask": self._use.requests.is_on}
        return self._client_form(call, visitor, way, form)

    def _client_form(
        self, call: Call, visitor: Visitor, way: Way, form: Parameters | None
    ) -> dict[str, object]:
        option, locale = way.option, self._frame.locale_of(call)
        fixed = None if option.authorize is None else option.authorize.redirect_uri
        callback = fixed or callback_of(visitor.person.tenant.issuer, way.connector.slug)
        auth = "none" if option.token is None else option.token.client_auth
        typed = {} if form is None else {name: form.get(name) or "" for name in CLIENT_TEXTS}
        return {
            "client": "form",
            "is_first": True,
            "callback": callback if way.leads_away else None,
            "instructions": localize(option.admin_instructions, locale),
            "typed": {"client_id": "", "scopes": "", **typed},
            "wants_secret": auth not in _SECRETLESS,
            "wants_key": auth in _KEYED,
            "account_fields": [
                {
                    "id": f"account_{each.name}",
                    "title": localize(each.title, locale) or each.name,
                    "hint": localize(each.description, locale),
                    "value": ""
                    if form is None or each.secret
                    else form.get(f"account_{each.name}") or "",
                    "secret": each.secret,
                    "required": each.required and not each.managed and each.default is None,
                }
                for each in way.of_account
            ],
        }


def _notice(
    call: Call, form: Parameters | None, choices: _Choices, fields: tuple[Field, ...]
) -> str | None:
    """What has been done, as a msgid. What is secret is not in the form that comes back."""
    if form is None:
        return NOTICES.get(call.query().get("done") or "")
    typed_secret = any(each.secret and form.get(name_of(each)) for each in fields)
    return CHOICES_LOADED if choices and typed_secret else None


def _words(way: Way, locale: str) -> dict[str, object]:
    """What the manifest says to people, in the reader's language."""
    manifest, option = way.connector.manifest, way.option
    return {
        "guide": localize(manifest.setup_guide, locale),
        "environments": [
            (each.name, localize(each.title, locale) or each.name) for each in manifest.environments
        ],
        "environment": way.place.environment,
        "leads_away": way.leads_away,
        "warning": localize(option.form.warning, locale),
        "form_title": localize(option.form.title, locale),
        "scopes": list(() if option.authorize is None else option.authorize.scope.default),
        "is_reconnect": way.reconnect_of is not None,
    }


def _options(visitor: Visitor, way: Way, locale: str) -> list[dict[str, object]]:
    """The ways to connect, of which this page is one."""
    slug = ("connector", way.connector.slug)
    return [
        {
            "name": each.name,
            "title": localize(each.title, locale) or each.name,
            "url": visitor.address(_PATH, slug, ("option", each.name)),
            "here": each.name == way.option.name,
        }
        for each in way.connector.manifest.auth_options
    ]


def _named(problem: Problem, fields: tuple[Field, ...], locale: str) -> Problem:
    """``problem`` with the field's own name in it, where only that says which is meant."""
    titles = {name_of(each): localize(each.title, locale) or each.name for each in fields}
    if problem.sentence != NEEDED or problem.field not in titles:
        return problem
    return Problem(NEEDED_NAME, problem.field, given={"field": titles[problem.field]})


def _shown(
    field: Field, locale: str, form: Parameters | None, choices: tuple[Choice, ...] | None
) -> Mapping[str, object]:
    """A field for the page. What was typed into a secret one is never shown again."""
    hidden = field.secret or field.ui.get("ui:widget") == "password"
    value = field.default if form is None else form.get(name_of(field)) or ""
    offered = field.choices if choices is None else choices
    return {
        "id": name_of(field),
        "type": field.type,
        "title": localize(field.title, locale) or field.name,
        "hint": localize(field.description, locale),
        "required": field.required,
        "secret": hidden,
        "value": "" if hidden else value,
        "example": field.example,
        "prefix": field.prefix,
        "suffix": field.suffix,
        "is_dynamic": field.is_dynamic,
        "choices": [(c.const, localize(c.title, locale) or c.const) for c in offered],
        "help_url": field.help_url if field.help_url.startswith("https://") else "",
        "when": next(iter(field.visible_when.items()), None),
    }
