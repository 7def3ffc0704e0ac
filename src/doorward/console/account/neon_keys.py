"""``/account/neon/keys``: the keys with which a person's own programs call Neon's API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doorward.clients import Applications
from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.neon_words import NOTICES, NeonProblem, problem_of
from doorward.dialects import neon
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.projects import (
    MAX_PERSONAL_KEYS,
    NewPersonalKey,
    PersonalKey,
    PersonalKeys,
    ProjectsRefusal,
    UnknownPersonalKey,
)

__all__ = ["PersonalKeyPages"]

_PATH = "/account/neon/keys"
_SCOPES = tuple(sorted(neon.API_SCOPES | {"email", "profile"}))
"""A key that people make for themselves does all that they may do."""


@dataclass(frozen=True, slots=True)
class PersonalKeyPages:
    """The list of a person's keys, and what becomes of one."""

    frame: AccountFrame
    keys: PersonalKeys
    applications: Applications

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: the list, and the form of a new key."""
        return await self.frame.with_projects(call, self._show)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST``: create a key, which is shown this once, or revoke one after asking."""
        return await self.frame.with_projects(call, self._change)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        return await self._page(call, person)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = call.form()
        if form.get("part") == "create":
            return await self._create(call, person, (form.get("key_name") or "").strip())
        key = await self._find(person, form.get("key") or "")
        if form.get("decision") != "confirm":
            values: dict[str, object] = {
                "question": "revoke",
                "subject": key.name,
                "fields": {"part": "revoke", "key": str(key.key_id)},
                "back": _PATH,
            }
            return self.frame.page(call, person, "account_neon_confirm.html", _PATH, values)
        await self.keys.revoke(*person.whose, key.key_id, person.actor)
        return redirect_reply(f"{person.tenant.base}{_PATH}?done=key_revoked")

    async def _create(self, call: Call, person: Person, name: str) -> ASGIApp:
        org_id, account_id = person.whose
        new = NewPersonalKey(org_id, account_id, name, _SCOPES)
        try:
            key, secret = await self.keys.create(new, person.actor)
        except ProjectsRefusal as refusal:
            return await self._page(call, person, name, [problem_of(refusal)])
        values: dict[str, object] = {
            "key": {"name": key.name},
            "secret": secret.reveal(),
            "api_url": f"{person.tenant.issuer}{neon.API_PREFIX}",
        }
        return self.frame.page(call, person, "account_neon_key_shown.html", _PATH, values)

    async def _find(self, person: Person, text: str) -> PersonalKey:
        """A live key of the person's. Raises ``UnknownPersonalKey``."""
        for each in await self.keys.list(*person.whose):
            if str(each.key_id) == text:
                return each
        raise UnknownPersonalKey

    async def _page(
        self,
        call: Call,
        person: Person,
        typed: str = "",
        problems: Sequence[NeonProblem] = (),
    ) -> ASGIApp:
        keys = await self.keys.list(*person.whose)
        values: dict[str, object] = {
            "keys": [await self._describe(each) for each in keys],
            "is_full": len(keys) >= MAX_PERSONAL_KEYS,
            "typed": typed,
            "problems": list(problems),
            "notices": NOTICES,
        }
        return self.frame.page(call, person, "account_neon_keys.html", _PATH, values)

    async def _describe(self, key: PersonalKey) -> dict[str, object]:
        made_by = None
        if key.origin is not None:
            application = await self.applications.find(key.org_id, key.origin.client_id)
            made_by = key.origin.client_id if application is None else application.name
        return {
            "id": str(key.key_id),
            "name": key.name,
            "made_by": made_by,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "last_used_at": key.last_used_at,
            "last_used_from": key.last_used_from,
        }
